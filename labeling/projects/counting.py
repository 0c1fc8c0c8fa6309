"""How far projects are, in images: the one count that every page, the progress socket and the cards show.

Counts go through reverse relations, so this room imports none below it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Q

from labeling.accounts.models import User
from labeling.projects.access import MEASURED, May, who_may
from labeling.projects.models import Project, Role


@dataclass
class ImageTally:
    """Images of a project. `done` has the accepted ones, too; each image has one of `queued` to `failed`, and is new
    when none of `in_progress`, `done`, `sent_back` and `skipped` counts it."""

    total: int = 0
    queued: int = 0
    encoding: int = 0
    ready: int = 0
    failed: int = 0
    in_progress: int = 0
    done: int = 0
    accepted: int = 0
    sent_back: int = 0
    skipped: int = 0

    @property
    def new(self) -> int:
        """Images that nobody has begun."""
        return self.total - self.in_progress - self.done - self.sent_back - self.skipped

    @property
    def to_do(self) -> int:
        """Images that are still to be labeled or fixed."""
        return self.total - self.done - self.skipped

    @property
    def submitted(self) -> int:
        """Images that are done and not accepted."""
        return self.done - self.accepted

    @property
    def preparing(self) -> int:
        """Images whose features are still to come."""
        return self.total - self.ready - self.failed


STATUSES = frozenset({"in_progress", "done", "accepted", "sent_back", "skipped"})
PREPARATION = frozenset({"queued", "encoding", "ready", "failed"})
assert STATUSES | PREPARATION | {"total"} == {one.name for one in fields(ImageTally)}


@dataclass
class Counted:
    """What one look at a project's images says."""

    tally: ImageTally
    labeled: datetime | None = None
    """When labels were changed last."""
    added: datetime | None = None
    """When an image was added last."""


Roles = Mapping[int, Role]
"""What somebody is in projects, by the project's id."""


def image_tallies(
    project_ids: Iterable[int], user: User | None = None, roles: Roles | None = None
) -> dict[int, ImageTally]:
    """A tally for each project. user, roles: as in `counted`."""
    return {pk: one.tally for pk, one in counted(project_ids, user, roles).items()}


def counted(project_ids: Iterable[int], user: User | None = None, roles: Roles | None = None) -> dict[int, Counted]:
    """How far each project is, and when something was done there last.

    user, roles: for whom, as what they are there: as in lists, images are left out that are hidden from them
    (`Image.hidden_from`), and their own opinions count where they label without sight of others.
    Of a project of 100,000 images it is reading them that takes the time, so they are read once. Nearly all of them are
    encoded: those that are not are counted, by the index of the queue that encodes. What somebody sees otherwise are a
    few, which are counted apart.
    """
    found = {pk: Counted(ImageTally()) for pk in project_ids}
    projects = Project.objects.filter(pk__in=set(found), images__isnull=False).order_by()
    grouped = projects.values_list("pk", "images__annotation_set__status")
    rows = grouped.annotate(Count("images"), Max("images__annotation_set__changed_at"), Max("images__created_at"))
    for pk, status, count, labeled, added in rows:
        one = found[pk]
        one.labeled, one.added = _later(one.labeled, labeled), _later(one.added, added)
        _add(one.tally, count, "total", "ready", *_names(status))
    unready = Q(images__encoding__state__in=PREPARATION - {"ready"})  # in one `filter`: of the same images
    states = Project.objects.filter(unready, pk__in=set(found)).order_by()
    for pk, state, count in states.values_list("pk", "images__encoding__state").annotate(Count("images")):
        _add(found[pk].tally, count, state)
        _add(found[pk].tally, -count, "ready")
    if user is not None and roles is not None:
        known = {pk: role for pk, role in roles.items() if pk in found}
        _leave_out_hidden(found, user, [pk for pk, role in known.items() if role in MEASURED])
        _count_opinions(found, user, [pk for pk, role in known.items() if role not in who_may(May.REVIEW)])
    return found


def _add(tally: ImageTally, count: int, *names: str | None) -> None:
    for name in names:
        if name in STATUSES or name in PREPARATION or name == "total":
            setattr(tally, name, getattr(tally, name) + count)


def _names(status: str | None) -> tuple[str | None, ...]:
    """The numbers of a tally that an image of a status counts for: an accepted one is done, too."""
    return (status, "done") if status == "accepted" else (status,)


def _images() -> Any:
    return Project._meta.get_field("images").related_model


def _leave_out_hidden(found: Mapping[int, Counted], user: User, ids: Sequence[int]) -> None:
    if not ids:
        return
    hidden = _images().out_of_sight(user).filter(project__in=ids)
    rows = hidden.values_list("project", "annotation_set__status", "encoding__state").annotate(Count("pk"))
    for pk, status, state, count in rows:
        _add(found[pk].tally, -count, "total", *_names(status), state or "ready")


def _count_opinions(found: Mapping[int, Counted], user: User, ids: Sequence[int]) -> None:
    if not ids:
        return
    own = _images()._default_manager.filter(project__in=ids, sets__kind="opinion", sets__author=user).order_by()
    for pk, main, mine, count in own.values_list("project", "annotation_set__status", "sets__status").annotate(
        Count("pk")
    ):
        _add(found[pk].tally, -count, *_names(main))
        _add(found[pk].tally, count, *_names(mine))


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((at for at in (one, other) if at is not None), default=None)
