"""A suggestion's state follows the event log of its image's annotations.

An annotation made of a suggestion has the suggestion's uid. Whoever keeps, changes, deletes or restores it, by whatever
way, writes an event in the same transaction; so what was kept untouched is always known, and undo undoes this too.
"""

from typing import Any

from labeling.annotations.models import AnnotationEvent, AnnotationSet
from labeling.suggestions.models import Suggestion

State = Suggestion.State
Kind = AnnotationEvent.Kind


def follow(event: AnnotationEvent) -> None:
    """Set the state of the suggestion that the event's annotation was made of, if it was."""
    content = event.after if event.kind in (Kind.CREATE, Kind.CHANGE) else event.before
    uid = (content or {}).get("uid")
    if event.kind == Kind.STATUS or uid is None or event.set.kind != AnnotationSet.Kind.MAIN:
        return
    for found in Suggestion.objects.filter(uid=uid, image_id=event.set.image_id).select_related("category"):
        if event.kind == Kind.DELETE:
            found.state, found.decided_by, found.decided_at = State.OPEN, None, None
        else:
            found.state = State.ACCEPTED if is_untouched(found, content or {}) else State.EDITED
            found.decided_by, found.decided_at = event.user, event.at
        found.save(update_fields=["state", "decided_by", "decided_at"])


def is_untouched(suggestion: Suggestion, content: dict[str, Any]) -> bool:
    """Whether an annotation (as the log has it) is what was suggested; a class for one that had none is no edit."""
    same_class = suggestion.category is None or suggestion.category.number == content["category"]
    return same_class and suggestion.counts == content["counts"]
