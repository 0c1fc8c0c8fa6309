"""Counts of what happened in a project, by day, kept up to date image by image (docs/internals/figures.md)."""

from datetime import date

from django.db import models

from labeling.projects.models import Project

NO_DAY = date(1970, 1, 1)
"""The day of counts that describe how things are, not when they came about."""


class Changed(models.Model):
    """Something of an image changed that counts. Rows are only inserted, and deleted when they are counted."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    image = models.BigIntegerField(help_text="The image's id; the image may be gone.")

    class Meta:
        verbose_name_plural = "changed"
        indexes = [models.Index(fields=["project", "image"], name="changed_of_project")]

    def __str__(self) -> str:
        return f"Image {self.image}"


class CountedImage(models.Model):
    """What an image adds to the counts of its project."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    image = models.BigIntegerField(unique=True, help_text="The image's id; the image may be gone.")
    counts = models.JSONField(default=list, help_text="[[day, person or 0, class or 0, key, count], …]")

    class Meta:
        verbose_name_plural = "image tallies"

    def __str__(self) -> str:
        return f"Image {self.image}"


class DailyCount(models.Model):
    """The sum of all images' tallies: one count of a project on a day, of a person and a class where it has them."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    day = models.DateField(help_text="In the site's time zone.")
    person = models.BigIntegerField(default=0, help_text="The user's id; 0: of nobody in particular.")
    category = models.PositiveIntegerField(default=0, help_text="The number of the class; 0: of no class.")
    key = models.CharField(max_length=30, help_text="What is counted: labeling.figures.tallies.")
    count = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "key", "day", "person", "category"], name="daily_count_once")
        ]

    def __str__(self) -> str:
        return f"{self.key} on {self.day}: {self.count}"


class Ledger(models.Model):
    """A project's counts as a whole: who holds this row changes them."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="ledger")
    counted_at = models.DateTimeField(null=True, help_text="When nothing was left to count.")
    begun_at = models.DateTimeField(null=True, help_text="When the latest recount of all images began.")
    recounted_at = models.DateTimeField(null=True, help_text="When it ended.")
    corrected = models.PositiveIntegerField(default=0, help_text="Counts that it found wrong.")

    def __str__(self) -> str:
        return str(self.project)
