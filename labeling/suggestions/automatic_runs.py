"""What happens by itself when an image is ready: discovering its objects, where the project's settings say so."""

from itertools import product

from django.db.models import Exists, OuterRef

from labeling.features.models import Encoding
from labeling.images.models import Image
from labeling.projects.models import IN_USE, Project
from labeling.suggestions import heads, registry, runs
from labeling.suggestions.models import RunImage, SuggestionSettings

AT_ONCE = 1000
"""Images that one sweep catches up on."""


def image_ready(image_id: int) -> None:
    """An image's features are ready: discover its objects if that is wanted, and go on with runs that waited for it."""
    image = Image.objects.filter(pk=image_id, project__in=Project.objects.filter(IN_USE)).first()
    if image is None:
        return
    for method in _installed() if SuggestionSettings.of(image.project_id).everything_when_ready else ():
        if not RunImage.objects.filter(image=image, run__method=method).exists():
            runs.add_ready(method, [image])
    if RunImage.objects.filter(image=image, state=RunImage.State.QUEUED).exists():
        runs.nudge()


def catch_up() -> int:
    """Find images that are ready and were never looked at: a worker was killed in between, or the setting is new."""
    in_use = Project.objects.filter(IN_USE)
    count, wanted = 0, SuggestionSettings.objects.filter(everything_when_ready=True, project__in=in_use)
    for method, row in product(_installed(), wanted):
        looked_at = RunImage.objects.filter(image=OuterRef("pk"), run__method=method)
        images = Image.objects.filter(
            ~Exists(looked_at), project=row.project_id, encoding__state=Encoding.State.READY
        ).order_by("pk")[:AT_ONCE]
        if images:
            runs.add_ready(method, list(images))
            count += len(images)
    return count


def _installed() -> list[str]:
    return [method.name for method in registry.automatic() if heads.is_installed(method.name)]
