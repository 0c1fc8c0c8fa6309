"""Answers of the history's API."""

from typing import Annotated

from labeling.history.models import Activity
from labeling.web.routes import Answer, Moment, Omitted, values_of

KindName = Annotated[Activity.Kind, values_of(Activity.Kind)]


class ActivityData(Answer):
    """Something that somebody did: versions `first` to `last` of an image's labels, or a comment (both 0).

    `status` is the state that was set, or the verdict; `picture` shows what changed of objects.
    """

    id: int
    kind: KindName
    image: int
    by: str
    at: Moment
    first: int
    last: int
    created: int
    changed: int
    deleted: int
    status: str
    text: str
    picture: Omitted[str] = None


class ActivityList(Answer):
    """Activities, the newest first. `before` is what the next page is asked for with; null: this is the last one."""

    results: list[ActivityData]
    before: int | None


class Restored(Answer):
    """The version that going back made, and how many objects it changed; 0: they were as they were then."""

    version: int
    objects: int
