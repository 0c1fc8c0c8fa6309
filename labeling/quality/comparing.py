"""Comparing the sets of images, as a queue of rows (`labeling.jobs.queue`).

An image is compared when an opinion is finished, changed after that, or when its golden set changes. Pairs whose
versions are those of before stay as they are, so that doing it again changes nothing.
"""

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import combinations

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from labeling.annotations.models import FINISHED, Annotation, AnnotationSet
from labeling.images.models import Image
from labeling.jobs import leases
from labeling.jobs.queue import LeaseQueue
from labeling.masks import Box
from labeling.projects.models import Attribute, Category
from labeling.quality.comparison import Comparison, compare
from labeling.quality.models import ImageCheck, PairScore, Report
from labeling.quality.segments import Segment, Size
from labeling.server import wake_up

logger = logging.getLogger(__name__)

SLICE = 60.0
MAX_OPINIONS = 20
"""Opinions of one image that are compared with each other; later ones only with the golden set."""

jobs = LeaseQueue(ImageCheck, queued={}, held={}, related=("image",))
Kind = AnnotationSet.Kind
Pair = tuple[AnnotationSet, AnnotationSet]


def ask(image_id: int) -> None:
    """Have an image's sets compared once the transaction is committed."""
    if not ImageCheck.objects.filter(image_id=image_id).update(asked=F("asked") + 1):
        ImageCheck.objects.get_or_create(image_id=image_id)
    nudge()


def nudge() -> None:
    """Have a worker look at what waits."""
    wake_up.send("labeling.quality.tasks.compare", expires=60)


def work_off(
    project_id: int | None = None, until: float | None = None, after: Callable[[Image], object] | None = None
) -> int:
    """Compare images that wait (of one project, or of all), until nothing does or the moment has come.

    after: what is done with each image then. Returns: how many images.
    """
    count = 0
    while not leases.stopping() and (until is None or time.monotonic() < until):
        line = jobs.line()
        row = jobs.claim(line if project_id is None else line.filter(image__project_id=project_id))
        if row is None:
            break
        count += _work(row, after)
    return count


def _work(row: ImageCheck, after: Callable[[Image], object] | None) -> bool:
    try:
        if jobs.is_worn_out(row):
            raise MemoryError("its workers died")
        with jobs.renewing(row):
            compare_image(row.image)
            if after is not None:
                after(row.image)
    except MemoryError as error:
        logger.error("the sets of image %s are not compared: %s", row.image_id, error)
        jobs.mine(row).delete()
        return False
    except Exception:
        logger.exception("the sets of image %s are compared later (attempt %s)", row.image_id, row.attempts)
        jobs.give_back(row, not_before=timezone.now() + leases.LEASE)
        return False
    if not jobs.mine(row).filter(asked=row.asked).delete()[0]:  # asked for again meanwhile
        jobs.give_back(row, counted=False)
    return True


def compare_image(image: Image) -> list[PairScore]:
    """Bring the pairs of an image up to date; returns those that were compared now.

    The sets' versions are read before their objects. A change in between is compared again, as it asks for it.
    """
    kinds = Q(kind=Kind.GOLDEN) | Q(kind=Kind.OPINION, copied_version=None)  # a copy knows of what others made
    sets = list(AnnotationSet.objects.filter(kinds, image=image).order_by("pk"))
    wanted = {(one.pk, other.pk): (one, other) for one, other in pairs_of(sets)}
    stored = {(row.first_id, row.second_id): row for row in PairScore.objects.filter(image=image)}
    stale = [row.pk for key, row in stored.items() if key not in wanted]
    missing = [pair for key, pair in wanted.items() if key not in stored or not _is_current(stored[key], pair)]
    drawn = segments_of([one for pair in missing for one in pair], image)
    size = Size(image.height, image.width)
    made = [_row(image, pair, compare(drawn[pair[0].pk], drawn[pair[1].pk], size)) for pair in missing]
    if not made and not stale:
        return []
    with transaction.atomic():
        PairScore.objects.filter(pk__in=stale).delete()
        for row in made:
            key = {"first_id": row.first_id, "second_id": row.second_id}
            fields = ("agreement", "sums", "at", "first_version", "second_version", "first_author_id")
            values = {name: getattr(row, name) for name in (*fields, "second_author_id", "project_id", "kind")}
            PairScore.objects.update_or_create(**key, defaults={**values, "image": image})  # type: ignore[arg-type]
        ask_report(image.project_id)
    return made


def pairs_of(sets: Sequence[AnnotationSet]) -> list[Pair]:
    """Which sets of an image are compared: finished opinions with each other and with the golden set."""
    truth = [one for one in sets if one.kind == Kind.GOLDEN]
    opinions = [one for one in sets if one.kind == Kind.OPINION and one.status in FINISHED]
    return [(one, other) for one in truth for other in opinions] + list(combinations(opinions[:MAX_OPINIONS], 2))


def _is_current(row: PairScore, pair: Pair) -> bool:
    return (row.first_version, row.second_version) == (pair[0].version, pair[1].version)


def _row(image: Image, pair: Pair, found: Comparison) -> PairScore:
    first, second = pair
    return PairScore(
        project_id=image.project_id,
        image=image,
        kind=PairScore.Kind.GOLDEN if first.kind == Kind.GOLDEN else PairScore.Kind.PEERS,
        first=first,
        second=second,
        first_version=first.version,
        second_version=second.version,
        first_author_id=first.author_id,
        second_author_id=second.author_id,
        agreement=found.agreement,
        sums=found.as_json(),
        at=_finished(first, second),
    )


def _finished(first: AnnotationSet, second: AnnotationSet) -> datetime:
    """When the later opinion was finished; the golden set's own time does not count."""
    times = [one.finished_at or one.changed_at for one in (first, second) if one.kind == Kind.OPINION]
    return max((time for time in times if time is not None), default=timezone.now())


def segments_of(sets: Iterable[AnnotationSet], image: Image) -> dict[int, list[Segment]]:
    """The objects of sets of one image as segments, by the set's id, in two queries."""
    found: dict[int, list[Segment]] = {one.pk: [] for one in sets}
    asked = Attribute.objects.filter(project_id=image.project_id, kind=Attribute.Kind.CHOICE)
    numbers = list(asked.values_list("number", flat=True)) if found else []
    for one in Annotation.objects.filter(set__in=list(found)).select_related("category").order_by("pk"):
        found[one.set_id].append(segment_of(one, numbers))
    return found


def segment_of(one: Annotation, choices: Iterable[int] = ()) -> Segment:
    """A kept object as a segment, with its answers to the attributes of these numbers."""
    return Segment(
        key=str(one.uid),
        category=one.category.number,
        counts=one.counts,
        area=one.area,
        box=Box(one.bbox_x, one.bbox_y, one.bbox_width, one.bbox_height),
        stuff=one.category.kind == Category.Kind.STUFF,
        choices={number: str(one.attributes[str(number)]) for number in choices if str(number) in one.attributes},
    )


def ask_report(project_id: int) -> None:
    """Have the project's figures made anew."""
    Report.objects.get_or_create(project_id=project_id)
    Report.objects.filter(project_id=project_id).update(asked=F("asked") + 1)


def ask_report_if_there(image_id: int) -> None:
    """The same for the project of an image, where figures were made; a project that is being deleted gets none."""
    Report.objects.filter(project__images=image_id).update(asked=F("asked") + 1)
