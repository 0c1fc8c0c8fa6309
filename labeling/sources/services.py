"""What the API, the pages and the command share: connecting a folder or bucket, and what is in it."""

from __future__ import annotations

from typing import Literal

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from labeling.accounts.models import User
from labeling.audit.actions import Action
from labeling.audit.services import record
from labeling.images import services as images
from labeling.images.models import UploadItem
from labeling.projects.models import Project
from labeling.sources import scan
from labeling.sources.models import Source, SourceFile
from labeling.sources.schemas import ProblemData, RootData, SourceData
from labeling.storage.roots import checked_prefix, place_of, roots
from labeling.web.api import ApiError

SHOWN = 100
MOST = 50
"""Sources of a project."""

State, Problem = UploadItem.State, SourceFile.Problem
_TOLD = {
    Problem.CHANGED: "The file was changed since it was added, so the image can't be shown from it. Put the old file "
    "back; or delete the image, and the next scan adds the file as a new one.",
    Problem.MISSING: "The file is not there any more. Put it back, or delete the image.",
}


def connect(project: Project, user: User, *, root: str, folder: str, watch: bool) -> Source:
    """Connect a folder of a place with a project; a worker adds its pictures.

    Raises: ApiError 400 for a place that is not allowed or a folder that leads out of it, 409 `connected`, `too_many`.
    """
    allowed = roots()
    if root not in allowed:
        known = ", ".join(allowed) or "there is none: the administrator sets SOURCE_FOLDERS or SOURCE_BUCKETS"
        raise ApiError(400, "unknown_root", f"“{root[:80]}” is no place that this server allows ({known}).")
    try:
        prefix = checked_prefix(folder)
    except ValueError as error:
        raise ApiError(400, "bad_folder", str(error)) from error
    for one in project.sources.filter(root=root):
        if prefix == one.prefix or _is_in(prefix, one.prefix) or _is_in(one.prefix, prefix):
            where = f"{allowed[root].title}, {one.prefix}" if one.prefix else allowed[root].title
            raise ApiError(409, "connected", f"This is connected already, by {where}. Disconnect that first.")
    if project.sources.count() >= MOST:
        raise ApiError(409, "too_many", f"A project has at most {MOST} sources. Disconnect one first.")
    source = Source.objects.create(project=project, created_by=user, root=root, prefix=prefix, watch=watch)
    record(Action.SOURCE_CONNECTED, by=user, about=source, project=project, place=str(source))
    scan.nudge()
    return source


def connect_path(project: Project, user: User, path: str, *, watch: bool) -> Source:
    """For the command: the source of `s3://bucket/folder`, or of a folder of the server, connected if it is not yet.

    Raises: ApiError as `connect`; 400 for a path that is in none of the allowed places.
    """
    name, folder = place_of(path)
    known = project.sources.filter(root=name, prefix=folder).first()
    if known is None:
        return connect(project, user, root=name, folder=folder, watch=watch)
    if watch:
        set_watch(known, True)
    return known


def _is_in(inner: str, outer: str) -> bool:
    return inner.startswith(f"{outer}/") or outer == ""


def scan_again(source: Source) -> None:
    """Have it scanned now. Asking while it is scanned is harmless."""
    if scan.jobs.requeue(Source.objects.filter(pk=source.pk, due=False)):
        source.refresh_from_db()
    scan.nudge()


def set_watch(source: Source, watch: bool) -> None:
    """Have it scanned from time to time, or not."""
    Source.objects.filter(pk=source.pk).update(watch=watch)
    source.watch = watch


def disconnect(source: Source, user: User) -> None:
    """Forget a source. Its images stay, and still refer to their originals."""
    if source.upload is not None and not source.upload.closed:
        images.close(source.upload)
    record(Action.SOURCE_DISCONNECTED, by=user, about=source, project=source.project, place=str(source))
    source.delete()


def listed(project: Project) -> list[SourceData]:
    """The sources of a project."""
    return [describe(source) for source in counted(Source.objects.filter(project=project))]


def counted(sources: QuerySet[Source]) -> QuerySet[Source]:
    """With the numbers that `describe` needs."""
    image, rejected = Q(files__item__image__isnull=False), Q(files__item__state=State.REJECTED)
    accepted = Q(files__item__state=State.ACCEPTED, files__item__image__isnull=True)
    return sources.annotate(
        of_images=Count("files", filter=image),
        of_rejected=Count("files", filter=rejected),
        of_deleted=Count("files", filter=accepted),
        of_waiting=Count("files", filter=Q(files__item__state=State.WAITING)),
        of_changed=Count("files", filter=image & Q(files__problem=Problem.CHANGED)),
        of_missing=Count("files", filter=image & Q(files__problem=Problem.MISSING)),
    )


_NUMBERS = ("waiting", "images", "rejected", "deleted", "changed", "missing")


def describe(source: Source) -> SourceData:
    """A source, with its numbers (`counted`) and its first problems."""
    root = roots().get(source.root)
    numbers = {name: getattr(source, f"of_{name}") for name in _NUMBERS}
    working = source.lease_until is not None and source.lease_until > timezone.now()
    return SourceData(
        id=source.pk, root=source.root, title=root.title if root else source.root.partition(":")[2],
        folder=source.prefix, watch=source.watch,
        state="done" if not source.due else "scanning" if working or source.position else "waiting",
        seen=source.seen, others=source.others, done=max(0, source.seen - numbers["waiting"]), **numbers,
        scanned_at=source.scanned_at.isoformat() if source.scanned_at else None, trouble=source.trouble,
        problems=problems(source),
    )  # fmt: skip


def broken(project: Project) -> int:
    """How many images have an original that was changed or is missing, as far as the last scans found."""
    return SourceFile.objects.exclude(problem="").filter(source__project=project, item__image__isnull=False).count()


def problems(source: Source) -> list[ProblemData]:
    """The first originals that are not what they were, and files that could not be added."""
    broken = source.files.exclude(problem="").filter(item__image__isnull=False)
    found = [_problem(one.path, Problem(one.problem)) for one in broken[:SHOWN]]
    rejected = source.files.filter(item__state=State.REJECTED).select_related("item")[: SHOWN - len(found)]
    return found + [
        ProblemData(path=one.path, problem="rejected", message=one.item.message) for one in rejected if one.item
    ]


def _problem(path: str, problem: SourceFile.Problem) -> ProblemData:
    name: Literal["changed", "missing"] = "changed" if problem == Problem.CHANGED else "missing"
    return ProblemData(path=path, problem=name, message=_TOLD[problem])


def allowed_roots() -> list[RootData]:
    """The places that the administrator allows."""
    return [RootData(root=one.name, title=one.title) for one in roots().values()]
