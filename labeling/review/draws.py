"""Which finished images are reviewed."""

import hashlib

from labeling.accounts.models import User
from labeling.annotations.models import FINISHED, AnnotationSet
from labeling.review.models import Draw, ReviewSettings


def is_drawn(kept: AnnotationSet, author: User | None, settings: ReviewSettings) -> bool:
    """Draw whether a set that was just finished is reviewed, once a round. What was sent back always is.

    The number drawn follows from project, image and round alone, so that finishing again draws no other.
    """
    rate = 100 if kept.round or _is_newcomer(kept, author, settings) else settings.rate
    seed = f"{settings.project_id}:{kept.image_id}:{kept.round}".encode()
    number = int.from_bytes(hashlib.sha256(seed).digest()[:4]) % 10_000
    draw, _ = Draw.objects.update_or_create(
        set=kept, round=kept.round, defaults={"rate": rate, "drawn": number < rate * 100}
    )
    return draw.drawn


def _is_newcomer(kept: AnnotationSet, author: User | None, settings: ReviewSettings) -> bool:
    if author is None or not settings.newcomers:
        return False
    finished = AnnotationSet.objects.filter(
        main_of__project=settings.project_id, finished_by=author, status__in=FINISHED
    ).exclude(pk=kept.pk)
    return finished.order_by()[: settings.newcomers].count() < settings.newcomers
