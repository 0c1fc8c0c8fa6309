"""Who is to do what: lots of images, and the turns at each image."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from labeling.annotations.models import AnnotationSet
from labeling.images.models import Image
from labeling.projects.models import Project


class Lot(models.Model):
    """A work package: images of a project with a priority and, if wanted, a day by which they are due.

    Each project has one lot, the *default*, that every new image goes into.
    """

    class Order(models.TextChoices):
        UPLOAD = "upload", "As uploaded"
        RANDOM = "random", "At random"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="lots")
    name = models.CharField(max_length=120)
    is_default = models.BooleanField(default=False, editable=False)
    priority = models.SmallIntegerField(default=0, help_text="Higher ones are handed out first.")
    due = models.DateField(null=True, blank=True)
    folds = models.PositiveSmallIntegerField(
        default=1, help_text="How many people label each image, without sight of each other."
    )
    order = models.CharField(max_length=6, choices=Order, default=Order.UPLOAD)
    closed_at = models.DateTimeField(null=True, blank=True, help_text="Since when nothing of it is handed out.")
    golden_every = models.PositiveSmallIntegerField(
        default=0, help_text="One in so many images that an annotator gets of the lot is a golden one; 0: none."
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-priority", models.F("due").asc(nulls_last=True), "id"]
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="lot_name_once"),
            models.UniqueConstraint(fields=["project"], condition=Q(is_default=True), name="one_default_lot"),
            models.CheckConstraint(condition=Q(folds__gte=1), name="lot_folds_from_1"),
        ]

    def __str__(self) -> str:
        return self.name


class Slot(models.Model):
    """One turn at one image: labeling it, fixing what was sent back, reviewing it, or resolving several opinions.

    An open slot waits for its `member`, or for anybody who may when it has none. A held one is somebody's until
    `held_until`, which their work renews; after that it counts as open. Locks are taken on the set first, always.
    """

    class Kind(models.TextChoices):
        LABEL = "label"
        FIX = "fix"
        REVIEW = "review"
        RESOLVE = "resolve"

    class State(models.TextChoices):
        OPEN = "open"
        HELD = "held"
        CLOSED = "closed"

    lot = models.ForeignKey(Lot, on_delete=models.CASCADE, related_name="slots")
    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="slots")
    set = models.ForeignKey(
        AnnotationSet, on_delete=models.CASCADE, null=True, blank=True, related_name="slots",
        help_text="The opinion that is made in it; empty for the image's main set.",
    )  # fmt: skip
    kind = models.CharField(max_length=7, choices=Kind)
    fold = models.PositiveSmallIntegerField(default=0, help_text="Which of several annotators of the image, from 0.")
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+",
        help_text="For whom it is reserved; empty: for anybody who may.",
    )  # fmt: skip
    ready = models.BooleanField(default=False, help_text="The image's features are there.")
    rank = models.BigIntegerField(help_text="Lower ones of a lot come first. Drawn or counted once, never computed.")
    state = models.CharField(max_length=6, choices=State, default=State.OPEN)
    held_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    held_until = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index("lot", "kind", "ready", "rank", condition=Q(state="open", member=None), name="slot_pool"),
            models.Index("member", "kind", "rank", condition=Q(state="open"), name="slot_reserved"),
            models.Index("held_by", condition=Q(state="held"), name="slot_holder"),
            models.Index("held_until", condition=Q(state="held"), name="slot_late"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["image", "kind", "fold"], condition=~Q(state="closed"), name="slot_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.image}: {self.state}"

    def save(self, *args: Any, **options: Any) -> None:
        if self.rank is None:
            self.rank = self.image_id
        super().save(*args, **options)


class Touched(models.Model):
    """Somebody has labeled an image: they get no second fold of it, and do not review it."""

    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="touched")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["image", "user"], name="touched_once")]
