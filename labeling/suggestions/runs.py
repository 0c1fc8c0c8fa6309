"""Runs and their queue. Like the encode queue it lives in rows (`RunImage`, `labeling.jobs.queue`).

Only images whose features are ready are claimed; the others wait in the same rows.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone

from labeling.accounts.models import User
from labeling.annotations.models import FINISHED
from labeling.features.models import Encoding
from labeling.images.models import Image
from labeling.jobs.queue import FREE, MAX_ATTEMPTS, LeaseQueue
from labeling.projects.models import Project
from labeling.server import wake_up
from labeling.suggestions import heads, registry
from labeling.suggestions.models import HeadVersion, Run, RunImage
from labeling.suggestions.schemas import FailureData, LookData, RunData, RunNews, RunOptionsData, SuggestionsMessage
from labeling.suggestions.services import tell, tell_editors
from labeling.web.api import ApiError

logger = logging.getLogger(__name__)

NUDGE_EXPIRES = timedelta(seconds=60)
SHOWN = 10
FIRST = 1
"""Priority of an image that somebody waits for."""

WORKER_DIED = (
    f"The worker crashed {MAX_ATTEMPTS} times on this image. The server may have too little memory. Press Retry, or "
    "ask your administrator to look at the worker's log."
)
NOT_PREPARED = "The image couldn't be prepared, so there are no suggestions for it. Retry preparing it first."
State = RunImage.State
WAITING = (State.QUEUED, State.RUNNING)
jobs = LeaseQueue(
    RunImage,
    queued={"state": State.QUEUED},
    held={"state": State.RUNNING},
    failed={"state": State.FAILED},
    died={"reason": WORKER_DIED},
    order=("-priority", "attempts", "id"),
    related=("run__head", "run__project", "image"),
)


def start(
    project: Project,
    user: User | None,
    method: str,
    *,
    head: HeadVersion | None = None,
    images: Iterable[Image] | None = None,
    options: dict[str, Any] | None = None,
    first: bool = False,
) -> Run:
    """Have a method look at `images` (default: all that are not done). head: default the best there is.

    A run of the same method and head that is under way takes the new images along, so asking twice is harmless.
    first: somebody waits for it. Raises: ApiError 409 `no_head`, `method_not_installed`, `nothing_to_do`.
    """
    if registry.named(method).head is not None:
        head = head or heads.best(project, method)
        if head is None:
            raise ApiError(409, "no_head", _NO_HEAD)
    else:
        head = None
        heads.require_installed(method)
    wanted = list(unlabeled(project) if images is None else images)
    if not wanted:
        raise ApiError(409, "nothing_to_do", "All images are done, or there are none. Add images first.")
    same = Run.objects.filter(project=project, method=method, head=head, options=options or {}, automatic=False)
    run = same.filter(state=Run.State.RUNNING).first()
    if run is None:
        run = Run.objects.create(project=project, method=method, head=head, options=options or {}, created_by=user)
    add(run, wanted, FIRST if first else 0)
    return run


_NO_HEAD = (
    "No model is available for this: no starter model is installed and the project has not trained one. Train one on "
    "the project page after some images are done."
)


def unlabeled(project: Project) -> QuerySet[Image]:
    """Images of a project that are not done."""
    return project.images.exclude(annotation_set__status__in=FINISHED).order_by("pk")


def add(run: Run, images: Iterable[Image], priority: int = 0) -> None:
    """Put images into a run; those that it has already stay as they are, or go first now."""
    with transaction.atomic():
        ids = [image.pk for image in images]
        RunImage.objects.bulk_create(
            [RunImage(run=run, image_id=pk, priority=priority) for pk in ids], ignore_conflicts=True
        )
        if priority:
            run.rows.filter(image__in=ids, state=State.QUEUED).update(priority=priority)
            finished = run.rows.filter(image__in=ids, state__in=[State.READY, State.FAILED, State.STOPPED])
            jobs.requeue(finished, reason="", priority=priority)
        Run.objects.filter(pk=run.pk).update(state=Run.State.RUNNING, finished_at=None)
    run.refresh_from_db()
    publish(run)
    nudge()


def add_ready(method: str, images: Sequence[Image]) -> None:
    """Features of these images of a project became ready: a method's automatic run looks at them."""
    project = images[0].project_id
    automatic = Run.objects.filter(project_id=project, method=method, automatic=True)
    run = automatic.exclude(state=Run.State.STOPPED).first()
    if run is None:
        run = Run.objects.create(project_id=project, method=method, automatic=True)
    add(run, images)


def stop(run: Run) -> bool:
    """End a run: what is found stays, what waits is left. False when it had ended."""
    with transaction.atomic():
        ended = Run.objects.filter(pk=run.pk, state=Run.State.RUNNING).update(
            state=Run.State.STOPPED, finished_at=timezone.now()
        )
        if ended:
            run.rows.filter(state__in=WAITING).update(state=State.STOPPED, **FREE)
    run.refresh_from_db()
    publish(run)
    return bool(ended)


def retry(run: Run) -> int:
    """Queue a run's failed and stopped images again; returns how many."""
    with transaction.atomic():
        rows = run.rows.filter(state__in=[State.FAILED, State.STOPPED])
        count = jobs.requeue(rows, reason="")
        if count:
            Run.objects.filter(pk=run.pk).update(state=Run.State.RUNNING, finished_at=None)
    run.refresh_from_db()
    publish(run)
    nudge()
    return count


