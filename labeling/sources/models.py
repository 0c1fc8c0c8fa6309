"""Folders and buckets that a project takes its pictures from, and what is in them."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from labeling.images.models import Upload, UploadItem
from labeling.jobs.models import LeasedRow
from labeling.projects.models import Project


class Source(LeasedRow):
    """A folder of a place (`storage.roots`) whose pictures are referenced, not copied. `due`: it is to be scanned.

    `position` and `round` make a scan go on after a killed worker: how far this one is, and which it is.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="sources")
    root = models.CharField(max_length=300, help_text="The place, such as folder:scans or s3:bucket/prefix.")
    prefix = models.CharField(max_length=1000, blank=True, help_text="The folder in the place; empty for all of it.")
    watch = models.BooleanField(default=True, help_text="Scanned every WATCH_SECONDS.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    due = models.BooleanField(default=True)
    position = models.TextField(blank=True, help_text="The last path that this scan has dealt with.")
    round = models.PositiveIntegerField(default=1)
    seen = models.PositiveIntegerField(default=0, help_text="Pictures that this scan found, or the last one.")
    others = models.PositiveIntegerField(default=0, help_text="Files that are no pictures by their names.")
    upload = models.ForeignKey(Upload, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    scanned_at = models.DateTimeField(null=True, blank=True, help_text="When the last whole scan ended.")
    tried_at = models.DateTimeField(null=True, blank=True)
    trouble = models.TextField(blank=True, help_text="Why the last scan did not end, and what to do.")

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["id"], condition=Q(due=True), name="source_due")]

    def __str__(self) -> str:
        return f"{self.root}/{self.prefix}"


class SourceFile(models.Model):
    """A picture of a source, as it was when it was taken: `item` says what became of it."""

    class Problem(models.TextChoices):
        CHANGED = "changed", "Changed since it was added"
        MISSING = "missing", "Not there any more"

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="files")
    path = models.TextField(help_text="In the place, not in the source's folder.")
    key = models.CharField(max_length=64, help_text="SHA-256 of the path, which may be long.")
    size = models.PositiveBigIntegerField()
    mark = models.CharField(max_length=200, help_text="Its time of change in nanoseconds, or its ETag.")
    round = models.PositiveIntegerField(help_text="The last scan that saw it.")
    item = models.ForeignKey(UploadItem, on_delete=models.SET_NULL, null=True, related_name="+")
    changed_to = models.CharField(max_length=200, blank=True, help_text="The mark of the changed file that is told.")
    problem = models.CharField(max_length=7, choices=Problem, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["source", "key"], name="source_file_once")]
        indexes = [
            models.Index(fields=["source", "size"], name="source_file_size"),
            models.Index(fields=["source", "id"], condition=~Q(problem=""), name="source_file_problem"),
        ]

    def __str__(self) -> str:
        return self.path
