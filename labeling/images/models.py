"""Images and how they came in."""

from pathlib import PurePath

from django.conf import settings
from django.db import models

from labeling.projects.models import Project


def _original_path(image: "Image", name: str) -> str:
    return f"projects/{image.project_id}/originals/{image.sha256[:2]}/{image.sha256}{PurePath(name).suffix.lower()}"


def _view_path(image: "Image", name: str) -> str:
    return f"projects/{image.project_id}/views/{image.sha256[:2]}/{image.sha256}{PurePath(name).suffix.lower()}"


def _thumbnail_path(image: "Image", name: str) -> str:
    return f"projects/{image.project_id}/thumbnails/{image.sha256[:2]}/{image.sha256}{PurePath(name).suffix.lower()}"


def _item_path(item: "UploadItem", name: str) -> str:
    return f"uploads/{item.upload_id}/{item.pk or 'new'}{PurePath(name).suffix.lower()}"


class Image(models.Model):
    """An accepted picture: the original as uploaded, and the upright 8-bit view that people and the encoder see."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="images")
    name = models.CharField(max_length=255, help_text="File name as uploaded, with the folders of a zip.")
    sha256 = models.CharField(max_length=64, help_text="Of the original's bytes.")
    original = models.FileField(upload_to=_original_path, max_length=255)
    view = models.FileField(upload_to=_view_path, max_length=255)
    thumbnail = models.FileField(upload_to=_thumbnail_path, max_length=255)
    width = models.PositiveIntegerField(help_text="Of the view, in pixels.")
    height = models.PositiveIntegerField(help_text="Of the view, in pixels.")
    source = models.JSONField(
        default=dict, help_text="What the original was: format, mode, bits, EXIF orientation, 16-bit window."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["project", "sha256"], name="image_content_once")]

    def __str__(self) -> str:
        return self.name


class Upload(models.Model):
    """One drop of files. Files arrive one by one; `closed` says that no more will come."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="uploads")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    closed = models.BooleanField(default=False)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]


class UploadItem(models.Model):
    """One file of an upload (a zip becomes one item for each of its files), and what became of it."""

    class State(models.TextChoices):
        WAITING = "waiting"
        UNPACKED = "unpacked"  # a zip whose files are items of their own now
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

    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="items")
    name = models.CharField(max_length=255)
    file = models.FileField(upload_to=_item_path, max_length=255, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    reason = models.CharField(max_length=15, choices=Reason, blank=True)
    message = models.TextField(blank=True, help_text="What is wrong and what to do, for the person who uploaded it.")
    image = models.ForeignKey(Image, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["upload", "state"])]

    def __str__(self) -> str:
        return f"{self.name}: {self.state}"
