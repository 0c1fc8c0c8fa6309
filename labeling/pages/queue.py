"""Which images somebody's editor goes to next."""

from django.db.models import Count, Q
from django.utils import timezone

from labeling.accounts.models import User
from labeling.assignment import queue
from labeling.assignment.models import Slot, Touched
from labeling.features.models import Encoding
from labeling.images.models import Image
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
    forward = project.images.filter(Image.listed_for(user, standing.role), pk__gt=after or 0).order_by("pk")
    return list(forward.values_list("pk", flat=True)[:limit])


def why_nothing_is_left(project: Project, user: User) -> str:
    """What is said to a labeler for whom there is nothing: where the images are that are not finished, in numbers.

    Turns at golden images are not counted, and of images that the user has labeled no other turn.
    """
    touched = Touched.objects.filter(user=user, image__project=project)
    turns = Slot.objects.filter(lot__project=project, image__golden=False, kind__in=(Slot.Kind.LABEL, Slot.Kind.FIX))
    turns = turns.exclude(state=Slot.State.CLOSED).exclude(kind=Slot.Kind.LABEL, image__in=touched.values("image"))
    shut = Q(lot__closed_at__isnull=False)
    held = ~shut & Q(state=Slot.State.HELD, held_until__gt=timezone.now()) & ~Q(held_by=user)
    reserved = ~shut & ~held & Q(member__isnull=False) & ~Q(member=user)
    failed = ~shut & ~held & ~reserved & Q(image__encoding__state=Encoding.State.FAILED)
    counts = {"reserved": reserved, "held": held, "failed": failed, "shut": shut}
    found = turns.aggregate(**{name: Count("image", filter=one, distinct=True) for name, one in counts.items()})
    parts = [
        _part(found["reserved"], "is reserved for somebody else", "are reserved for other people"),
        _part(found["held"], "is open in somebody's editor", "are open in other people's editors"),
        _part(found["failed"], "could not be prepared", "could not be prepared"),
        _part(found["shut"], "is in a closed lot", "are in closed lots"),
    ]
    told = [one for one in parts if one]
    first = "Your images are done." if touched.exists() else "No images are left for you to label."
    return f"{first} {', '.join(told)}." if told else f"{first} All images are labeled or skipped."


def _part(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}" if count else ""
