"""What a format would lose of a project with some choices, in numbers, before anything is exported.

What only masks say is counted once for each version of an image's labels, by a worker or for who asks (`LabelFacts`);
an answer is then a sum over images. What is not counted yet is told.
"""

import time
from collections.abc import Iterator
from functools import partial
from typing import Any

from django.db.models import F, Prefetch, Q, QuerySet, Sum

from labeling.annotations.models import Annotation, AnnotationSet
from labeling.exchange import facts
from labeling.exchange.dataset import chosen_images
from labeling.exchange.facts import Facts
from labeling.exchange.label_sets import labels_of
from labeling.exchange.models import LabelFacts
from labeling.exchange.registry import CANNOT, FACT_OF, Cannot, Format, Options
from labeling.exchange.schemas import LossData, LossesData
from labeling.jobs import slices
from labeling.projects.models import Category, Project
from labeling.server import wake_up

AT_ONCE = 0.3
"""Seconds of counting for who asks; a worker counts the rest."""

SLICE = 120.0
"""Seconds after which a counting task ends, and another one goes on."""

MOST = 254
"""Classes, or objects of an image, that a palette PNG can number (`registry.CANNOT`)."""

_CHUNK = 50  # sets

_WORDS: dict[Cannot, tuple[str, str]] = {
    "holes": ("object has holes", "objects have holes"),
    "parts": ("object has several parts", "objects have several parts"),
    "overlap": ("object shares pixels with others", "objects share pixels with others"),
    "order": ("object lies over or under others", "objects lie over or under others"),
    "attributes": ("object has attributes", "objects have attributes"),
    "crowd": ("object is a crowd", "objects are crowds"),
    "instances": ("object is one of several of its class", "objects are one of several of their class"),
}
_THEN: dict[Cannot, str] = {
    "holes": "holes are filled",
    "parts": "parts are not kept together",
    "overlap": "the upper one gets these pixels",
    "order": "the drawing order is lost",
    "attributes": "attributes are left out",
    "crowd": "they become objects like the others",
    "instances": "which pixels belong to which object is lost",
}


def of_export(project: Project, format: Format, options: Options, seconds: float | None = None) -> LossesData:
    """What an export would have, and lose. seconds: how long what is not counted yet is counted, then a worker goes on;
    None: `AT_ONCE`."""
    images = objects = counted = crowded = 0
    total = Facts()
    known = options.sets != "consensus"
    for labels in labels_of(project, options.sets):
        chosen = chosen_images(project, options.images, labels, options.filter, options.only)
        images += chosen.count()
        if known:
            sets = labels.sets().filter(image__in=chosen.order_by())
            objects += sets.aggregate(sum=Sum("objects_kept"))["sum"] or 0
            crowded += sets.filter(objects_kept__gt=MOST).count()
            if count_some(sets, time.monotonic() + (AT_ONCE if seconds is None else seconds)):
                nudge(project.pk)
            found, waiting = counted_facts(sets)
            total += found
            counted -= waiting
    counted += images if known else 0
    lost = [_loss(what, total, known=known) for what in format.cannot if what in FACT_OF and _matters(what, format)]
    merged = [what for what in _merged(project, total) if what in format.cannot]
    lost += [LossData(what=what, text=CANNOT[what].rstrip(".")) for what in merged]
    if "classes" in format.cannot and (refused := _refused(project, crowded)) is not None:
        lost.append(refused)
    return LossesData(
        images=images, objects=objects if known else None, counted=counted,
        lost=[one for one in lost if one.objects != 0],
    )  # fmt: skip


def _refused(project: Project, crowded: int) -> LossData | None:
    """That there is more than a format can number, for which its writer refuses the export."""
    classes = project.categories.count()
    if classes > MOST:
        return LossData(what="classes", text=f"The project has {classes} classes: the export would be refused")
    if crowded:
        images = "1 image has" if crowded == 1 else f"{crowded:,} images have"
        return LossData(what="classes", text=f"{images} more than {MOST} objects: the export would be refused")
    return None


