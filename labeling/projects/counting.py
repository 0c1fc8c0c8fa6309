"""How far projects are, in images: the one count that every page, the progress socket and the cards show.

Counts go through reverse relations, so this room imports none below it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields

from django.db.models import Count, Q

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


def image_tallies(project_ids: Iterable[int], measured: Iterable[int] = ()) -> dict[int, ImageTally]:
    """A tally for each project, in two queries. measured: projects whose golden images are left out, as
    `Image.listed_for` leaves them out of lists for somebody who is measured there."""
    found = {pk: ImageTally() for pk in project_ids}
    listed = Q(images__golden=False) | (~Q(pk__in=set(measured)) & Q(images__isnull=False))
    projects = Project.objects.filter(listed, pk__in=set(found)).order_by()
    by_status = projects.values_list("pk", "images__annotation_set__status").annotate(Count("images"))
    for pk, status, count in by_status:
        tally = found[pk]
        tally.total += count
        if status in STATUSES:
            setattr(tally, status, getattr(tally, status) + count)
        if status == "accepted":
            tally.done += count
    for pk, state, count in projects.values_list("pk", "images__encoding__state").annotate(Count("images")):
        if state in PREPARATION:
            setattr(found[pk], state, count)
    return found
