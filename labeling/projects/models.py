"""A project, what its objects can be, and who may do what in it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from labeling.jobs.models import LeasedRow

IN_USE = Q(archived_at=None, binned_at=None)
"""Projects in which work goes on: neither archived nor in the bin."""


class Project(models.Model):
    """A set of images, categories and members with one purpose."""

    name = models.CharField(max_length=120)
    instructions = models.TextField(blank=True, help_text="Shown to annotators beside every image.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    next_category_number = models.PositiveIntegerField(default=1, editable=False)
    next_attribute_number = models.PositiveIntegerField(default=1, editable=False)
    panoptic = models.BooleanField(
        default=False,
        editable=False,
        help_text="No pixel belongs to two objects of an image; see annotations.panoptic.",
    )
    rendering = models.JSONField(
        default=dict,
        editable=False,
        help_text="Which bands and values of its pictures are shown; see images.rendering.",
    )
    archived_at = models.DateTimeField(null=True, blank=True, help_text="Since when it is read-only and put aside.")
    archived_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    binned_at = models.DateTimeField(null=True, blank=True, help_text="Since when it is in the bin.")
    binned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, through="Membership", related_name="projects")

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.name


HOTKEY_PATTERN = "^([1-9]|0[1-9]|0[a-z]{2})$"
HOTKEY = RegexValidator(HOTKEY_PATTERN, "Use a key like 5, two like 07, or three like 0ca.")
"""One key, or several pressed one after the other. None is the beginning of another one."""


class Category(models.Model):
    """What an object can be. `number` is the category id of every export: from 1, stable, never reused. `order` is the
    place in lists, which people may change."""

    class Kind(models.TextChoices):
        THING = "thing", "Thing (countable objects)"
        STUFF = "stuff", "Stuff (regions such as sky)"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="categories")
    number = models.PositiveIntegerField(editable=False)
    name = models.CharField(max_length=80)
    color = models.CharField(max_length=7, validators=[RegexValidator(r"^#[0-9a-f]{6}$", "Use a colour like #1f77b4.")])
    hotkey = models.CharField(max_length=3, null=True, blank=True, validators=[HOTKEY])
    kind = models.CharField(max_length=5, choices=Kind, default=Kind.THING)
    order = models.PositiveIntegerField(default=0, help_text="Place in lists; classes of the same place by number.")

    class Meta:
        ordering = ["order", "number"]
        verbose_name_plural = "categories"
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="category_number_once"),
            models.UniqueConstraint(fields=["project", "name"], name="category_name_once"),
            models.UniqueConstraint(fields=["project", "hotkey"], name="category_hotkey_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="category_number_from_1"),
        ]

    def __str__(self) -> str:
        return self.name


class MergedCategory(models.Model):
    """A class whose objects became those of another one. Its number is not used again: who still sends it means the
    other class."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="merged_categories")
    number = models.PositiveIntegerField()
    into = models.ForeignKey(Category, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=80)
    color = models.CharField(max_length=7)
    kind = models.CharField(max_length=5, choices=Category.Kind)
    merged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    merged_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "merged categories"
        constraints = [models.UniqueConstraint(fields=["project", "number"], name="merged_number_once")]

    def __str__(self) -> str:
        return f"{self.name} → {self.into}"


class Attribute(models.Model):
    """What is asked of every object beside its class. `number` names it in what is kept: stable, never reused."""

    class Kind(models.TextChoices):
        TEXT = "text"
        NUMBER = "number"
        CHOICE = "choice"
        FLAG = "flag", "Yes or no"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="attributes")
    number = models.PositiveIntegerField(editable=False)
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=6, choices=Kind)
    choices = models.JSONField(default=list, blank=True, help_text="What a choice offers, in this order.")

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="attribute_number_once"),
            models.UniqueConstraint(fields=["project", "name"], name="attribute_name_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="attribute_number_from_1"),
        ]

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    """What a member may do (`access.ROLES`). Owners may do everything in their project."""

    OWNER = "owner", "Owner"
    MANAGER = "manager", "Manager"
    REVIEWER = "reviewer", "Reviewer"
    ANNOTATOR = "annotator", "Annotator"
    VIEWER = "viewer", "Viewer"


class Membership(models.Model):
    """A user's role in a project."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=9, choices=Role, default=Role.ANNOTATOR)
    created_at = models.DateTimeField(auto_now_add=True)

    invited: Mapping[str, Any] = MappingProxyType({})
    """Of a new member who came by an invitation: what the audit log says of it."""
    role_before: str | None = None
    """The role in the database, while another one is saved."""

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["project", "user"], name="member_once")]

    def __str__(self) -> str:
        return f"{self.user} in {self.project}: {self.role}"


class ProjectJob(LeasedRow):
    """Work on a whole project that takes a while. The rows are the queue (`labeling.projects.jobs`)."""

    class Kind(models.TextChoices):
        COPY = "copy", "Copy images"
        MERGE = "merge", "Merge classes"
        UNMERGE = "unmerge", "Undo merging classes"
        PURGE = "purge", "Delete the project"
        RENDER = "render", "Show pictures anew"

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    # A purge outlives its project: its row says what was deleted, and the files are looked for once more.
    project = models.ForeignKey(Project, on_delete=models.SET_NULL, null=True, related_name="jobs")
    project_number = models.PositiveBigIntegerField(help_text="The project's id, also when it is deleted.")
    kind = models.CharField(max_length=7, choices=Kind)
    options = models.JSONField(default=dict, help_text="What is to be done, by kind; see labeling.projects.jobs.")
    state = models.CharField(max_length=7, choices=State, default=State.QUEUED)
    done = models.PositiveIntegerField(default=0, help_text="Images that are dealt with.")
    total = models.PositiveIntegerField(default=0)
    reason = models.TextField(blank=True, help_text="Why it failed, and what to do.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["state"], name="project_job_queue")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, project {self.project_number}: {self.state}"
