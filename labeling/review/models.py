"""Review: what a project wants of it, verdicts, and threads pinned to the picture."""

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q

from labeling.annotations.models import AnnotationSet
from labeling.images.models import Image
from labeling.projects.models import Project


class ReviewSettings(models.Model):
    """Whether and how a project's finished images are reviewed. A project without a row has no review."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="review_settings")
    enabled = models.BooleanField(default=False, help_text="Finished images wait for a reviewer.")
    rate = models.PositiveSmallIntegerField(
        default=100, validators=[MaxValueValidator(100)], help_text="Percent of finished images that are reviewed."
    )
    newcomers = models.PositiveSmallIntegerField(
        default=20, help_text="A person's first images that are all reviewed, whatever the rate."
    )
    may_correct = models.BooleanField(default=True, help_text="Reviewers may change labels while they review.")
    strict = models.BooleanField(default=False, help_text="What a reviewer corrected is reviewed by a second one.")
    blind = models.BooleanField(default=False, help_text="Reviewers do not see who labeled an image.")

    def __str__(self) -> str:
        return f"Review of {self.project}"

    @classmethod
    def of(cls, project_id: int) -> "ReviewSettings":
        """The project's settings, not saved where it has none."""
        return cls.objects.filter(project=project_id).first() or cls(project_id=project_id)


class Draw(models.Model):
    """Whether a finished image is reviewed: drawn when it is finished, with a seed that can be checked."""

    set = models.ForeignKey(AnnotationSet, on_delete=models.CASCADE, related_name="draws")
    round = models.PositiveSmallIntegerField()
    rate = models.PositiveSmallIntegerField()
    drawn = models.BooleanField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["set", "round"], name="draw_once")]


class Verdict(models.Model):
    """What a reviewer said of a version of an image's labels."""

    class Kind(models.TextChoices):
        ACCEPTED = "accepted", "Accepted"
        CORRECTED = "corrected", "Corrected and accepted"
        SENT_BACK = "sent_back", "Sent back"
        SAMPLE = "sample", "Accepted by sample"

    set = models.ForeignKey(AnnotationSet, on_delete=models.CASCADE, related_name="verdicts")
    kind = models.CharField(max_length=9, choices=Kind)
    version = models.PositiveIntegerField(help_text="The version that it is about; the verdict makes the next one.")
    round = models.PositiveSmallIntegerField(help_text="How often the image had been sent back before.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+",
        help_text="Who had finished the image.",
    )  # fmt: skip
    summary = models.TextField(blank=True)
    override = models.CharField(max_length=300, blank=True, help_text="Why a manager judged own work.")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["set", "version"], name="verdict_once")]

    def __str__(self) -> str:
        return f"{self.kind}: {self.set}"


class Thread(models.Model):
    """A conversation about an image: pinned to a point, to an object (it follows it), or to the whole image."""

    class State(models.TextChoices):
        OPEN = "open"
        FIXED = "fixed"
        RESOLVED = "resolved"

    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="threads")
    number = models.PositiveIntegerField(help_text="On its image, from 1.")
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    x = models.FloatField(null=True, help_text="In pixels of the view; of an object's box where there is an object.")
    y = models.FloatField(null=True)
    object = models.UUIDField(null=True, help_text="The uid of the object that it is about.")
    draft = models.BooleanField(default=False, help_text="Seen by its author alone until the verdict.")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    round = models.PositiveSmallIntegerField(default=0)
    at = models.DateTimeField(auto_now_add=True)
    state_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["number"]
        indexes = [models.Index("image", condition=Q(state="open"), name="thread_open")]
        constraints = [
            models.UniqueConstraint(fields=["image", "number"], name="thread_number_once"),
            models.CheckConstraint(
                condition=Q(x=None, y=None) | Q(x__isnull=False, y__isnull=False), name="thread_pin"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.image}: thread {self.number}"


class Comment(models.Model):
    """Something that somebody said in a thread."""

    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    text = models.TextField()
    draft = models.BooleanField(default=False)
    at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.text[:60]