def _merged(project: Project, total: Facts) -> Iterator[Cannot]:
    """What of a class may become one object. It is not counted: only that there may be something of the kind."""
    if project.categories.filter(kind=Category.Kind.STUFF).exists():
        yield "stuff"
    if total.crowd > 1:
        yield "crowds"


def _matters(what: Cannot, format: Format) -> bool:
    """Objects that share no pixels have no order: where these are lost, that is all that is told."""
    return what != "order" or "overlap" not in format.cannot


def in_export(format: Format, found: Facts) -> dict[str, int]:
    """What a finished export lost: of how many objects, as its manifest says."""
    return {what: getattr(found, FACT_OF[what]) for what in format.cannot if what in FACT_OF}


def _loss(what: Cannot, found: Facts, *, known: bool) -> LossData:
    if not known:
        return LossData(what=what, text=CANNOT[what].rstrip("."))
    count: int = getattr(found, FACT_OF[what])
    one, many = _WORDS[what]
    return LossData(what=what, objects=count, text=f"{count:,} {one if count == 1 else many}: {_THEN[what]}")


def stale(sets: QuerySet[AnnotationSet]) -> QuerySet[AnnotationSet]:
    """Those that have objects and are not counted as they are now."""
    return sets.filter(Q(label_facts=None) | ~Q(label_facts__version=F("version")), objects_kept__gt=0)


def counted_facts(sets: QuerySet[AnnotationSet]) -> tuple[Facts, int]:
    """The sum over these sets as far as they are counted, and how many are not."""
    names = ("objects_there", *facts.FROM_MASKS, "attributes", "crowd", "instances")
    fresh = LabelFacts.objects.filter(set__in=sets.order_by(), version=F("set__version"), set__objects_kept__gt=0)
    sums = fresh.aggregate(**{f"sum_{name}": Sum(name) for name in names})
    return Facts(*(sums[f"sum_{name}"] or 0 for name in names)), stale(sets).count()


def count_some(sets: QuerySet[AnnotationSet], until: float) -> bool:
    """Count what is not counted of these sets, until the moment `until` (`time.monotonic()`). Whether some is left."""
    while time.monotonic() < until:
        waiting = list(stale(sets).order_by("pk").values_list("pk", flat=True)[:_CHUNK])
        for pk in waiting:
            _count(pk)
            if time.monotonic() >= until:
                break
        if len(waiting) < _CHUNK and time.monotonic() < until:
            return False
    return stale(sets).exists()


def _count(pk: int) -> None:
    """Count one set. Its version is read first: what changes meanwhile is counted again."""
    objects = Annotation.objects.only("counts", "category_id", "attributes", "crowd", "set_id", *_BOX)
    rows = AnnotationSet.objects.select_related("image").prefetch_related(Prefetch("annotations", queryset=objects))
    one = rows.filter(pk=pk).first()
    if one is None:
        return
    found = facts.of_objects(list(one.annotations.all()), one.image.height, one.image.width)
    values: dict[str, Any] = {**vars(found), "version": one.version}
    values["objects_there"] = values.pop("objects")
    LabelFacts.objects.bulk_create(
        [LabelFacts(set=one, **values)], update_conflicts=True, unique_fields=["set"], update_fields=list(values)
    )


_BOX = ("bbox_x", "bbox_y", "bbox_width", "bbox_height")


def nudge(project_id: int | None = None) -> None:
    """Have a worker count what is not counted, of a project or of all."""
    wake_up.send("labeling.exchange.tasks.count_facts", project_id, expires=300)


def count_alone(project_id: int | None) -> int:
    """Count until nothing waits, one process of a host at a time; returns how many times it counted. Killed, it loses
    one set's counts at most."""
    sets = AnnotationSet.objects.all()
    if project_id is not None:
        sets = sets.filter(image__project=project_id)

    def drain(until: float) -> int:
        count_some(sets, until)
        return 1

    return slices.work_off_alone("facts", drain, stale(sets).exists, partial(nudge, project_id), SLICE)
