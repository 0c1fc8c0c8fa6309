"""How far projects are, in images: the one count that every page, the progress socket and the cards show.

Counts go through reverse relations, so this room imports none below it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime

from django.db.models import Count, Max, Q

from labeling.projects.models import Project


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


def image_tallies(project_ids: Iterable[int], measured: Iterable[int] = ()) -> dict[int, ImageTally]:
    """A tally for each project, in two queries. measured: as in `counted`."""
    return {pk: one.tally for pk, one in counted(project_ids, measured).items()}


def counted(project_ids: Iterable[int], measured: Iterable[int] = ()) -> dict[int, Counted]:
    """How far each project is, and when something was done there last. measured: projects whose golden images are left
    out, as `Image.listed_for` leaves them out of lists for somebody who is measured there.

    Of a project of 100,000 images it is reading them that takes the time, so they are read once. Nearly all of them are
    encoded: those that are not are counted, by the index of the queue that encodes.
    """
    found = {pk: Counted(ImageTally()) for pk in project_ids}
    listed = Q(images__golden=False) | (~Q(pk__in=set(measured)) & Q(images__isnull=False))
    projects = Project.objects.filter(listed, pk__in=set(found)).order_by()
    grouped = projects.values_list("pk", "images__annotation_set__status")
    rows = grouped.annotate(Count("images"), Max("images__annotation_set__changed_at"), Max("images__created_at"))
    for pk, status, count, labeled, added in rows:
        one = found[pk]
        one.labeled, one.added = _later(one.labeled, labeled), _later(one.added, added)
        one.tally.total += count
        one.tally.ready += count
        # An accepted image is done, too.
        for name in (status, "done" if status == "accepted" else None):
            if name in STATUSES:
                setattr(one.tally, name, getattr(one.tally, name) + count)
    unready = Q(images__encoding__state__in=PREPARATION - {"ready"})  # in one `filter`: of the same images
    states = Project.objects.filter(listed, unready, pk__in=set(found)).order_by()
    for pk, state, count in states.values_list("pk", "images__encoding__state").annotate(Count("images")):
        setattr(found[pk].tally, state, count)
        found[pk].tally.ready -= count
    return found


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((at for at in (one, other) if at is not None), default=None)
