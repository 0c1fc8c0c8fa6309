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
    """The user's working set, made when there is none, and ours until the transaction ends. Its image and project are
    those of now.

    Locks are taken in one order everywhere: project, image, set, slot, objects. Raises: Http404 for a deleted image.
    """
    mine = opinion_of(image, user)
    if mine is None:
        return locked_main(image.pk)
    _hold(image.pk)
    return _with_image(AnnotationSet.objects.select_for_update().get(pk=mine.pk))


def locked_main(image_id: int) -> AnnotationSet:
    """The image's labels, made and locked as `locked` does. Raises: Http404 for a deleted image."""
    _hold(image_id)
    rows = AnnotationSet.objects.select_for_update().filter(main_of=image_id)
    kept = rows.first()
    if kept is None:
        AnnotationSet.objects.bulk_create(
            [AnnotationSet(image_id=image_id, main_of_id=image_id)], ignore_conflicts=True
        )
        kept = rows.get()
    return _with_image(kept)


def _with_image(kept: AnnotationSet) -> AnnotationSet:
    """The set with its image and project. Not read with the lock: who waited for it would get the project of before."""
    kept.image = Image.objects.select_related("project").get(pk=kept.image_id)
    return kept


def _hold(image_id: int) -> None:
    if not hold(Image, image_id):
        raise Http404("This image was deleted meanwhile.")
