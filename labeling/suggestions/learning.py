"""A project's heads learn from its finished images.

A `HeadVersion` row is asked for, claimed by a worker for a lease, and trained by the library's restartable loop in a
folder under INTERLABEL_HOME: a worker that is killed leaves a checkpoint there (every minute), and the next one
goes on from it. What the head learns from and by which words is fixed when it is asked for, so that a restart goes on
with the same task.
"""

from __future__ import annotations

import json
import logging
import shutil
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone

from labeling.accounts.models import User
from labeling.annotations.models import FINISHED
from labeling.features import model, queue
from labeling.jobs import leases
from labeling.jobs.queue import FREE, MAX_ATTEMPTS, LeaseQueue
from labeling.projects.models import IN_USE, Category, Project
from labeling.server import wake_up
from labeling.suggestions import examples, heads, registry, runs
from labeling.suggestions.models import CategoryMapping, HeadVersion, SuggestionSettings
from labeling.suggestions.schemas import SuggestionsMessage
from labeling.suggestions.services import tell
from labeling.web.api import ApiError

if TYPE_CHECKING:
    from inference.heads.networks.config import HeadConfig
    from inference.heads.training.heads import State as Progress

logger = logging.getLogger(__name__)

FROM = 20
"""Finished images from which a project learns by itself; again at every doubling."""

LEAST_IMAGES = 2
"""Below this there is nothing to learn from and to measure by."""

STEPS = 600
SAVE_EVERY = 60.0
"""Seconds between two checkpoints."""

TELL_EVERY = 5
"""Steps between two looks at whether somebody cancelled it, each told to the pages."""

CURVE_POINTS = 200
SCRATCH = settings.HOME / "learning"
WORKER_DIED = (
    f"The worker crashed {MAX_ATTEMPTS} times during training. The server may have too little memory. Ask your "
    "administrator to look at the worker's log."
)
State = HeadVersion.State
UNFINISHED = (State.QUEUED, State.TRAINING)
jobs = LeaseQueue(
    HeadVersion, queued={"state": State.QUEUED}, held={"state": State.TRAINING}, related=("project",)
)  # fmt: skip


class Cancelled(Exception):
    """Somebody cancelled it, deleted it, or another worker has it."""


def ask(project: Project, user: User | None, kind: str, steps: int = STEPS) -> HeadVersion:
    """Have a head trained from what is finished now.

    Raises: ApiError 409 `already_learning`, `too_few_images`, `no_things`.
    """
    with transaction.atomic():
        Project.objects.select_for_update().get(pk=project.pk)
        if HeadVersion.objects.filter(project=project, kind=kind, state__in=UNFINISHED).exists():
            raise ApiError(
                409, "already_learning", "A model of this kind is already being trained. Wait for it or cancel it."
            )
        try:
            images = examples.finished(project)
        except model.ModelMissing as missing:
            raise ApiError(409, "model_missing", str(missing)) from missing
        if len(images) < LEAST_IMAGES:
            message = f"Finish at least {LEAST_IMAGES} images first. Good models need about {FROM}."
            raise ApiError(409, "too_few_images", message)
        classes = [one.name for one in _learned_classes(project, kind)]
        if not classes:
            raise ApiError(
                409,
                "no_things",
                "Instances need classes of the kind “thing”, and the project has none. Train panoptic instead.",
            )
        head = HeadVersion.objects.create(
            project=project, kind=kind, number=heads.next_number(project, kind), classes=classes, images=images,
            finished_images=finished_count(project), steps=steps, features_version=model.version(), created_by=user,
        )  # fmt: skip
        CategoryMapping.objects.bulk_create(
            [
                CategoryMapping(project=project, head=head, word=one.name, category=one)
                for one in _learned_classes(project, kind)
            ]
        )
    publish(head)
    nudge(head)
    return head


def _learned_classes(project: Project, kind: str) -> list[Category]:
    found = project.categories.all()
    return list(found.filter(kind=Category.Kind.THING) if registry.named(kind).head == "instances" else found)


def finished_count(project: Project) -> int:
    """How many of its images heads can learn from: done, and not golden."""
    return project.images.filter(annotation_set__status__in=FINISHED, golden=False).count()


