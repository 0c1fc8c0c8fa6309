"""The worker's side of runs: claim an image, ask the method, store what it proposes, until nothing waits."""

import logging
import time
from collections.abc import Sequence

from django.db import transaction

from inference.heads.proposals import Proposal, Rle, mask_iou
from labeling import masks
from labeling.assignment.queue import rank_by_doubt
from labeling.features import model, store
from labeling.images.models import Image
from labeling.jobs import leases
from labeling.jobs.slices import work_off_alone
from labeling.projects.models import Category
from labeling.suggestions import mapping, propose, registry, runs
from labeling.suggestions.models import Run, RunImage, Suggestion, SuggestionSettings
from labeling.suggestions.services import tell_editors

logger = logging.getLogger(__name__)

SAME_OBJECT = 0.5
"""Mask IoU with a rejected suggestion above which a proposal is about the same object, and not made again."""

TELL_EVERY = 0.5
"""Seconds between two messages about a run."""

SLICE = 300.0
"""Seconds after which a task ends, and another one goes on."""

LOOK_EVERY = 0.5
"""Seconds between two looks for rows that somebody waits for."""

MOST_NESTED = 3
"""Rows that may interrupt each other."""


def work_off() -> int:
    """Look at images until none waits or the worker shuts down; returns how many were looked at.

    One at a time on a host: a method uses what cores there are, and training wants some too. After `SLICE` seconds
    another message goes on: no task is long.
    """
    return work_off_alone("suggest", _drain, runs.is_waiting, runs.nudge, SLICE)


def _drain(until: float) -> int:
    runs.release_lost()
    done, told_at = 0, float("-inf")
    while not leases.stopping() and time.monotonic() <= until:
        row = runs.claim()
        if row is None:
            break
        with runs.jobs.renewing(row):
            done += look(row, Turns(row))
        if runs.close(row.run) or time.monotonic() - told_at > TELL_EVERY:
            told_at = time.monotonic()
            _tell(row.run)
    return done


def _tell(run: Run) -> None:
    """Tell how far a run is, unless it was deleted meanwhile."""
    try:
        run.refresh_from_db()
    except Run.DoesNotExist:
        return
    runs.publish(run)


class NotWanted(Exception):
    """A row was stopped, deleted or taken over while it was looked at: nobody wants the answer."""


class Turns:
    """What a worker does between two objects of an image, which may be large: rows that somebody waits for go first.

    A run over many images or over a large one keeps nobody waiting longer than some objects take. An interrupting row
    may be interrupted itself, `MOST_NESTED` deep: each holds an image's features.
    """

    def __init__(self, row: RunImage, depth: int = 0) -> None:
        self.row, self.depth = row, depth
        self.seconds = 0.0
        """How long others were looked at."""
        self._next = time.monotonic() + LOOK_EVERY

    def __call__(self) -> None:
        """Raises: NotWanted."""
        if time.monotonic() < self._next:
            return
        if not runs.jobs.mine(self.row).exists():
            raise NotWanted
        began = time.perf_counter()
        while self.depth < MOST_NESTED and not leases.stopping() and (other := runs.claim(before=self.row)):
            with runs.jobs.renewing(other):
                look(other, Turns(other, self.depth + 1))
            runs.close(other.run)
            _tell(other.run)
        self.seconds += time.perf_counter() - began
        self._next = time.monotonic() + LOOK_EVERY


def look(row: RunImage, turns: Turns) -> bool:
    """Ask a claimed row's method about its image and store the answer. What goes wrong fails this image alone."""
    began = time.perf_counter()
    try:
        found = propose.propose(row.run, row.image_id, turns)
    except NotWanted:
        return False
    except store.FeaturesLost as lost:
        logger.warning("run %s waits for image %s: %s", row.run_id, row.image_id, lost)
        runs.give_back(row)
        return False
    except (propose.Unusable, model.ModelMissing) as error:
        runs.fail(row, str(error), final=True)
        return False
    except Exception as error:
        logger.exception("run %s failed on image %s (attempt %s)", row.run_id, row.image_id, row.attempts)
        runs.fail(
            row, f"The model failed on this image ({type(error).__name__}: {error}). See the worker's log for details."
        )
        return False
    return save(row, found, time.perf_counter() - began - turns.seconds)


@transaction.atomic
def save(row: RunImage, found: Sequence[Proposal], seconds: float) -> bool:
    """Store what a claimed row's method found, in one step with the row's end: a killed worker leaves all or nothing.

    Open suggestions of the same method are replaced; what people rejected is not made again. False when the lease was
    lost.
    """
    run, image = row.run, row.image
    new = remembered(found, rejected_masks(image))
    doubt = propose.doubt(list(found)) if registry.named(run.method).head is not None else None
    if not runs.finish(row, found=len(new), doubt=doubt, seconds=seconds):
        return False
    if doubt is not None and SuggestionSettings.of(image.project_id).least_sure_first:
        rank_by_doubt(image.pk, doubt)
    before = Suggestion.objects.filter(image=image, method=run.method, state=Suggestion.State.OPEN)
    before.update(state=Suggestion.State.STALE)
    classes = mapping.mapped(run.project, run.head) if run.head else {}
    Suggestion.objects.bulk_create(
        [as_row(one, image, run.method, run, classes.get(one.category or "")) for one in new]
    )
    tell_editors(image.pk, run.method, len(new))
    return True


def rejected_masks(image: Image) -> list[Rle]:
    """What people said no to on an image."""
    rows = Suggestion.objects.filter(image=image, state=Suggestion.State.REJECTED)
    return [{"size": [image.height, image.width], "counts": counts} for counts in rows.values_list("counts", flat=True)]


def remembered(found: Sequence[Proposal], rejected: Sequence[Rle]) -> list[Proposal]:
    """Proposals that are not about a rejected object."""
    if not rejected:
        return list(found)
    most = mask_iou([one.rle for one in found], rejected).max(1, initial=0.0)
    return [one for one, overlap in zip(found, most, strict=True) if overlap <= SAME_OBJECT]


def as_row(
    found: Proposal, image: Image, method: str, run: Run | None, category: Category | None, word: str = ""
) -> Suggestion:
    """An unsaved suggestion; its counts are spelled as an annotation's would be, so that the two can be compared."""
    counts = found.rle["counts"]
    area, box = masks.area_and_box(counts, image.height, image.width)
    return Suggestion(
        image=image, run=run, method=method, head=run.head if run else None, score=found.score,
        word=word or found.category or "", category=category, counts=counts, area=area,
        bbox_x=box.x, bbox_y=box.y, bbox_width=box.width, bbox_height=box.height,
        clicks=[[click.x, click.y, click.positive] for click in found.clicks],
        basis=found.basis["counts"] if found.basis else "",
    )  # fmt: skip
