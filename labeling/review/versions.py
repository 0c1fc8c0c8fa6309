"""Who changed an image's labels since an earlier version."""

from labeling.annotations.log import OBJECTS
from labeling.annotations.models import AnnotationSet


def authors_since(kept: AnnotationSet, version: int, besides: int | None = None) -> set[int]:
    """Ids of the people who changed objects after a version, the turns of slot `besides` not counted."""
    events = kept.events.filter(version__gt=version, kind__in=OBJECTS, user__isnull=False, quiet=False)
    if besides is not None:
        events = events.exclude(slot=besides)
    return set(events.values_list("user", flat=True))
