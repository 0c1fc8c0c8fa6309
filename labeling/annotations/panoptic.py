"""Panoptic projects: turning the rule on and off, and clearing what overlaps when it is turned on.

The rule itself is held by `overlaps.check` in the transaction of every change.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import Count

from labeling import masks
from labeling.accounts.models import User
from labeling.annotations import services
from labeling.annotations.content import Changed, Deleted, ObjectChange
from labeling.annotations.models import Annotation, AnnotationSet
from labeling.annotations.overlaps import Overlap, among
from labeling.audit.actions import Action
from labeling.audit.services import record as audit
from labeling.images.models import Image
from labeling.projects.models import Project
from labeling.projects.receivers import tell_editors
from labeling.web.api import ApiError

IMAGES_TOLD = 20
IMAGES_AT_ONCE = 100
"""Images that one request clears."""


@dataclass(frozen=True)
class Overlapping:
    """An image on which objects overlap."""

    image: Image
    overlaps: list[Overlap]

    @property
    def pixels(self) -> int:
        """Pixels that overlaps have, each counted for every pair."""
        return sum(one.pixels for one in self.overlaps)


def overlapping(project: Project) -> Iterator[Overlapping]:
    """The images of a project on which objects overlap, in the project's order."""
    sets = AnnotationSet.objects.filter(main_of__project=project).annotate(size=Count("annotations")).filter(size__gt=1)
    for kept in sets.select_related("image").order_by("image_id").iterator(chunk_size=200):
        found = among(list(kept.annotations.select_related("category")), kept.image)
        if found:
            yield Overlapping(kept.image, found)


@transaction.atomic
def turn_on(project: Project) -> None:
    """Make the project panoptic.

    Every set is locked first, so that nobody keeps an overlap between the check and the change.
    Raises: ApiError 409 `overlaps` with the images on which objects overlap now; then nothing is changed.
    """
    Project.objects.filter(pk=project.pk).update(panoptic=True)
    tell_editors(project.pk)
    without_set = project.images.filter(annotation_set=None).values_list("pk", flat=True)
    AnnotationSet.objects.bulk_create(
        (AnnotationSet(image_id=pk, main_of_id=pk) for pk in without_set), ignore_conflicts=True
    )
    sets = AnnotationSet.objects.filter(main_of__in=project.images.values("pk")).order_by("pk")
    list(sets.select_for_update().values_list("pk", flat=True))
    found = list(overlapping(project))
    if found:
        raise refusal(found)
    audit(Action.SETTINGS_CHANGED, project=project, part="panoptic", panoptic=True)
    project.panoptic = True


def turn_off(project: Project) -> None:
    """Allow overlaps again; no object is changed."""
    Project.objects.filter(pk=project.pk).update(panoptic=False)
    audit(Action.SETTINGS_CHANGED, project=project, part="panoptic", panoptic=False)
    tell_editors(project.pk)
    project.panoptic = False


def refusal(found: list[Overlapping]) -> ApiError:
    """What a manager is told who would make a project panoptic in which objects overlap."""
    pairs = sum(len(one.overlaps) for one in found)
    where = "1 image" if len(found) == 1 else f"{len(found)} images"
    what = "1 pair of objects overlaps" if pairs == 1 else f"{pairs} pairs of objects overlap"
    return ApiError(
        409,
        "overlaps",
        f"{what} on {where}. Nothing was changed. Remove the overlaps first, or keep the top object's pixels in each.",
        pairs=pairs,
        images=len(found),
        first=[
            {
                "image": one.image.pk,
                "name": one.image.name,
                "pixels": one.pixels,
                "objects": [[str(two.lower.uid), str(two.upper.uid)] for two in one.overlaps[:IMAGES_TOLD]],
            }
            for one in found[:IMAGES_TOLD]
        ],
    )


def clear(project: Project, user: User) -> int:
    """On up to `IMAGES_AT_ONCE` images let the upper object of each overlap keep the pixels; returns how many images.

    Every image is one change of its own in the log, with each object before and after. An object that lies wholly
    under others is deleted; the log has it. An image that somebody changes at the same moment is left for next time.
    """
    cleared = 0
    for one in overlapping(project):
        if cleared == IMAGES_AT_ONCE:
            break
        try:
            clear_image(one.image, user)
        except ApiError as error:
            if error.code not in ("conflict", "in_review"):
                raise
        cleared += 1
    return cleared


def clear_image(image: Image, user: User) -> None:
    """Take from each object of an image what objects above it have. Raises: ApiError 409 `conflict`."""
    version = services.overview(image, user).version
    objects = list(Annotation.objects.filter(set__main_of=image).select_related("category"))
    over: dict[UUID, list[str]] = {}
    for one in among(objects, image):
        over.setdefault(one.lower.uid, []).append(one.upper.counts)
    changes: list[ObjectChange] = []
    for lower in objects:
        if lower.uid not in over:
            continue
        left = masks.without(lower.counts, over[lower.uid], image.height, image.width)
        changes.append(Deleted(lower.uid) if left is None else Changed(lower.uid, counts=left))
    if changes:
        services.change_many(image, user, version=version, changes=changes)
