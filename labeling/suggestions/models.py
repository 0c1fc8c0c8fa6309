"""Suggestions, the runs that make them, and the heads that learn them (docs/internals/suggestions.md).

A suggestion is never a label: nothing outside of this room and of "next image" reads these tables.
"""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from labeling.images.models import Image
from labeling.jobs.models import LeasedRow
from labeling.projects.models import Category, Project
from labeling.suggestions import registry


class SuggestionSettings(models.Model):
    """What a project lets happen by itself."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="suggestion_settings")
    everything_when_ready = models.BooleanField(
        default=False, help_text="Discover the objects of every image as soon as its features are ready."
    )
    learn_at_doublings = models.BooleanField(
        default=True, help_text="Train the project's heads at 20 finished images, at 40, at 80, …"
    )
    least_sure_first = models.BooleanField(
        default=True, help_text="Offer images first that the heads are least sure about."
    )

    class Meta:
        verbose_name_plural = "suggestion settings"

    @classmethod
    def of(cls, project_id: int) -> "SuggestionSettings":
        """The project's, or the defaults (not saved)."""
        return cls.objects.filter(project_id=project_id).first() or cls(project_id=project_id)


class HeadVersion(LeasedRow):
    """A trained head, or one that is learning. Without a project: a starter model that ships with the product.

    A project's head never leaves it: its files lie under the project's storage prefix, and every lookup is by project.
    """

    class State(models.TextChoices):
        QUEUED = "queued"
        TRAINING = "training"
        READY = "ready"
        FAILED = "failed"
        CANCELLED = "cancelled"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, null=True, blank=True, related_name="heads")
    kind = models.CharField(max_length=9, help_text="The method that asks it.")
    number = models.PositiveIntegerField(help_text="From 1, within a project and kind.")
    state = models.CharField(max_length=9, choices=State, default=State.QUEUED)
    classes = models.JSONField(default=list, help_text="The head's words, in its order.")
    features_version = models.CharField(max_length=64, blank=True)
    images = models.JSONField(default=list, help_text="Ids of the finished images it learns from or is measured by.")
    finished_images = models.PositiveIntegerField(default=0, help_text="Finished images when it was asked for.")
    steps = models.PositiveIntegerField(default=0)
    step = models.PositiveIntegerField(default=0)
    seconds = models.FloatField(default=0.0)
    left = models.FloatField(null=True, blank=True, help_text="Seconds of training still to come, as estimated.")
    curve = models.JSONField(default=list, help_text="[[step, loss], …]")
    figures = models.JSONField(default=dict, help_text="What the held-out images say: AP or PQ, by class too.")
    folder = models.CharField(max_length=255, blank=True, help_text="Prefix of its files on the default storage.")
    fingerprint = models.CharField(max_length=64, blank=True, help_text="SHA-256 of a starter model's manifest.")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(blank=True, help_text="Why it failed, and what to do.")

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["project", "kind", "number"], name="head_number_once")]
        indexes = [models.Index(fields=["state"], name="head_queue")]

    def __str__(self) -> str:
        return f"{self.title} of {self.project}" if self.project_id else self.title

    @property
    def title(self) -> str:
        """What people call it."""
        kind = registry.title_of(self.kind)
        return f"{kind} {self.number}" if self.project_id else f"{kind}, starter model"


class CategoryMapping(models.Model):
    """What a head's word means in a project, where somebody (or the training) said so; else names decide."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="category_mappings")
    head = models.ForeignKey(HeadVersion, on_delete=models.CASCADE, related_name="mappings")
    word = models.CharField(max_length=120)
    category = models.ForeignKey(
        Category, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", help_text="Empty: no class."
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "head", "word"], name="mapping_once")]

    def __str__(self) -> str:
        return f"{self.word} → {self.category or 'no class'}"


class Run(models.Model):
    """A method that goes over images. Its `RunImage` rows are the queue."""

    class State(models.TextChoices):
        RUNNING = "running"
        DONE = "done"
        STOPPED = "stopped"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="suggestion_runs")
    method = models.CharField(max_length=10, help_text="A name of the registry of methods.")
    head = models.ForeignKey(HeadVersion, on_delete=models.SET_NULL, null=True, blank=True, related_name="runs")
    options = models.JSONField(default=dict, blank=True, help_text="threshold, mode, refine")
    automatic = models.BooleanField(default=False, help_text="Images are added as their features become ready.")
    state = models.CharField(max_length=7, choices=State, default=State.RUNNING)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.method} on {self.project}: {self.state}"


class RunImage(LeasedRow):
    """An image that a run is to look at."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        READY = "ready"
        FAILED = "failed"
        STOPPED = "stopped"

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="rows")
    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="run_images")
    state = models.CharField(max_length=7, choices=State, default=State.QUEUED)
    priority = models.IntegerField(default=0, help_text="Higher goes first: somebody waits for it.")
    reason = models.TextField(blank=True)
    found = models.PositiveIntegerField(default=0, help_text="Suggestions it made.")
    doubt = models.FloatField(
        null=True, blank=True, help_text="How unsure the head was, 0 to 1; empty for methods without one."
    )
    seconds = models.FloatField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "image"], name="run_image_once")]
        indexes = [
            models.Index(fields=["state", "-priority", "id"], name="run_queue"),
            models.Index(fields=["image", "-id"], name="run_image_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.image}: {self.state}"


class Suggestion(models.Model):
    """An object that a method proposes. The annotation that somebody makes of it has the same `uid`, and the state
    follows what becomes of that annotation (`labeling.suggestions.state_sync`)."""

    class State(models.TextChoices):
        OPEN = "open"
        ACCEPTED = "accepted"  # kept as it was
        EDITED = "edited"  # kept with another mask or class
        REJECTED = "rejected"
        STALE = "stale"  # a newer run of the method replaced it

    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="suggestions")
    run = models.ForeignKey(Run, on_delete=models.SET_NULL, null=True, blank=True, related_name="suggestions")
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    method = models.CharField(max_length=10, help_text="A name of the registry of methods.")
    head = models.ForeignKey(HeadVersion, on_delete=models.SET_NULL, null=True, blank=True, related_name="suggestions")
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    score = models.FloatField(help_text="0 to 1, comparable within one head only.")
    word = models.CharField(max_length=120, blank=True, help_text="The head's own word, or the phrase asked for.")
    category = models.ForeignKey(Category, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    counts = models.TextField(help_text="Compressed COCO RLE counts for the view's height × width.")
    area = models.PositiveBigIntegerField()
    bbox_x = models.PositiveIntegerField()
    bbox_y = models.PositiveIntegerField()
    bbox_width = models.PositiveIntegerField()
    bbox_height = models.PositiveIntegerField()
    clicks = models.JSONField(default=list, help_text="[[x, y, positive], …] that made the mask, if clicks did.")
    basis = models.TextField(blank=True, help_text="Counts of the mask that these clicks began with; empty for none.")
    created_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-score", "id"]
        constraints = [models.CheckConstraint(condition=Q(area__gte=1), name="suggestion_not_empty")]
        indexes = [
            models.Index(fields=["image", "state"], name="suggestion_of_image"),
            models.Index(fields=["state", "created_at"], name="suggestion_age"),
        ]

    def __str__(self) -> str:
        return f"{self.word or self.method} on {self.image}: {self.state}"

    @property
    def rle(self) -> dict[str, Any]:
        """The mask as `inference.heads.proposals` takes it; `image` has to be at hand."""
        return {"size": [self.image.height, self.image.width], "counts": self.counts}
