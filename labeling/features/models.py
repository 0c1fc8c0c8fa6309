"""How far each image's features are. These rows *are* the encode queue (docs/architecture.md, walk of an image)."""

from django.db import models

from labeling.images.models import Image
from labeling.jobs.models import LeasedRow


class Encoding(LeasedRow):
    """The state of an image's features."""

    class State(models.TextChoices):
        QUEUED = "queued"
        ENCODING = "encoding"
        READY = "ready"
        FAILED = "failed"

    image = models.OneToOneField(Image, on_delete=models.CASCADE, related_name="encoding")
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    priority = models.IntegerField(default=0, help_text="Higher goes first; opening an image raises it.")
    reason = models.TextField(blank=True, help_text="Why the last attempt failed.")
    features_version = models.CharField(max_length=64, blank=True)
    storage_key = models.CharField(max_length=255, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    nbytes = models.PositiveBigIntegerField(default=0)
    seconds = models.FloatField(null=True, blank=True, help_text="Encoder time for this image.")
    queued_at = models.DateTimeField(auto_now_add=True)
    ready_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["state", "-priority", "id"], name="encoding_queue")]

    def __str__(self) -> str:
        return f"{self.image}: {self.state}"


class Tile(LeasedRow):
    """A region of an image to be encoded at a larger scale, and its features (`inference.clicks.tiles`)."""

    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="tiles")
    name = models.CharField(max_length=24, help_text="t<level>-<row>-<column>")
    state = models.CharField(max_length=8, choices=Encoding.State, default=Encoding.State.QUEUED)
    asked_at = models.DateTimeField(help_text="When somebody last wanted it: newest first, kept longest.")
    features_version = models.CharField(max_length=64, blank=True)
    storage_key = models.CharField(max_length=255, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    nbytes = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["image", "name"], name="tile_once")]
        indexes = [models.Index(fields=["state", "-asked_at"], name="tile_queue")]

    def __str__(self) -> str:
        return f"{self.image}, {self.name}: {self.state}"
