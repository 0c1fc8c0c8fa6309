"""Exports: kept work on its way out."""

from django.conf import settings
from django.db import models

from labeling.jobs.models import LeasedRow
from labeling.projects.models import Project


def _file_path(export: "Export", name: str) -> str:
    return f"projects/{export.project_id}/exports/{name}"


class Export(LeasedRow):
    """A zip in the making, or made. The rows are the queue; `file` is set only once the zip is whole."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        READY = "ready"
        FAILED = "failed"
        EXPIRED = "expired"  # it was ready; its zip is deleted

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="exports")
    format = models.CharField(max_length=40, help_text="A name of the format registry, for instance coco or png.")
    options = models.JSONField(default=dict, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=7, choices=State, default=State.QUEUED)
    done = models.PositiveIntegerField(default=0, help_text="Images written.")
    total = models.PositiveIntegerField(default=0)
    reason = models.TextField(blank=True, help_text="Why it failed, and what to do.")
    file = models.FileField(upload_to=_file_path, max_length=255, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["state"], name="export_queue")]

    def __str__(self) -> str:
        return f"{self.format} of {self.project}: {self.state}"
