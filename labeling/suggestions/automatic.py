"""What happens by itself when an image is ready: discovering its objects, where the project's settings say so."""

from django.db.models import Exists, OuterRef

from labeling.features.models import Encoding
from labeling.images.models import Image
from labeling.suggestions import heads, runs
from labeling.suggestions.models import Method, RunImage, SuggestionSettings

AT_ONCE = 1000
"""Images that one sweep catches up on."""


def image_ready(image_id: int) -> None:
    """An image's features are ready: discover its objects if that is wanted, and go on with runs that waited for it."""
    image = Image.objects.filter(pk=image_id).first()
    if image is None:
        return
    if _is_wanted(image.project_id):
        looked_at = RunImage.objects.filter(image=image, run__method=Method.EVERYTHING)
        if not looked_at.exists():
            runs.add_ready([image])
    if RunImage.objects.filter(image=image, state=RunImage.State.QUEUED).exists():
        runs.nudge()


def catch_up() -> int:
    """Find images that are ready and were never looked at: a worker was killed in between, or the setting is new."""
    if not heads.is_installed(Method.EVERYTHING):
        return 0
    count = 0
    for row in SuggestionSettings.objects.filter(everything_when_ready=True):
        looked_at = RunImage.objects.filter(image=OuterRef("pk"), run__method=Method.EVERYTHING)
        images = Image.objects.filter(
            ~Exists(looked_at), project=row.project_id, encoding__state=Encoding.State.READY
        ).order_by("pk")[:AT_ONCE]
        if images:
            runs.add_ready(list(images))
            count += len(images)
    return count


def _is_wanted(project_id: int) -> bool:
    return SuggestionSettings.of(project_id).everything_when_ready and heads.is_installed(Method.EVERYTHING)
