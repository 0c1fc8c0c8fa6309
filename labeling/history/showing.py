"""Activities as pages and the API show them."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse

from labeling.accounts.models import User
from labeling.history import services
from labeling.history.models import Activity
from labeling.history.schemas import ActivityData

STATES = {
    "new": "took it back to new",
    "in_progress": "took it up again",
    "done": "finished it",
    "accepted": "accepted it",
    "corrected": "corrected and accepted it",
    "sent_back": "sent it back",
    "sample": "accepted it by sample",
    "skipped": "skipped it",
}
COLOURS = {"in_progress": "begun", "sent_back": "sent-back", "corrected": "accepted", "sample": "accepted"}


@dataclass(frozen=True)
class Shown:
    """An activity in words. `state` names its colour; `picture` is the address of what changed."""

    activity: Activity
    by: str
    words: str
    state: str
    picture: str


def shown(activities: Iterable[Activity], user: User, hidden: bool) -> list[Shown]:
    """Activities in words. hidden: the user must not see who labeled an image."""
    return [
        Shown(
            one,
            services.name_of(one, user, hidden),
            words_of(one),
            COLOURS.get(one.status, one.status),
            picture_of(one),
        )
        for one in activities
    ]


def words_of(one: Activity) -> str:
    """What somebody did, after their name."""
    match one.kind:
        case Activity.Kind.OBJECTS:
            parts = [("added", one.created), ("changed", one.changed), ("deleted", one.deleted)]
            return ", ".join(f"{word} {count} object{'s' * (count != 1)}" for word, count in parts if count)
        case Activity.Kind.NOTE:
            return "wrote a note" if one.text else "deleted the note"
        case Activity.Kind.COMMENT:
            return "commented"
    return STATES.get(one.status, "set the state")


def picture_of(one: Activity) -> str:
    """The address of the picture of what changed; empty for what changed no object."""
    if one.kind != Activity.Kind.OBJECTS:
        return ""
    return reverse("history:picture", args=[one.image_id, one.first, one.last])


def data_of(one: Activity, user: User, hidden: bool) -> ActivityData:
    """An activity for the API."""
    return ActivityData(
        id=one.pk, kind=Activity.Kind(one.kind), image=one.image_id, by=services.name_of(one, user, hidden),
        at=one.at.isoformat(), first=one.first, last=one.last, created=one.created, changed=one.changed,
        deleted=one.deleted, status=one.status, text=one.text, picture=picture_of(one) or None,
    )  # fmt: skip
