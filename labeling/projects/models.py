"""A project, what its objects can be, and who may do what in it."""

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q


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
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, through="Membership", related_name="projects")

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.name


class Category(models.Model):
    """What an object can be. `number` is the category id of every export: from 1, stable, never reused."""

    class Kind(models.TextChoices):
        THING = "thing", "Thing (countable objects)"
        STUFF = "stuff", "Stuff (regions such as sky)"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="categories")
    number = models.PositiveIntegerField(editable=False)
    name = models.CharField(max_length=80)
    color = models.CharField(max_length=7, validators=[RegexValidator(r"^#[0-9a-f]{6}$", "Use a colour like #1f77b4.")])
    hotkey = models.PositiveSmallIntegerField(null=True, blank=True)
    kind = models.CharField(max_length=5, choices=Kind, default=Kind.THING)

    class Meta:
        ordering = ["number"]
        verbose_name_plural = "categories"
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="category_number_once"),
            models.UniqueConstraint(fields=["project", "name"], name="category_name_once"),
            models.UniqueConstraint(fields=["project", "hotkey"], name="category_hotkey_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="category_number_from_1"),
            models.CheckConstraint(
                condition=Q(hotkey__isnull=True) | Q(hotkey__range=(1, 9)), name="category_hotkey_1_to_9"
            ),
        ]

    def __str__(self) -> str:
        return self.name


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
    """What a member may do. Managers may do everything in their project."""

    MANAGER = "manager", "Manager"
    ANNOTATOR = "annotator", "Annotator"
    REVIEWER = "reviewer", "Reviewer"


class Membership(models.Model):
    """A user's role in a project."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=9, choices=Role, default=Role.ANNOTATOR)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["project", "user"], name="member_once")]

    def __str__(self) -> str:
        return f"{self.user} in {self.project}: {self.role}"
