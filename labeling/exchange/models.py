"""Exports: kept work on its way out. Imports: labels that were made elsewhere, on their way in."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from labeling.annotations.models import AnnotationSet
from labeling.exchange.facts import Facts
from labeling.images.models import Upload
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
    sha256 = models.CharField(max_length=64, blank=True, help_text="Of the zip.")
    content = models.FileField(
        upload_to=_file_path, max_length=255, blank=True, help_text="What is in it, in no format's terms (versions)."
    )
    name = models.CharField(
        max_length=80, blank=True, help_text="Of a frozen version of the dataset, which is kept; empty: it expires."
    )
    frozen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    frozen_at = models.DateTimeField(null=True, blank=True)
    sink = models.JSONField(null=True, blank=True, help_text="The bucket that it is put into (sinks.Sink).")
    delivered = models.CharField(max_length=1500, blank=True, help_text="Where it was put: s3://bucket/….")

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["state"], name="export_queue")]
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], condition=~Q(name=""), name="version_name_once")
        ]

    def __str__(self) -> str:
        return f"{self.format} of {self.project}: {self.state}"

    @property
    def sets(self) -> str:
        """Whose labels it has (`label_sets.SetChoice`)."""
        found: str = self.options.get("sets", "main")
        return found

    @property
    def of_others(self) -> bool:
        """Whether it holds what people labeled without sight of each other, or the truth they are measured against."""
        return self.sets != "main"


class LabelFacts(models.Model):
    """What is true of the objects of a set at a version of it (`facts.Facts`): of how many. Counted by a worker."""

    set = models.OneToOneField(AnnotationSet, on_delete=models.CASCADE, related_name="label_facts")
    version = models.PositiveIntegerField()
    objects_there = models.PositiveIntegerField(default=0)
    holes = models.PositiveIntegerField(default=0)
    parts = models.PositiveIntegerField(default=0)
    overlap = models.PositiveIntegerField(default=0)
    attributes = models.PositiveIntegerField(default=0)
    crowd = models.PositiveIntegerField(default=0)
    instances = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "label facts"

    @property
    def facts(self) -> Facts:
        """As they are counted."""
        counted = (self.holes, self.parts, self.overlap, self.attributes, self.crowd, self.instances)
        return Facts(self.objects_there, *counted)

    def __str__(self) -> str:
        return f"{self.set_id} at version {self.version}"


def _import_path(made: "Import", name: str) -> str:
    return f"projects/{made.project_id}/imports/{name}"


class Import(LeasedRow):
    """A dataset that is brought into a project in two steps: it is checked, which makes a plan and a report; once
    somebody says so the plan is carried out. `done` counts the plan's images, so that a killed worker's work goes on.
    """

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        CHECKED = "checked"
        DONE = "done"
        FAILED = "failed"

    class Step(models.TextChoices):
        CHECK = "check"
        APPLY = "apply"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="imports")
    format = models.CharField(max_length=40, help_text="A name of the format registry, for instance coco.")
    options = models.JSONField(default=dict, blank=True)
    name = models.CharField(max_length=255, help_text="The dataset's name: of the file or folder.")
    file = models.FileField(upload_to=_import_path, max_length=255, blank=True, help_text="A zip or a single file.")
    folder = models.CharField(max_length=1000, blank=True, help_text="A path on the server, for the command.")
    plan = models.FileField(upload_to=_import_path, max_length=255, blank=True)
    upload = models.ForeignKey(
        Upload, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", help_text="Of the new pictures."
    )
    report = models.JSONField(default=dict, blank=True, help_text="What the check found (plan.Report).")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+",
        help_text="Who had the plan carried out: what it changes is theirs.",
    )  # fmt: skip
    created_at = models.DateTimeField(auto_now_add=True)
    step = models.CharField(max_length=5, choices=Step, default=Step.CHECK)
    state = models.CharField(max_length=7, choices=State, default=State.QUEUED)
    done = models.PositiveIntegerField(default=0, help_text="Images looked at, or labeled.")
    total = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0, help_text="Objects kept so far.")
    reason = models.TextField(blank=True, help_text="Why it failed, and what to do.")
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["state"], name="import_queue")]

    def __str__(self) -> str:
        return f"{self.name} into {self.project}: {self.state}"
