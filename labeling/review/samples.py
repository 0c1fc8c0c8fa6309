"""The verdict on a lot of which a sample was reviewed: the rest is accepted without a look, or drawn for review."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from labeling.annotations.models import AnnotationSet
from labeling.assignment.models import Lot, Slot
from labeling.audit.actions import Action
from labeling.audit.services import record
from labeling.images.models import Image
from labeling.projects.models import Project
from labeling.review import services
from labeling.review.models import Draw, ReviewSettings, Verdict
from labeling.web.api import ApiError

AT_ONCE = 200
"""Images that one request deals with."""


@dataclass(frozen=True)
class Sample:
    """A lot's finished images that nobody drew, and what became of those that were drawn at their first review."""

    lot: Lot
    undrawn: int
    judged: int
    passed: int


def samples_of(project: Project) -> list[Sample]:
    """The lots that have finished images which were not drawn, in three queries; none where nothing is reviewed."""
    if not ReviewSettings.of(project.pk).enabled:
        return []
    counted = dict(_by_lot(undrawn(project)))
    judged = Verdict.objects.filter(set__main_of__project=project, round=0).exclude(kind=Verdict.Kind.SAMPLE)
    passed = Q(kind=Verdict.Kind.ACCEPTED)
    path = "set__main_of__slots__lot"
    first = judged.filter(set__main_of__slots__kind=Slot.Kind.LABEL).order_by().values_list(path)
    rows = first.annotate(of=Count("set", distinct=True), well=Count("set", distinct=True, filter=passed))
    found = {lot: (of, well) for lot, of, well in rows}
    lots = Lot.objects.filter(project=project, pk__in=list(counted))
    return [Sample(lot, counted[lot.pk], *found.get(lot.pk, (0, 0))) for lot in lots]


def undrawn(project: Project, lot: int | None = None) -> QuerySet[AnnotationSet]:
    """Finished sets that were not drawn in their round, of a lot or of all."""
    left = Draw.objects.filter(set=OuterRef("pk"), round=OuterRef("round"), drawn=False)
    done = AnnotationSet.objects.filter(Exists(left), main_of__project=project, status=AnnotationSet.Status.DONE)
    if lot is None:
        return done
    slots = Slot.objects.filter(image=OuterRef("main_of"), lot=lot, kind=Slot.Kind.LABEL)
    return done.filter(Exists(slots))


def _by_lot(sets: QuerySet[AnnotationSet]) -> QuerySet[AnnotationSet, tuple[int, int]]:
    rows = sets.filter(main_of__slots__kind=Slot.Kind.LABEL).order_by()
    return rows.values_list("main_of__slots__lot").annotate(count=Count("pk", distinct=True))


def page_of(project: Project, lot: int, after: int) -> tuple[list[Image], int | None]:
    """The next undrawn images of a lot, and where the request after this one goes on; None at the end."""
    rows = undrawn(project, lot).filter(main_of__gt=after).order_by("main_of").annotate(pk_of_image=F("main_of"))
    ids = list(rows.values_list("pk_of_image", flat=True)[: AT_ONCE + 1])
    found = Image.objects.select_related("project").in_bulk(ids[:AT_ONCE])
    return [found[pk] for pk in ids[:AT_ONCE] if pk in found], ids[AT_ONCE - 1] if len(ids) > AT_ONCE else None


def draw(project: Project, images: Sequence[Image]) -> list[tuple[Image, str]]:
    """Let finished images of a project wait for review that had not been drawn.

    Returns: those that no longer could, and why. Raises: ApiError 409 `no_review` where nothing is reviewed.
    """
    if not ReviewSettings.of(project.pk).enabled:
        raise ApiError(409, "no_review", "This project reviews no images. Turn review on in its settings first.")
    refused = []
    for image in images:
        with transaction.atomic():
            kept = AnnotationSet.objects.select_for_update().filter(main_of=image).first()
            if kept is None or kept.status != AnnotationSet.Status.DONE:
                refused.append((image, "It is not finished any more."))
                continue
            Draw.objects.update_or_create(set=kept, round=kept.round, defaults={"rate": 100, "drawn": True})
            services.open_slot(kept)
    if len(images) > len(refused):
        record(Action.SAMPLE_DRAWN, project=project, images=len(images) - len(refused))
    return refused
