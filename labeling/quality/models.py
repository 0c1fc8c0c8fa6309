"""What was compared, what has to be compared, and the figures made of it."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from labeling.annotations.models import AnnotationSet
from labeling.images.models import Image
from labeling.jobs.models import LeasedRow
from labeling.projects.models import Project


class PairScore(models.Model):
    """Two finished sets of one image, compared. The row is right as long as both have the versions it names."""

    class Kind(models.TextChoices):
        PEERS = "peers"
        GOLDEN = "golden"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="pair_scores")
    kind = models.CharField(max_length=6, choices=Kind)
    first = models.ForeignKey(
        AnnotationSet, on_delete=models.CASCADE, related_name="+", help_text="The golden set, or the older opinion."
    )
    second = models.ForeignKey(AnnotationSet, on_delete=models.CASCADE, related_name="+")
    first_version = models.PositiveIntegerField()
    second_version = models.PositiveIntegerField()
    first_author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    second_author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    agreement = models.FloatField(null=True, help_text="`Comparison.agreement`; empty where both sets are.")
    sums = models.JSONField(help_text="`Comparison.as_json`.")
    at = models.DateTimeField(help_text="When the later of the two was finished.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["first", "second"], name="pair_once")]
        indexes = [
            models.Index(fields=["project", "image"], name="pairs_of_project"),
            models.Index(fields=["project", "agreement", "id"], name="worst_pairs"),
        ]

    def __str__(self) -> str:
        return f"{self.image}: {self.first_author} and {self.second_author}"


class ImageCheck(LeasedRow):
    """An image whose sets have to be compared (again). `asked` counts how often that was asked for."""

    image = models.OneToOneField(Image, on_delete=models.CASCADE, related_name="+")
    asked = models.PositiveIntegerField(default=1)

    def __str__(self) -> str:
        return str(self.image)


class Report(models.Model):
    """A project's figures, made of its pairs in one go, so that a page reads one row however many images there are."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="quality_report")
    asked = models.PositiveIntegerField(default=0, help_text="How often something changed that it is made of.")
    made = models.PositiveIntegerField(default=0, help_text="`asked` as it was when the figures were made.")
    made_at = models.DateTimeField(null=True)
    seconds = models.FloatField(default=0, help_text="How long that took.")
    figures = models.JSONField(default=dict)

    def __str__(self) -> str:
        return str(self.project)


class ConsensusSettings(models.Model):
    """When opinions become an image's labels by themselves."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, primary_key=True, related_name="consensus")
    automatic = models.BooleanField(default=False)
    least = models.FloatField(
        default=0.8,
        validators=[MinValueValidator(0.0), MaxValueValidator(1.0)],
        help_text="The panoptic quality that every class of the image needs between the opinions.",
    )
    by_class = models.JSONField(default=dict, blank=True, help_text="Another one for a class, by its number.")

    def __str__(self) -> str:
        return str(self.project)

    @classmethod
    def of(cls, project_id: int) -> "ConsensusSettings":
        """The project's settings; the defaults where nobody saved any."""
        return cls.objects.filter(pk=project_id).first() or cls(project_id=project_id)
