"""What happened to the images of a project, in steps that people recognise."""

from django.conf import settings
from django.db import models

from labeling.annotations.models import AnnotationSet
from labeling.images.models import Image
from labeling.projects.models import Project


class Activity(models.Model):
    """Something that somebody did to an image: versions `first` to `last` of a set, one after the other.

    A burst of changes of objects by one person is one row, so that lists are short and need no event's content. The
    event log (`AnnotationEvent`) has the content.
    """

    class Kind(models.TextChoices):
        OBJECTS = "objects", "Changed objects"
        STATUS = "status", "Set the state"
        VERDICT = "verdict", "Reviewed"
        NOTE = "note", "Wrote the note"
        COMMENT = "comment", "Commented"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="activities")
    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="activities")
    set = models.ForeignKey(
        AnnotationSet, on_delete=models.CASCADE, null=True, related_name="activities",
        help_text="Empty for a comment: those are about the image.",
    )  # fmt: skip
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    kind = models.CharField(max_length=7, choices=Kind)
    at = models.DateTimeField(help_text="When it ended.")
    first = models.PositiveIntegerField(default=0, help_text="The first version that it made.")
    last = models.PositiveIntegerField(default=0, help_text="The last one.")
    created = models.PositiveIntegerField(default=0, help_text="Objects.")
    changed = models.PositiveIntegerField(default=0)
    deleted = models.PositiveIntegerField(default=0)
    status = models.CharField(max_length=11, blank=True, help_text="The state that was set, or the verdict.")
    text = models.CharField(max_length=300, blank=True, help_text="A reason, a note or a comment, cut to fit.")

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "activities"
        indexes = [
            models.Index(fields=["project", "-id"], name="activity_of_project"),
            models.Index(fields=["project", "user", "-id"], name="activity_of_person"),
            models.Index(fields=["image", "-id"], name="activity_of_image"),
            models.Index(fields=["set", "-last"], name="activity_of_set"),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.kind}, {self.image}"
