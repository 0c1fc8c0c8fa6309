"""Which images somebody's editor goes to next."""

from labeling.accounts.models import User
from labeling.assignment import queue
from labeling.projects.access import May, Standing
from labeling.projects.models import Project

UPCOMING = 3
"""Images after the next one that an editor is told of, to load them ahead."""


def next_images(
    project: Project, user: User, standing: Standing, after: int | None = None, limit: int = 4
) -> list[int]:
    """Ids of the next images for `user`, best first, at most `limit`; never `after` itself. Empty: nothing is left.

    Labelers are offered images to label (`labeling.assignment.queue`); others go forward through all images.
    """
    if standing.can(May.LABEL):
        return queue.upcoming(project, user, after, limit)
    forward = project.images.filter(pk__gt=after or 0).order_by("pk")
    return list(forward.values_list("pk", flat=True)[:limit])
