"""Kept objects, and the version that guards them."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from labeling.images.models import Image
from labeling.projects.models import Category


class AnnotationSet(models.Model):
    """All annotations of an image. Every change raises `version` by one; a writer names the version it saw."""

    class Status(models.TextChoices):
        NEW = "new"
        IN_PROGRESS = "in_progress"
        DONE = "done"

    image = models.OneToOneField(Image, on_delete=models.CASCADE, related_name="annotation_set")
    version = models.PositiveIntegerField(default=0)
    status = models.CharField(max_length=11, choices=Status, default=Status.NEW)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+",
        help_text="Who has the image open; others are offered another one next.",
    )  # fmt: skip
    opened_at = models.DateTimeField(null=True, blank=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    changed_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.image}: version {self.version}, {self.status}"


class Annotation(models.Model):
    """A kept object. Master form of the mask: compressed COCO RLE of the whole view (`height × width`)."""

    set = models.ForeignKey(AnnotationSet, on_delete=models.CASCADE, related_name="annotations")
    uid = models.UUIDField(help_text="Chosen by the client: saving the same object twice makes one annotation.")
    # RESTRICT, not PROTECT: a category in use can't be deleted, but a whole project with its images can.
    category = models.ForeignKey(Category, on_delete=models.RESTRICT, related_name="annotations")
    counts = models.TextField(help_text="Compressed COCO RLE counts, column-major, for the view's height × width.")
    area = models.PositiveBigIntegerField(help_text="Pixels in the mask.")
    bbox_x = models.PositiveIntegerField()
    bbox_y = models.PositiveIntegerField()
    bbox_width = models.PositiveIntegerField()
    bbox_height = models.PositiveIntegerField()
    clicks = models.JSONField(
        default=list, help_text="[[x, y, positive], …] that made the mask, so that it can be refined."
    )
    z = models.BigIntegerField(
        default=0,
        help_text="Place in the drawing order: higher ones lie over lower ones, in the editor and in exports.",
    )
    attributes = models.JSONField(
        default=dict, blank=True, help_text="Answers to the project's attributes, by their number."
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["z", "id"]
        constraints = [
            models.UniqueConstraint(fields=["set", "uid"], name="annotation_once"),
            models.CheckConstraint(condition=Q(area__gte=1), name="annotation_not_empty"),
        ]

    def __str__(self) -> str:
        return f"{self.category} on {self.set.image}"


class AnnotationEvent(models.Model):
    """The log of a set: what each version changed, with the state before and after. Nothing kept is ever lost."""

    class Kind(models.TextChoices):
        CREATE = "create"
        CHANGE = "change"
        DELETE = "delete"
        STATUS = "status"

    set = models.ForeignKey(AnnotationSet, on_delete=models.CASCADE, related_name="events")
    version = models.PositiveIntegerField(help_text="The set's version after this change.")
    kind = models.CharField(max_length=6, choices=Kind)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["set", "version"], name="event_version_once")]
