"""Which of an image's sets somebody works on, and taking it for a change."""

from datetime import timedelta

from django.http import Http404
from django.utils import timezone

from labeling.accounts.models import User
from labeling.annotations.models import AnnotationSet
from labeling.database.locks import hold
from labeling.images.models import Image
from labeling.projects.access import May, Standing

OPEN_FOR = timedelta(minutes=10)
"""How long a turn lasts after `touch_open`; an editor touches it every minute that somebody works in it."""

Kind = AnnotationSet.Kind


def opinion_of(image: Image, user: User) -> AnnotationSet | None:
    """The user's own set of an image that several people label without sight of each other."""
    return AnnotationSet.objects.filter(image=image, author=user, kind=Kind.OPINION).first()


def corrects(image: Image, user: User) -> bool:
    """Whether the user reviews the image now and may change its labels meanwhile."""
    rows = AnnotationSet.objects.filter(main_of=image, opened_by=user, opened_for="correct")
    return rows.filter(opened_at__gt=timezone.now() - OPEN_FOR).exists()


def is_blind(image: Image, user: User, standing: Standing) -> bool:
    """Whether the user labels an image without sight of others: they have an opinion of it and do not review.

    Nothing of the image's labels, their versions, verdicts and threads is for them.
    """
    return not standing.can(May.REVIEW) and opinion_of(image, user) is not None


def working_set(image: Image, user: User) -> AnnotationSet | None:
    """What the user sees of an image and changes: their own opinion where they have one, else the image's labels.

    None for an image that nobody has touched.
    """
    return opinion_of(image, user) or AnnotationSet.objects.filter(main_of=image).first()


def locked(image: Image, user: User) -> AnnotationSet:
    """The user's working set, made when there is none, and ours until the transaction ends.

    Locks are taken in one order everywhere: project, image, set, slot, objects. Raises: Http404 for a deleted image.
    """
    mine = opinion_of(image, user)
    if mine is None:
        return locked_main(image)
    _hold(image)
    return AnnotationSet.objects.select_for_update().get(pk=mine.pk)


def locked_main(image: Image) -> AnnotationSet:
    """The image's labels, made and locked as `locked` does. Raises: Http404 for a deleted image."""
    _hold(image)
    AnnotationSet.objects.get_or_create(main_of=image, defaults={"image": image})
    return AnnotationSet.objects.select_for_update().get(main_of=image)


def _hold(image: Image) -> None:
    if not hold(Image, image.pk):
        raise Http404("This image was deleted meanwhile.")
