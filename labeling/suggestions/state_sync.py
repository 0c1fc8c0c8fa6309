"""A suggestion's state follows the event log of its image's annotations.

An annotation made of a suggestion has the suggestion's uid. Whoever keeps, changes, deletes or restores it, by whatever
way, writes an event in the same transaction; so what was kept untouched is always known, and undo undoes this too.
"""

from collections.abc import Sequence
from typing import Any

from labeling.annotations.log import OBJECTS
from labeling.annotations.models import AnnotationEvent, AnnotationSet
from labeling.suggestions.models import Suggestion

State = Suggestion.State
Kind = AnnotationEvent.Kind


def follow(kept: AnnotationSet, events: Sequence[AnnotationEvent]) -> None:
    """Set the states of the suggestions that the events' annotations were made of, if they were."""
    if kept.kind != AnnotationSet.Kind.MAIN:
        return
    last = {uid: event for event in events if (uid := _content(event).get("uid")) is not None}
    if not last:
        return
    for found in Suggestion.objects.filter(uid__in=list(last), image_id=kept.image_id).select_related("category"):
        event = last[str(found.uid)]
        if event.kind == Kind.DELETE:
            found.state, found.decided_by, found.decided_at = State.OPEN, None, None
        else:
            found.state = State.ACCEPTED if is_untouched(found, _content(event)) else State.EDITED
            found.decided_by, found.decided_at = event.user, event.at
        found.save(update_fields=["state", "decided_by", "decided_at"])


def _content(event: AnnotationEvent) -> dict[str, Any]:
    """The object of an event as it was then; empty for one of no object."""
    return (event.before if event.kind == Kind.DELETE else event.after) or {} if event.kind in OBJECTS else {}


def is_untouched(suggestion: Suggestion, content: dict[str, Any]) -> bool:
    """Whether an annotation (as the log has it) is what was suggested; a class for one that had none is no edit."""
    same_class = suggestion.category is None or suggestion.category.number == content["category"]
    return same_class and suggestion.counts == content["counts"]
