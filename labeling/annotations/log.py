"""A set as it was at an earlier version, read out of its event log."""

from typing import Any

from labeling.annotations.models import AnnotationEvent, AnnotationSet

OBJECTS = (AnnotationEvent.Kind.CREATE, AnnotationEvent.Kind.CHANGE, AnnotationEvent.Kind.DELETE)


def objects_at(kept: AnnotationSet, version: int) -> list[dict[str, Any]]:
    """The objects of a set as they were at a version, in drawing order, each as the log has it."""
    found: dict[str, dict[str, Any]] = {}
    events = kept.events.filter(version__lte=version, kind__in=OBJECTS).order_by("version")
    for before, after in events.values_list("before", "after").iterator(chunk_size=500):
        if after is None:
            found.pop((before or {}).get("uid", ""), None)
        else:
            found[after["uid"]] = after
    return sorted(found.values(), key=lambda one: (one.get("z", 0), one["id"]))
