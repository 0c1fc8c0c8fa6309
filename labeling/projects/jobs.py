"""Work on whole projects: copying images, merging classes, deleting for good. The rows are the queue (`jobs.queue`).

What a kind of job does is a *step*, registered with `does` by the room that has the rows. A step deals with a part of
the work and is called until nothing is left. It finds out from the database what is left: a worker that is killed
loses nothing, and the next one goes on.
"""

import logging
import time
from collections.abc import Callable, Collection
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from labeling.accounts.models import User
from labeling.jobs import leases
from labeling.jobs.queue import MAX_ATTEMPTS, LeaseQueue
from labeling.projects.models import Project, ProjectJob
from labeling.projects.schemas import ProjectJobData, ProjectJobMessage
from labeling.server import wake_up
from labeling.server.host_lock import only_one
from labeling.web import events
from labeling.web.api import ApiError

logger = logging.getLogger(__name__)

SLICE = 60.0
"""Seconds after which a task ends and another one goes on."""

SHOWN, SHOWN_FOR = 20, timedelta(days=1)

Kind = ProjectJob.Kind
State = ProjectJob.State
Step = Callable[[ProjectJob], bool]
"""Deals with a part of a job; sets `done`, `total` and `options` of the row in hand. Returns whether more is left.

Raises: ApiError when the job can't be done; its message says why.
"""

_steps: dict[str, Step] = {}

queue = LeaseQueue(
    ProjectJob,
    queued={"state": State.QUEUED},
    held={"state": State.RUNNING},
    failed={"state": State.FAILED},
    died={"reason": f"The worker crashed {MAX_ATTEMPTS} times at the same place. Start it again."},
    related=("project", "created_by"),
)


def does(kind: Kind) -> Callable[[Step], Step]:
    """Registers what a kind of job does."""

    def register(step: Step) -> Step:
        _steps[kind] = step
        return step

    return register


def start(project: Project, kind: Kind, user: User | None, *, total: int = 0, **options: object) -> ProjectJob:
    """Queue a job; a worker takes it up once the transaction is committed."""
    job = ProjectJob.objects.create(
        project=project, project_number=project.pk, kind=kind, created_by=user, total=total, options=options
    )
    publish(job)
    nudge()
    return job


def nudge() -> None:
    """Have a worker look at the rows."""
    wake_up.send("labeling.projects.tasks.work", expires=60)


def is_waiting() -> bool:
    """Whether any job waits for a worker."""
    return queue.is_waiting()


def work_off() -> int:
    """Work until nothing waits, the slice is over or the worker shuts down; returns how many jobs ended."""
    ended, until = 0, time.monotonic() + SLICE
    with only_one("project-jobs") as alone:
        while alone and not leases.stopping() and time.monotonic() < until and (job := queue.claim()) is not None:
            with queue.renewing(job):
                ended += _carry_out(job, until)
    if is_waiting():
        nudge()
    return ended


def _carry_out(job: ProjectJob, until: float) -> bool:
    """Steps of a claimed job until it ends or the time is over. Returns whether it ended."""
    publish(job)
    try:
        while _steps[job.kind](job):
            if not _note(job):
                return False  # somebody else has it
            if leases.stopping() or time.monotonic() > until:
                queue.give_back(job, counted=False)
                return False
    except ApiError as error:
        return _settle(job, state=State.FAILED, reason=error.message)
    except Exception as error:
        logger.exception("project job %s failed (attempt %d)", job.pk, job.attempts)
        reason = f"Something went wrong on the server ({type(error).__name__}). Start it again; nothing is done twice."
        ended = queue.fail(job, reason=reason, finished_at=timezone.now()) and job.state == State.FAILED
        publish(job)
        return ended
    return _settle(job, state=State.DONE, reason=job.reason)


def _note(job: ProjectJob) -> bool:
    """Write how far the job is. Work that gets on is no failed attempt, however often its worker is killed."""
    job.attempts = 1
    written = queue.mine(job).update(done=job.done, total=job.total, options=job.options, attempts=1)
    publish(job)
    return bool(written)


def _settle(job: ProjectJob, **fields: object) -> bool:
    ended = queue.settle(
        job, done=job.done, total=job.total, options=job.options, finished_at=timezone.now(), **fields
    )  # fmt: skip
    publish(job)
    return ended


def release_lost() -> None:
    """Give back the jobs of workers that are gone."""
    for job in queue.release():
        publish(job)


def try_again(job: ProjectJob) -> bool:
    """Queue a failed job once more; False when it had not failed."""
    failed = ProjectJob.objects.filter(pk=job.pk, state=State.FAILED)
    if not queue.requeue(failed, reason="", finished_at=None):
        return False
    job.refresh_from_db()
    publish(job)
    nudge()
    return True


def unfinished(projects: Collection[int]) -> list[ProjectJob]:
    """The jobs of these projects that are going on or failed, the oldest first."""
    return list(ProjectJob.objects.filter(project_number__in=projects).exclude(state=State.DONE).order_by("pk"))


def recent(project_id: int) -> list[ProjectJob]:
    """The project's jobs that are not done, and those that ended within `SHOWN_FOR`, the newest first."""
    ended = Q(state=State.DONE, finished_at__lt=timezone.now() - SHOWN_FOR)
    return list(ProjectJob.objects.filter(project_number=project_id).exclude(ended)[:SHOWN])


def describe(job: ProjectJob) -> ProjectJobData:
    """How far a job is."""
    return ProjectJobData(
        id=job.pk,
        project=job.project_number,
        kind=Kind(job.kind),
        state=State(job.state),
        done=job.done,
        total=job.total,
        reason=job.reason or None,
    )


def publish(job: ProjectJob) -> None:
    """Tell the project's pages how far the job is, once that is committed."""
    news = ProjectJobMessage(**dict(describe(job)))
    events.publish_committed(events.project_group(job.project_number), news.event())
