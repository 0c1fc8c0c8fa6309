"""Lots and their slots: making them, filling them, handing them to people."""

import random
from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import QuerySet

from labeling.accounts.models import User
from labeling.annotations.models import ENDED, AnnotationSet
from labeling.assignment.models import Lot, Slot
from labeling.features.models import Encoding
from labeling.images.models import Image
from labeling.projects.access import May, who_may
from labeling.web.api import ApiError

DEFAULT = "All images"
RANDOM = 2**52
"""Ranks drawn at random are below it."""

CHUNK = 1000
"""Images whose slots are made or moved in one statement."""

OPEN_OR_HELD = (Slot.State.OPEN, Slot.State.HELD)


def default_lot(project_id: int) -> Lot:
    """The lot that new images go into."""
    lot, _ = Lot.objects.get_or_create(project_id=project_id, is_default=True, defaults={"name": DEFAULT})
    return lot


def add_image(image: Image) -> None:
    """Put a new image into its project's default lot."""
    fill(default_lot(image.project_id), [image.pk])


def fill(lot: Lot, image_ids: Sequence[int]) -> int:
    """Give images that have no slot to label one of the lot's, as many as it has folds; returns how many slots.

    Images that somebody finished or skipped get closed ones, so that taking them up again has a place.
    """
    made = 0
    for start in range(0, len(image_ids), CHUNK):
        ids = image_ids[start : start + CHUNK]
        have = set(Slot.objects.filter(image__in=ids, kind=Slot.Kind.LABEL).values_list("image", flat=True))
        ended = set(AnnotationSet.objects.filter(main_of__in=ids, status__in=ENDED).values_list("main_of", flat=True))
        ready = set(Encoding.objects.filter(image__in=ids, state=Encoding.State.READY).values_list("image", flat=True))
        slots = [
            Slot(
                lot=lot, image_id=pk, kind=Slot.Kind.LABEL, fold=fold, rank=rank_in(lot, pk), ready=pk in ready,
                state=Slot.State.CLOSED if pk in ended else Slot.State.OPEN,
            )
            for pk in ids if pk not in have
            for fold in range(lot.folds)
        ]  # fmt: skip
        Slot.objects.bulk_create(slots, ignore_conflicts=True)
        made += len(slots)
    return made


def rank_in(lot: Lot, image_id: int) -> int:
    """An image's place in a lot: its id, or a number drawn once."""
    return random.randrange(RANDOM) if lot.order == Lot.Order.RANDOM else image_id  # noqa: S311 - no secret


def move(lot: Lot, images: QuerySet[Image]) -> int:
    """Put images of the lot's project into it; returns how many. What somebody holds now stays where it is."""
    ids = list(images.filter(project=lot.project_id).values_list("pk", flat=True))
    moved = 0
    for start in range(0, len(ids), CHUNK):
        with transaction.atomic():
            chunk = ids[start : start + CHUNK]
            held = Slot.objects.filter(image__in=chunk, state=Slot.State.HELD).values_list("image", flat=True)
            free = sorted(set(chunk) - set(held))
            if lot.folds > 1:
                _only_untouched(free)
            gone = Slot.objects.filter(image__in=free, kind=Slot.Kind.LABEL, state=Slot.State.OPEN)
            gone.delete()
            Slot.objects.filter(image__in=free).update(lot=lot)
            fill(lot, free)
            moved += len(free)
    return moved


def _only_untouched(ids: Sequence[int]) -> None:
    """Raises: ApiError 409 for images that somebody labels together already: opinions have to be blind."""
    begun = AnnotationSet.objects.filter(main_of__in=ids).exclude(status=AnnotationSet.Status.NEW).count()
    if begun:
        raise ApiError(
            409,
            "begun",
            f"{begun} of these images are labeled already, so several people can't label them without sight of each "
            "other. Choose images that nobody has begun.",
        )


def assign(images: Iterable[int], members: Sequence[User]) -> int:
    """Reserve the open slots to label of images for people, in equal shares and in order; nobody: take it back.

    Returns how many slots were assigned. Of an image that more people label than are given, the turns that are left
    over stay anybody's. Raises: ApiError 400 for somebody who may not label in the project.
    """
    ids = list(images)
    slots = Slot.objects.filter(image__in=ids, kind=Slot.Kind.LABEL, state=Slot.State.OPEN)
    _check_labelers(set(slots.order_by().values_list("lot__project", flat=True).distinct()), members)
    if not members:
        return slots.update(member=None)
    with transaction.atomic():
        return sum(
            Slot.objects.filter(pk__in=pks, state=Slot.State.OPEN).update(member=members[turn])
            for turn, pks in _shares(slots, len(members)).items()
        )


def _shares(slots: QuerySet[Slot], people: int) -> dict[int, list[int]]:
    """Which slots each of several people gets, counted from 0: equal runs of images; of an image that several label,
    each person one turn at most."""
    rows = list(slots.order_by("lot", "rank", "image", "fold").values_list("pk", "image"))
    images = list(dict.fromkeys(image for _, image in rows))
    place = {image: number * people // len(images) for number, image in enumerate(images)}
    taken: dict[int, int] = {}
    shares: dict[int, list[int]] = {}
    for pk, image in rows:
        nth = taken[image] = taken.get(image, -1) + 1
        if nth < people:
            shares.setdefault((place[image] + nth) % people, []).append(pk)
    return shares


def _check_labelers(projects: set[int], members: Sequence[User]) -> None:
    for one in members:
        allowed = set(
            one.memberships.filter(project__in=projects, role__in=who_may(May.LABEL)).values_list("project", flat=True)
        )
        if projects - allowed and not one.is_superuser:
            raise ApiError(400, "no_labeler", f"{one.shown_name} may not label in this project. Add them first.")
