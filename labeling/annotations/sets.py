"""Which of an image's sets somebody works on, and taking it for a change."""

from typing import Any

from django.http import Http404

from labeling.accounts.models import User
from labeling.annotations.models import AnnotationSet
from labeling.database.locks import hold
from labeling.images.models import Image

Kind = AnnotationSet.Kind


def opinion_of(image: Image, user: User) -> AnnotationSet | None:
    """The user's own set of an image that several people label without sight of each other."""
    return AnnotationSet.objects.filter(image=image, author=user, kind=Kind.OPINION).first()


def working_set(image: Image, user: User) -> AnnotationSet | None:
    """What the user sees of an image and changes: their own opinion where they have one, else the image's labels.

    None for an image that nobody has touched.
    """
    return opinion_of(image, user) or AnnotationSet.objects.filter(main_of=image).first()


def locked(image: Image, user: User, *, main: bool = False) -> AnnotationSet:
    """The user's working set (`main`: the image's labels in any case), made when there is none, and ours until the
    transaction ends.

    Locks are taken in one order everywhere: project, image, set, slot, objects. Raises: Http404 for a deleted image.
    """
    if not hold(Image, image.pk):
        raise Http404("This image was deleted meanwhile.")
    mine = None if main else opinion_of(image, user)
    wanted: dict[str, Any] = {"pk": mine.pk} if mine else {"main_of": image}
    if mine is None:
        AnnotationSet.objects.get_or_create(main_of=image, defaults={"image": image})
    return AnnotationSet.objects.select_for_update().get(**wanted)