def cancel(head: HeadVersion) -> bool:
    """Stop a training, or take a queued one back; False when it had ended. The worker notices within some steps."""
    rows = HeadVersion.objects.filter(pk=head.pk, state__in=UNFINISHED)
    done = rows.update(state=State.CANCELLED, finished_at=timezone.now(), left=None, **FREE)
    head.refresh_from_db()
    publish(head)
    return bool(done)


def retry(head: HeadVersion) -> bool:
    """Queue a failed or cancelled training again; it goes on from its checkpoint if there is one."""
    rows = HeadVersion.objects.filter(pk=head.pk, state__in=[State.FAILED, State.CANCELLED])
    done = jobs.requeue(rows, reason="", finished_at=None)
    head.refresh_from_db()
    publish(head)
    nudge(head)
    return bool(done)


def ask_where_due() -> list[HeadVersion]:
    """At 20 finished images, at 40, at 80, …: have the heads of a project trained, where its settings say so."""
    asked = []
    off = SuggestionSettings.objects.filter(learn_at_doublings=False).values("project")
    done = Count("images", filter=Q(images__annotation_set__status__in=FINISHED, images__golden=False))
    for project in Project.objects.filter(IN_USE).exclude(pk__in=off).annotate(done=done).filter(done__gte=FROM):
        for method in registry.with_head():
            if project.done >= 2 * _last_count(project, method.name):
                try:
                    asked.append(ask(project, None, method.name))
                except ApiError as error:
                    logger.info("project %s does not train %s: %s", project.pk, method.name, error.message)
    return asked


def _last_count(project: Project, kind: str) -> int:
    """Finished images when the last one was asked for, however it ended: a failure is not repeated for ever."""
    last = HeadVersion.objects.filter(project=project, kind=kind).aggregate(last=Max("finished_images"))["last"]
    return int(last or 0)


def unfinished() -> QuerySet[HeadVersion]:
    """Heads that wait for a worker: never begun, or their worker is gone. Frees those of workers known to be dead."""
    jobs.release()
    return jobs.line()


def claim(head_id: int) -> HeadVersion | None:
    """Take a queued head, or one whose worker is gone, for one lease; None when there is nothing to take."""
    head = jobs.claim(jobs.line().filter(pk=head_id))
    if head is not None:
        publish(head)
    return head


def learn(head: HeadVersion) -> None:
    """Train a claimed head: *ready* with its figures, *failed* with a reason, or back in the queue."""
    from inference.data.coco import DataError

    try:
        if jobs.is_worn_out(head):
            _settle(head, State.FAILED, reason=WORKER_DIED)
            return
        with jobs.renewing(head):
            if not _train(head):
                _give_back(head)
                return
            _keep(head)
    except Cancelled:
        logger.info("head %s: cancelled, or another worker has it", head.pk)
        if not HeadVersion.objects.filter(pk=head.pk, state__in=UNFINISHED).exists():
            shutil.rmtree(scratch(head), ignore_errors=True)
    except examples.TokensLost as lost:
        queue.requeue_lost(lost.row)
        _give_back(head)
        logger.warning("head %s waits: %s", head.pk, lost)
    except (DataError, model.ModelMissing) as error:
        _settle(head, State.FAILED, reason=str(error))
    except Exception as error:
        logger.exception("head %s could not be trained (attempt %s)", head.pk, head.attempts)
        reason = f"Training failed ({type(error).__name__}: {error}). See the worker's log for details, then try again."
        _settle(head, State.FAILED, reason=reason)


def _train(head: HeadVersion) -> bool:
    """Run the library's loop; False when this worker shuts down before its end. Raises: Cancelled, DataError."""
    from inference.data.device import Compute
    from inference.heads.data.variants import turns_for, with_variants
    from inference.heads.training.heads import Watch, train_head

    assert head.project is not None
    names = {row.category_id: row.word for row in head.mappings.all() if row.category_id is not None}
    found = examples.examples_of(head.project, head.images, names)
    learned, measured = examples.split(found)
    kept = scratch(head) / "variants" / model.version()  # an upgrade in the middle encodes them anew
    learned = with_variants(learned, turns_for(len(learned)), examples.encode, kept)
    watch, kind = _Watch(head), registry.named(head.kind).head
    assert kind is not None
    train_head(
        kind,
        learned,
        scratch(head),
        vocabulary=examples.vocabulary_of(head),
        steps=head.steps,
        held_out=measured,
        start=_start_of(head),
        resume=True,
        seed=head.pk,
        cfg=sizes(kind, len(head.classes)),
        compute=Compute.choose(),
        watch=Watch(watch.tell, watch.stop, TELL_EVERY, SAVE_EVERY),
        about={"project": head.project_id, "number": head.number},
    )
    if watch.lost:
        raise Cancelled
    return not watch.stop.is_set()