def claim(before: RunImage | None = None) -> RunImage | None:
    """Take the first row in line for one lease, or None. before: only one that interrupts this claimed row."""
    return jobs.claim(_line(before))


def _line(before: RunImage | None) -> QuerySet[RunImage]:
    """The rows that could be claimed. before: that interrupt this claimed row."""
    line = jobs.line().filter(run__state=Run.State.RUNNING, image__encoding__state=Encoding.State.READY)
    return line if before is None else line.filter(_interrupts(before))


def _interrupts(row: RunImage) -> Q:
    """Rows that somebody waits for: all of them when nobody waits for `row`, else those of smaller images, so that
    somebody with a small image does not wait for somebody with a large one."""
    smaller = Q(image__height__lt=row.image.width * row.image.height / F("image__width"))
    return Q(priority__gt=row.priority) | (Q(priority=row.priority, priority__gte=FIRST) & smaller)


def is_waiting(before: RunImage | None = None) -> bool:
    """Whether anything could be claimed. before: that interrupts this claimed row."""
    return _line(before).exists()


def finish(row: RunImage, **fields: Any) -> bool:
    """Mark a claimed row as ready; False when the lease was lost, the run stopped or the image deleted."""
    return jobs.settle(row, state=State.READY, reason="", priority=0, finished_at=timezone.now(), **fields)


def fail(row: RunImage, reason: str, *, final: bool = False) -> None:
    """Give a claimed row back: to the queue, or as failed after the last attempt (at once when `final`)."""
    if jobs.fail(row, final=final, reason=reason) and row.state == State.FAILED:
        tell_editors(row.image_id, row.run.method, 0, reason)


def give_back(row: RunImage) -> None:
    """Put a claimed row back as if it had not been tried: the features were lost, or the worker shuts down."""
    jobs.give_back(row, counted=False)


def close(run: Run) -> bool:
    """Mark a run as done when none of its rows waits; True for the one who did it."""
    waiting = RunImage.objects.filter(run=run.pk, state__in=WAITING)
    if waiting.exists():
        return False
    ended = Run.objects.filter(pk=run.pk, state=Run.State.RUNNING)
    return bool(ended.update(state=Run.State.DONE, finished_at=timezone.now()))


def release_lost() -> int:
    """Give back the rows of workers that are gone, and fail those whose image can't be prepared; returns how many."""
    released = jobs.release()
    for row in released:
        if row.state == State.FAILED:
            tell_editors(row.image_id, row.run.method, 0, row.reason)
    count, touched = len(released), {row.run_id for row in released}
    hopeless = RunImage.objects.filter(state=State.QUEUED, image__encoding__state=Encoding.State.FAILED)
    touched |= set(hopeless.values_list("run", flat=True))
    for pk, image, method in list(hopeless.values_list("pk", "image", "run__method")):
        if RunImage.objects.filter(pk=pk, state=State.QUEUED).update(state=State.FAILED, reason=NOT_PREPARED):
            count += 1
            tell_editors(image, method, 0, NOT_PREPARED)
    for run in Run.objects.filter(pk__in=touched):
        close(run)
        publish(run)
    for run in Run.objects.filter(state=Run.State.RUNNING).exclude(rows__state__in=WAITING):
        if close(run):  # images were deleted, or a worker was killed before it could
            publish(run)
    return count


def counts(run: Run) -> dict[str, int]:
    """Images by state, and in all."""
    found: dict[str, int] = {state.value: 0 for state in State}
    found |= dict(run.rows.order_by().values_list("state").annotate(Count("pk")))
    return {**found, "total": sum(found.values())}


def news(run: Run) -> RunNews:
    """The part of a run that changes, as docs/reference/protocol.md has it."""
    found = counts(run)
    return RunNews(
        id=run.pk,
        method=run.method,
        state=Run.State(run.state),
        done=found["ready"],
        failed=found["failed"],
        total=found["total"],
    )


def describe(run: Run, failures: bool = False) -> RunData:
    """A run as the API shows it; with `failures`, each failed image and why (at most 100)."""
    return RunData(
        **dict(news(run)),
        head=run.head_id,
        head_title=run.head.title if run.head else None,
        automatic=run.automatic,
        options=RunOptionsData.model_validate(run.options),
        created_by=run.created_by.shown_name if run.created_by else None,
        created_at=run.created_at.isoformat(),
        failures=_failures(run) if failures else None,
    )


def _failures(run: Run) -> list[FailureData]:
    rows = run.rows.filter(state=State.FAILED).select_related("image")[:100]
    return [FailureData(image=row.image_id, name=row.image.name, reason=row.reason) for row in rows]


def looks(image: Image) -> list[LookData]:
    """How far each method is with an image, the newest row of each."""
    newest: dict[str, LookData] = {}
    for row in image.run_images.select_related("run").order_by("-pk"):
        reason = row.reason if row.state == State.FAILED else None
        shown = LookData(method=row.run.method, state=State(row.state), found=row.found, reason=reason)
        newest.setdefault(row.run.method, shown)
    return list(newest.values())


def recent(project: Project) -> list[Run]:
    """The project's newest runs over several images, the newest first."""
    return list(project.suggestion_runs.select_related("head", "created_by")[:SHOWN])


def publish(run: Run) -> None:
    """Tell the project's pages how far a run is."""
    tell(run.project_id, SuggestionsMessage(run=news(run)))


def nudge() -> None:
    """Wake a worker up once the transaction is committed; a lost message is made good by the sweep."""
    wake_up.send("labeling.suggestions.tasks.suggest", expires=NUDGE_EXPIRES.total_seconds())
