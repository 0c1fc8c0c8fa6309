"""Kept objects, and the version that guards them."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from labeling.images.models import Image
from labeling.projects.models import Category, Project


class AnnotationSet(models.Model):
    """Annotations of an image. Every change raises `version` by one; a writer names the version it saw.

    An image has one *main* set: what reviewers judge, exports take and heads learn from. Beside it there can be
    *opinions*, each one person's, made without sight of the others, and one *golden* set, the truth that people are
    measured against. Code that means the image's labels asks for `image.annotation_set` or `set__main_of`.
    """

    class Status(models.TextChoices):
        NEW = "new"
        IN_PROGRESS = "in_progress"
        DONE = "done"
        ACCEPTED = "accepted"
        SENT_BACK = "sent_back"
        SKIPPED = "skipped"

    class Kind(models.TextChoices):
        MAIN = "main"
        OPINION = "opinion"
        GOLDEN = "golden"

    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="sets")
    kind = models.CharField(max_length=7, choices=Kind, default=Kind.MAIN, editable=False)
    main_of = models.OneToOneField(
        Image, on_delete=models.CASCADE, null=True, editable=False, related_name="annotation_set",
        help_text="The image again for a main set, so that it has one; else empty.",
    )  # fmt: skip
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+",
        help_text="Whose opinion it is.",
    )  # fmt: skip
    version = models.PositiveIntegerField(default=0)
    status = models.CharField(max_length=11, choices=Status, default=Status.NEW)
    objects_kept = models.PositiveIntegerField(
        default=0, editable=False, help_text="Its annotations, counted with each version: what lists sort by."
    )
    reason = models.CharField(max_length=200, blank=True, help_text="Why the image is skipped; else empty.")
    note = models.TextField(blank=True, help_text="What annotators have to say about the image, for reviewers.")
    note_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+",
        help_text="Whose turn it is; others are offered another image next.",
    )  # fmt: skip
    opened_at = models.DateTimeField(null=True, blank=True, help_text="When they last did something here.")
    opened_for = models.CharField(max_length=7, blank=True, default="", help_text="What for: a kind of slot.")
    opened_in = models.BigIntegerField(null=True, blank=True, help_text="Id of the slot that they hold.")
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    changed_at = models.DateTimeField(null=True, blank=True)
    finished_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+",
        help_text="Who said last that it is done: the author whom a reviewer answers.",
    )  # fmt: skip
    finished_at = models.DateTimeField(null=True, blank=True)
    round = models.PositiveSmallIntegerField(default=0, help_text="How often it was sent back.")
    copied_version = models.PositiveIntegerField(
        null=True, blank=True, editable=False,
        help_text="Of an opinion that began as a copy of the image's labels (`own_copy`): their version then.",
    )  # fmt: skip

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="main", main_of=F("image")) | (~Q(kind="main") & Q(main_of=None)), name="main_set_of"
            ),
            models.UniqueConstraint(fields=["image", "author"], condition=Q(kind="opinion"), name="opinion_once"),
            models.UniqueConstraint(fields=["image"], condition=Q(kind="golden"), name="golden_once"),
        ]

    def __str__(self) -> str:
        return f"{self.image}: version {self.version}, {self.status}"

    def save(self, *args: Any, **options: Any) -> None:
        """A set without a kind is its image's main one."""
        if self.kind == self.Kind.MAIN:
            self.main_of_id = self.image_id
        super().save(*args, **options)


FINISHED = (AnnotationSet.Status.DONE, AnnotationSet.Status.ACCEPTED)
"""Images that somebody said are labeled, reviewed or not: what is exported as done, and what heads learn from."""

ENDED = (*FINISHED, AnnotationSet.Status.SKIPPED)
"""Images that nobody has to label (any more)."""


class Annotation(models.Model):
    """A kept object. Master form of the mask: compressed COCO RLE of the whole view (`height × width`)."""

    set = models.ForeignKey(AnnotationSet, on_delete=models.CASCADE, related_name="annotations")
    uid = models.UUIDField(help_text="Chosen by the client: saving the same object twice makes one annotation.")
    # RESTRICT, not PROTECT: a category in use can't be deleted, but a whole project with its images can.
    category = models.ForeignKey(Category, on_delete=models.RESTRICT, related_name="annotations", db_index=False)
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
    crowd = models.BooleanField(
        default=False,
        db_default=False,
        help_text="A region of several objects that were not told apart (COCO `iscrowd`).",
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
        # With the set, so that the images of a class are found without reading masks.
        # By uid, so that an import sees which names are taken without reading every object.
        indexes = [
            models.Index(fields=["category", "set"], name="annotation_of_class"),
            models.Index(fields=["uid"], name="annotation_by_uid"),
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
        NOTE = "note"
        VERDICT = "verdict"

    set = models.ForeignKey(AnnotationSet, on_delete=models.CASCADE, related_name="events")
    version = models.PositiveIntegerField(help_text="The set's version after this change.")
    kind = models.CharField(max_length=7, choices=Kind)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    round = models.PositiveSmallIntegerField(default=0, help_text="How often the set had been sent back before.")
    quiet = models.BooleanField(
        default=False, help_text="Made for a whole project, as merging classes is: nobody worked on the image."
    )
    slot = models.BigIntegerField(null=True, help_text="Id of the slot (`assignment.Slot`) that it was made in.")

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["set", "version"], name="event_version_once")]


class Presence(models.Model):
    """An editor that is open on an image. It goes when the editor does, or when it is not heard of any more.

    At most one of an image's holds its *lease*: its person works, the others look on until they take it over. The lease
    keeps people out of each other's way; what keeps their work is the set's version.
    """

    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="presences")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    tab = models.UUIDField(help_text="Chosen by the editor; the same after a reload or a lost connection.")
    channel = models.CharField(max_length=200, help_text="The socket that speaks for it now.")
    connected = models.BooleanField(default=True)
    holds = models.BooleanField(default=False)
    arrived_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField()
    worked_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["image", "tab"], name="presence_once"),
            models.UniqueConstraint(fields=["image"], condition=Q(holds=True), name="one_lease_an_image"),
        ]

    def __str__(self) -> str:
        return f"{self.user} at {self.image}"


class WorkTime(models.Model):
    """How long somebody worked on an image, from opening it to leaving it; pauses do not count."""

    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="work_times")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    session = models.UUIDField(
        help_text="Chosen by the editor. It reports a total again and again; the largest counts."
    )
    seconds = models.PositiveIntegerField()
    at = models.DateTimeField(help_text="When it last reported.")
    parts = models.JSONField(
        default=list, help_text="[[quarter of an hour since 1970, activity, seconds], …]: when it came in."
    )

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["image", "user", "session"], name="work_time_once")]
        indexes = [models.Index(fields=["at"], name="work_time_by_day")]

    def __str__(self) -> str:
        return f"{self.user} at {self.image}: {self.seconds} s"


class WorkDay(models.Model):
    """Somebody's time in a project on a day that is long over: the sum of sessions that are not kept any more."""

    class Activity(models.TextChoices):
        LABEL = "label", "Labeling"
        FIX = "fix", "Fixing"
        REVIEW = "review", "Reviewing"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="work_days")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    activity = models.CharField(max_length=6, choices=Activity)
    seconds = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["day"]
        constraints = [models.UniqueConstraint(fields=["project", "user", "day", "activity"], name="work_day_once")]

    def __str__(self) -> str:
        return f"{self.user} on {self.day}: {self.seconds} s"