def sizes(kind: Literal["instances", "panoptic"], classes: int) -> HeadConfig:
    """How large a project's head is."""
    from inference.heads.networks.config import default_config

    return default_config(kind, classes)


def _start_of(head: HeadVersion) -> Path | None:
    """The head to begin with: the project's newest of the kind, else the starter model, else none."""
    assert head.project is not None
    before = heads.best(head.project, head.kind)
    try:
        return None if before is None else heads.local_folder(before)
    except (OSError, heads.HeadGone) as error:
        logger.warning("head %s begins from nothing: %s", head.pk, error)
        return None


class _Watch:
    """Writes each state to the row and tells the pages; says stop when the row is not ours any more."""

    def __init__(self, head: HeadVersion) -> None:
        self.head, self.stop, self.lost = head, threading.Event(), False

    def tell(self, state: Progress) -> None:
        head = self.head
        head.curve = thinned([point for point in head.curve if point[0] < state.step] + [[state.step, state.loss]])
        head.step, head.seconds, head.left = state.step, state.seconds, state.left
        self.lost = not jobs.mine(head).update(step=head.step, seconds=head.seconds, left=head.left, curve=head.curve)
        if self.lost or (leases.stopping() and state.step < state.steps):
            self.stop.set()
        publish(head)


def thinned(curve: list[list[float]]) -> list[list[float]]:
    """At most `CURVE_POINTS` of a curve's points, the last one always among them."""
    while len(curve) > CURVE_POINTS:
        curve = curve[:-1][::2] + curve[-1:]
    return curve


def _keep(head: HeadVersion) -> None:
    """Store the head's files and mark it as ready; then ask it about what is not done. Raises: Cancelled."""
    out = scratch(head)
    report = out / "report.json"
    figures: dict[str, Any] = json.loads(report.read_text(encoding="utf-8")) if report.exists() else {}
    worst = out / heads.WORST
    folder = heads.new_folder(head)
    heads.store(folder, *sorted((out / "head").iterdir()), *([worst] if worst.exists() else []))
    figures[heads.WORST] = worst.exists()
    if not _settle(head, State.READY, reason="", folder=folder, figures=figures, left=None):
        heads.delete_files(folder)
        raise Cancelled
    shutil.rmtree(out, ignore_errors=True)
    assert head.project is not None
    if runs.unlabeled(head.project).exists():
        runs.start(head.project, head.created_by, head.kind, head=head)


def _give_back(head: HeadVersion) -> None:
    """Back to the queue, not counted as an attempt; the checkpoint stays."""
    if jobs.give_back(head, counted=False):
        _tell(head)


def _settle(head: HeadVersion, state: State, **fields: Any) -> bool:
    """Write how it ended and give the lease back; False when the lease is not ours any more."""
    if not jobs.settle(head, state=state, finished_at=timezone.now(), **fields):
        return False
    _tell(head)
    return True


def _tell(head: HeadVersion) -> None:
    head.refresh_from_db()
    publish(head)


def scratch(head: HeadVersion) -> Path:
    """Where a training keeps its checkpoint."""
    return Path(SCRATCH / f"head-{head.pk}")


def clear_scratch() -> None:
    """Delete the folders of trainings that ended or whose row is gone, but those that can be tried again."""
    kept = (*UNFINISHED, State.FAILED)
    wanted = {f"head-{pk}" for pk in HeadVersion.objects.filter(state__in=kept).values_list("pk", flat=True)}
    for folder in SCRATCH.glob("head-*"):
        if folder.name not in wanted:
            shutil.rmtree(folder, ignore_errors=True)


def publish(head: HeadVersion) -> None:
    """Tell the project's pages how far a head is."""
    if head.project_id is not None:
        tell(head.project_id, SuggestionsMessage(head=heads.news(head)))


def nudge(head: HeadVersion) -> None:
    """Have a worker look at it once the transaction is committed; a lost message is made good by the sweep."""
    wake_up.send("labeling.suggestions.tasks.learn", head.pk, expires=300)
