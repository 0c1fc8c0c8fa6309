"""Images and how they came in."""

from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Literal

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from labeling.accounts.models import User
from labeling.images.stored import StoredFileField
from labeling.jobs.models import LeasedRow
from labeling.projects.access import MEASURED
from labeling.projects.models import Project, Role


def _place(kind: str, project_id: int, name: str) -> str:
    """`projects/<project>/<kind>/<first two>/<name>`: no folder grows without bound."""
    name = PurePath(name).name
    return f"projects/{project_id}/{kind}/{name[:2]}/{name}"


def _original_path(image: "Image", name: str) -> str:
    return _place("originals", image.project_id, name)


def _view_path(image: "Image", name: str) -> str:
    return _place("views", image.project_id, name)


def _thumbnail_path(image: "Image", name: str) -> str:
    return _place("thumbnails", image.project_id, name)


def _item_path(item: "UploadItem", name: str) -> str:
    """Where an original lives: an accepted item's file *becomes* the original and is never copied or moved."""
    return _place("originals", item.upload.project_id, name)


def content_of(sha256: str, page: int) -> str:
    """As `Image.content`."""
    return f"{sha256}#{page}" if page else sha256


class Tag(models.Model):
    """A word that managers put on images of a project, to find and hand out groups of them."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="tags")
    name = models.CharField(max_length=40)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="tag_name_once")]

    def __str__(self) -> str:
        return self.name


class Image(models.Model):
    """An accepted picture: the original as uploaded, and the upright 8-bit view that people and the encoder see."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="images")
    name = models.CharField(max_length=255, help_text="File name as uploaded, with the folders of a zip.")
    sha256 = models.CharField(max_length=64, help_text="Of the original's bytes.")
    page = models.PositiveIntegerField(
        default=0, help_text="Which page or frame of the original it is, from 1 as they lie in the file; 0: all of it."
    )
    original = StoredFileField(upload_to=_original_path, max_length=255)
    view = StoredFileField(upload_to=_view_path, max_length=255)
    thumbnail = models.FileField(upload_to=_thumbnail_path, max_length=255)
    width = models.PositiveIntegerField(help_text="Of the view, in pixels.")
    height = models.PositiveIntegerField(help_text="Of the view, in pixels.")
    source = models.JSONField(
        default=dict, help_text="What the original was: format, mode, bits, EXIF orientation, 16-bit window."
    )
    reference = models.JSONField(
        null=True,
        blank=True,
        help_text="Where the original is, if in a folder or bucket (storage.roots.Reference).",
    )
    rendering = models.CharField(
        max_length=8, blank=True, help_text="What its view was made by beside the original; see images.rendering."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    golden = models.BooleanField(
        default=False,
        editable=False,
        help_text="Its labels are the truth that annotators are measured against, so they must not see them.",
    )

    tags = models.ManyToManyField(Tag, blank=True, related_name="images")

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["project", "sha256", "page"], name="image_page_once")]
        indexes = [
            models.Index(fields=["project"], condition=Q(golden=True), name="golden_of_project"),
            models.Index(fields=["project", "name", "id"], name="image_by_name"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def referenced_name(self) -> str:
        """The name of the file that `reference` is for; also the view's, where that is the original itself."""
        return str(self.original.name)

    @classmethod
    def out_of_sight(cls, user: User) -> QuerySet["Image"]:
        """Golden images of all projects that the user is measured in, if they never worked on them: before it was
        golden, or in a turn of their own, where they have a set that is theirs. A few rows, which an index finds."""
        if user.is_superuser:  # an owner everywhere
            return cls.objects.none()
        one = cls.objects.filter(pk=OuterRef("pk"))
        own = one.filter(sets__kind="opinion", sets__author=user)
        worked = one.filter(sets__kind="main", sets__events__user=user, sets__events__quiet=False)
        measured = {"project__memberships__user": user, "project__memberships__role__in": MEASURED}
        return cls.objects.filter(~Exists(own), ~Exists(worked), golden=True, **measured).order_by()

    @classmethod
    def hidden_from(cls, user: User, role: Role, path: str = "pk") -> Q:
        """What somebody must not find, by any way: golden images that they are measured with and never worked on. They
        would learn the truth, and lists would show it as done. Lists, counts and addresses follow this one rule.

        path: from the rows in question to the image, like `image`.
        """
        return Q(**{f"{path}__in": cls.out_of_sight(user).values("pk")}) if role in MEASURED else Q(pk__in=())

    @classmethod
    def listed_for(cls, user: User | None, role: Role, path: str = "pk") -> Q:
        """The opposite of `hidden_from`: what lists and counts have. None: for nobody in particular, images alone."""
        if role not in MEASURED:
            return Q()
        return Q(golden=False) if user is None else ~cls.hidden_from(user, role, path)

    @classmethod
    def count_listed(cls, images: "QuerySet[Image]", user: User | None, role: Role) -> int:
        """How many of `images` are listed: all without the few that are hidden, as counting both takes less than
        looking each one up. None as in `listed_for`."""
        if role not in MEASURED or user is None:
            return images.filter(cls.listed_for(user, role)).count()
        return images.count() - images.filter(cls.hidden_from(user, role)).count()

    @property
    def content(self) -> str:
        """Names its content among all images: the original's SHA-256, and of a page its number."""
        return content_of(self.sha256, self.page)

    @property
    def version(self) -> str:
        """Changes with its view, its thumbnail and its blocks."""
        return f"{self.sha256[:8]}{self.rendering}"

    @property
    def view_url(self) -> str:
        """The view's URL with its content in it: a browser may keep it for ever."""
        return f"{reverse('images:view', args=[self.pk])}?v={self.version}"

    @property
    def thumbnail_url(self) -> str:
        """The thumbnail's URL with its content in it: a browser may keep it for ever."""
        return f"{reverse('images:thumbnail', args=[self.pk])}?v={self.version}"


class Upload(models.Model):
    """One drop of files. Files arrive one by one; `closed` says that no more will come."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="uploads")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    closed = models.BooleanField(default=False)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"Upload {self.pk} of {self.created_at:%Y-%m-%d %H:%M}" if self.pk else "New upload"

    @property
    def state(self) -> Literal["receiving", "processing", "done"]:
        """`receiving` until closed, `processing` until every item is accepted or rejected, then `done`."""
        if not self.closed:
            return "receiving"
        return "done" if self.finished_at else "processing"


class UploadItem(LeasedRow):
    """One file of an upload (a zip becomes one item for each of its files), and what became of it."""

    class State(models.TextChoices):
        WAITING = "waiting"
        UNPACKED = "unpacked"  # a zip or a file of many pages: what is in it are items of their own now
        ACCEPTED = "accepted"
        REJECTED = "rejected"

    class Reason(models.TextChoices):
        CORRUPT = "corrupt", "The file is damaged"
        TOO_MANY_PIXELS = "too_many_pixels", "The picture has too many pixels"
        TOO_LARGE = "too_large", "The file is too large"
        NOT_AN_IMAGE = "not_an_image", "Not an image we can read"
        DUPLICATE = "duplicate", "The same picture is already in the project"
        UNSAFE_PATH = "unsafe_path", "The path in the zip leads out of it"
        SYMLINK = "symlink", "A link in the zip, not a file"
        ENCRYPTED = "encrypted", "The zip is encrypted"
        CHANGED = "changed", "The original was changed or is gone"
        FAILED = "failed", "The server could not process it"

    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="items")
    name = models.CharField(max_length=255)
    file = StoredFileField(upload_to=_item_path, max_length=255, blank=True)
    reference = models.JSONField(null=True, blank=True, help_text="As of an image.")
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    reason = models.CharField(max_length=15, choices=Reason, blank=True)
    message = models.TextField(blank=True, help_text="What is wrong and what to do, for the person who uploaded it.")
    image = models.ForeignKey(Image, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    size = models.PositiveBigIntegerField(default=0, help_text="Of the file, in bytes.")
    parent = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, blank=True, related_name="entries", help_text="What it was in."
    )
    entry = models.PositiveIntegerField(
        null=True, blank=True, help_text="Its place in the zip, from 0, or its page in the file, from 1."
    )
    page = models.PositiveIntegerField(
        null=True, blank=True, help_text="As of an image; empty: pages, if the file has several, become items."
    )

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["upload", "state", "id"], name="upload_queue")]
        constraints = [models.UniqueConstraint(fields=["parent", "entry"], name="zip_entry_once")]

    def __str__(self) -> str:
        return f"{self.name}: {self.state}"

    @property
    def referenced_name(self) -> str:
        """The name of the file that `reference` is for."""
        return str(self.file.name)


def _expiry() -> datetime:
    return timezone.now() + timedelta(hours=settings.RESUMABLE_HOURS)


class PartialFile(models.Model):
    """A file that arrives in parts, so that a lost connection costs one part (`labeling.images.resumable`).

    `taken_at`: somebody makes it a file of an upload or of an import; `taken_as` says which one it became.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(default=_expiry, help_text="Deleted then, unless another part arrives before.")
    folder = models.CharField(max_length=120, help_text="Where its parts are on the storage.")
    name = models.CharField(max_length=255)
    length = models.PositiveBigIntegerField(help_text="Of the whole file, in bytes.")
    offset = models.PositiveBigIntegerField(default=0, help_text="Bytes that are here.")
    taken_at = models.DateTimeField(null=True, blank=True)
    taken_as = models.CharField(max_length=40, blank=True, help_text="Such as “item 7”, with the id of its row.")

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="partial_expiry")]

    def __str__(self) -> str:
        return f"{self.name}: {self.offset} of {self.length} bytes"


class FilePart(models.Model):
    """Bytes of a file that arrives in parts, from `start` on."""

    whole = models.ForeignKey(PartialFile, on_delete=models.CASCADE, related_name="parts")
    start = models.PositiveBigIntegerField()
    size = models.PositiveBigIntegerField()
    stored = models.CharField(max_length=200, help_text="Its name on the storage.")

    class Meta:
        ordering = ["start"]
        constraints = [models.UniqueConstraint(fields=["whole", "start"], name="file_part_once")]

    def __str__(self) -> str:
        return f"{self.size} bytes from {self.start}"


class BlockJob(LeasedRow):
    """The blocks of a large image that has none are to be made (`labeling.images.block_jobs`)."""

    image = models.OneToOneField(Image, on_delete=models.CASCADE, related_name="block_job")
    done = models.FloatField(default=0, help_text="0 to 1.")
    failed_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"Blocks of {self.image}: {self.done:.0%}"
