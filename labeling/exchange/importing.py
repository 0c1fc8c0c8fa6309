"""Bringing a dataset in, so that a killed worker loses nothing and nothing is brought in twice.

A worker claims a row for a lease (`labeling.jobs.queue`). Checking writes a plan and a report, and begins anew when it
was cut off. Carrying the plan out goes image by image: an image's objects and the row's count are one transaction, so
whoever takes over goes on after the last image that is whole.
"""

import secrets
import shutil
import tempfile
import time
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.fields.files import FieldFile
from django.http import Http404
from django.utils import timezone

from labeling.accounts.models import User
from labeling.annotations import services as annotations
from labeling.annotations import sets
from labeling.annotations.content import MAX_CHANGES, Created, Deleted, ObjectChange
from labeling.annotations.models import Annotation, AnnotationSet
from labeling.audit.actions import Action
from labeling.audit.services import record
from labeling.exchange import plan, source
from labeling.exchange.content import Defect
from labeling.exchange.errors import ImportProblem
from labeling.exchange.models import Import
from labeling.exchange.reading import MOST_DEFECTS
from labeling.exchange.registry import ReadOptions, reader_named
from labeling.exchange.scratch import SCRATCH
from labeling.images import ingest
from labeling.images import services as images
from labeling.images.models import Image, Tag, UploadItem
from labeling.jobs import leases
from labeling.jobs.endings import LeaseLost, Stopping, Work
from labeling.jobs.queue import LeaseQueue
from labeling.projects.access import May, may
from labeling.projects.models import Project
from labeling.projects.palette import free_color
from labeling.projects.services import add_classes
from labeling.projects.specs import CategorySpec
from labeling.suggestions import imported
from labeling.web.api import ApiError

State, Step = Import.State, Import.Step
jobs = LeaseQueue(Import, queued={"state": State.QUEUED}, held={"state": State.RUNNING}, related=("project",))
_work = Work(jobs, "import", failed={"state": State.FAILED}, problems=(ImportProblem, ApiError))
TOLD_EVERY = 0.5
"""Seconds between two notes of how far it is."""


def claim(import_id: int) -> Import | None:
    """Take an import that waits, or one whose worker is gone; None when there is nothing to take."""
    return jobs.claim(jobs.line().filter(pk=import_id))


def work(row: Import) -> None:
    """Check a claimed import, or carry it out: *checked*, *done*, *failed* with a reason, or back in the queue."""
    _work.do(row, check if row.step == Step.CHECK else carry_out)


def check(row: Import) -> None:
    """Make the plan and the report. Raises: ImportProblem, ApiError, LeaseLost, Stopping."""
    format = reader_named(row.format)
    options = format.parse_reading(row.options)
    tell = _Progress(row)
    with _scratch() as folder, _opened(row, folder) as found:
        path = folder / "plan"
        report = plan.Report()
        for report in plan.make(row.project, found, format, options, path, lambda: tell(row.done)):
            tell(report.images)
        _replace_plan(row, path)
    settled = {"report": report.plain(), "total": report.images, "done": 0, "reason": ""}
    _work.settle(row, state=State.CHECKED, attempts=0, **settled)


def carry_out(row: Import) -> None:
    """Do what the plan says, from the image on that comes next. Raises: as `check`."""
    _require_open(row)
    options = reader_named(row.format).parse_reading(row.options)
    user = row.applied_by or row.created_by or row.project.created_by
    _add_classes(row.project, row.report)
    with _scratch() as folder, _opened(row, folder) as found:
        path = _copied(row.plan, folder / "plan")
        new = _add_pictures(row, user, path, found)
        numbers = {one.name.casefold(): one.number for one in row.project.categories.all()}
        tell = _Progress(row)
        for place, line in enumerate(islice(plan.lines(path), row.done, None), row.done):
            _one(row, user, options, place, line, numbers, new)
            if tell(place + 1):
                _require_open(row)
    _work.settle(row, state=State.DONE, reason="", finished_at=timezone.now())
    record(Action.LABELS_IMPORTED, by=user, about=row, project=row.project, images=row.total, objects=row.added)
    _discard_files(row)


def _require_open(row: Import) -> None:
    """Raises: ImportProblem when the project was archived or put into the bin meanwhile, or who had the import carried
    out may not do so any more: nothing in it changes then."""
    archived, binned = Project.objects.values_list("archived_at", "binned_at").get(pk=row.project_id)
    if archived is not None or binned is not None:
        where = "archived" if binned is None else "in the bin"
        raise ImportProblem(f"The project is {where}. Restore it, and try again: the import goes on where it stopped.")
    if row.applied_by is not None and not row.folder and not may(row.applied_by, row.project_id, May.MANAGE):
        raise ImportProblem(
            f"{row.applied_by} began it, and may not import here any more. Try again: it goes on where it stopped, in "
            "your name."
        )


def _add_classes(project: Project, report: Mapping[str, Any]) -> None:
    """The classes that the plan adds. Those that are there by now are found by their names."""
    colors = {one.color for one in project.categories.all()}
    specs = []
    for one in report["classes"]:
        if one["new"]:
            color = one["color"] if one["color"] and one["color"] not in colors else free_color(colors)
            colors.add(color)
            specs.append(CategorySpec(name=one["into"], color=color, kind=one["kind"]))
    if specs:
        add_classes(project, specs)


def _add_pictures(row: Import, user: User, path: Path, found: source.Source) -> dict[str, int]:
    """Add the plan's new pictures to the project as an upload does; their images by the picture's name.

    Raises: Stopping, LeaseLost.
    """
    wanted = [line["picture"] for line in plan.lines(path) if line["image"] is None]
    if not wanted:
        return {}
    if row.upload is None:
        row.upload = images.start_upload(row.project, user)
        if not jobs.mine(row).update(upload=row.upload):
            raise LeaseLost
    there = set(row.upload.items.filter(parent=None).values_list("name", flat=True))
    for name in wanted:
        if ingest.clean_name(name) not in there:
            with found.open(name) as file:
                _send(row, name, file)
    upload = images.close(row.upload)
    while upload.finished_at is None:
        if leases.stopping():
            raise Stopping
        if not ingest.work_off(upload.pk):
            time.sleep(0.2)  # a worker has the rest
        upload.refresh_from_db()
    return {
        item.name: item.image_id for item in row.upload.items.filter(state=UploadItem.State.ACCEPTED) if item.image_id
    }


def _send(row: Import, name: str, file: Any) -> None:
    assert row.upload is not None
    with tempfile.TemporaryFile() as copy:  # its size has to be known before it is stored
        while chunk := file.read(1024 * 1024):
            copy.write(chunk)
        copy.seek(0)
        images.add_file(row.upload, name, File(copy, name=name), whole=True)


def _one(
    row: Import, user: User, options: ReadOptions, place: int, line: Mapping[str, Any], numbers: Mapping[str, int],
    new: Mapping[str, int],
) -> None:  # fmt: skip
    """One image of the plan, with the row's count, all or nothing. Raises: LeaseLost."""
    pk = line["image"] or new.get(ingest.clean_name(line["picture"] or "")) or 0
    try:
        with transaction.atomic():
            added = _take(row, user, options, place, line, numbers, pk)
            if not jobs.mine(row).update(done=place + 1, added=F("added") + added):
                raise LeaseLost
    except Http404:
        gone = "The image was deleted after the check." if line["image"] is not None else _why_rejected(row, line)
        _refuse(row, place, line["name"], gone)
    except ApiError as problem:
        _refuse(row, place, line["name"], problem.message)
    else:
        row.added += added


def _take(
    row: Import, user: User, options: ReadOptions, place: int, line: Mapping[str, Any], numbers: Mapping[str, int],
    image_id: int,
) -> int:  # fmt: skip
    """Objects are kept, predictions suggested. Returns: how many. Raises: ApiError; Http404 for no image."""
    if not reader_named(row.format).suggests:
        return _keep(row, user, options, place, line, numbers, image_id)
    image = Image.objects.select_related("project").filter(pk=image_id, project=row.project).first()
    if image is None:
        raise Http404
    source = getattr(options, "source", "") or PurePosixPath(row.name).stem
    run = imported.run_of(row.project, user, source, row.pk)
    classes = {one.number: one for one in row.project.categories.all()}
    found = [
        imported.Prediction(one["counts"], one["score"], classes[_number(numbers, one)], one["word"])
        for one in line["objects"]
    ]
    return imported.keep(run, image, found)


def _keep(
    row: Import, user: User, options: ReadOptions, place: int, line: Mapping[str, Any], numbers: Mapping[str, int],
    image_id: int,
) -> int:  # fmt: skip
    """Returns: how many objects were kept. Raises: ApiError as the changes of annotations; Http404 for no image."""
    kept = sets.locked_main(image_id)
    if kept.image.project_id != row.project_id:
        raise Http404
    there = set(kept.annotations.order_by().values_list("uid", flat=True)) if kept.version else set()
    namespace = uuid.uuid5(NAMESPACE, str(row.pk))
    if there and options.labeled == "skip":
        return 0
    changes: list[ObjectChange] = [Deleted(uid) for uid in there] if options.labeled == "replace" else []
    left = set() if options.labeled == "replace" else there
    taken = there | _taken({uuid.UUID(one["uid"]) for one in line["objects"] if "uid" in one})
    for number, one in enumerate(line["objects"]):
        uid = uuid.UUID(one["uid"]) if "uid" in one else None
        if uid is None or uid in taken:
            uid = uuid.uuid5(namespace, f"{place}/{number}")
        taken.add(uid)
        if uid not in left:
            attributes, crowd = one.get("attributes", {}), one.get("crowd", False)
            changes.append(Created(uid, _number(numbers, one), one["counts"], [], None, attributes, crowd))
    status = options.status if options.status == "done" or kept.status == AnnotationSet.Status.NEW else None
    _change(kept, user, changes, status)
    if line["split"]:
        tag, _ = Tag.objects.get_or_create(project=row.project, name=line["split"][:40])
        kept.image.tags.add(tag)
    return sum(isinstance(one, Created) for one in changes)


def _number(numbers: Mapping[str, int], one: Mapping[str, Any]) -> int:
    found = numbers.get(one["category"].casefold())
    if found is None:
        raise ApiError(409, "unknown_category", f"The class “{one['category']}” was deleted after the check.")
    return found


NAMESPACE = uuid.UUID("9f3c2a58-6a7e-4a1c-9d9e-0c1b5f6f7d21")
"""Objects that bring no name of their own get one of their import and place: doing it again makes no others."""


def _taken(uids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Those of these names that objects have already, on whatever image."""
    return set(Annotation.objects.filter(uid__in=uids).values_list("uid", flat=True)) if uids else set()


def _change(kept: AnnotationSet, user: User, changes: Sequence[ObjectChange], status: str | None) -> None:
    """Some at a time, so that a statement has no more of them than a request may. The status comes with the last."""
    for first in range(0, max(1, len(changes)), MAX_CHANGES):
        some, is_last = changes[first : first + MAX_CHANGES], first + MAX_CHANGES >= len(changes)
        annotations.change_locked(kept, user, some, status=status if is_last else None)


def _why_rejected(row: Import, line: Mapping[str, Any]) -> str:
    items = row.upload.items if row.upload else UploadItem.objects.none()
    item = items.filter(name=ingest.clean_name(line["picture"] or "")).first()
    return item.message if item is not None and item.message else "The picture could not be added."


def _refuse(row: Import, place: int, name: str, why: str) -> None:
    """Note that an image could not be labeled. Raises: LeaseLost."""
    refused = row.report.setdefault("refused", [])
    if len(refused) < MOST_DEFECTS:
        refused.append(vars(Defect(name, why, name)))
    if not jobs.mine(row).update(report=row.report, done=place + 1):
        raise LeaseLost


class _Progress:
    """Writes to the row how far it is, now and then; True when it did."""

    def __init__(self, row: Import) -> None:
        self._row, self._told_at = row, float("-inf")

    def __call__(self, done: int) -> bool:
        self._row.done = done
        if time.monotonic() - self._told_at < TOLD_EVERY:
            return False
        self._told_at = time.monotonic()
        if leases.stopping():
            raise Stopping
        if not jobs.mine(self._row).update(done=done):
            raise LeaseLost
        return True


@contextmanager
def _scratch() -> Iterator[Path]:
    SCRATCH.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="import-", dir=SCRATCH) as folder:
        yield Path(folder)


@contextmanager
def _opened(row: Import, folder: Path) -> Iterator[source.Source]:
    """The dataset: a folder of the server, or the stored file, of which `folder` gets a copy. Raises: ImportProblem."""
    path = Path(row.folder) if row.folder else _copied(row.file, folder / "dataset")
    with source.opened(path, row.name) as found:
        yield found


def _copied(stored: FieldFile, path: Path) -> Path:
    with stored.open("rb") as file, path.open("wb") as copy:
        shutil.copyfileobj(file, copy, 1024 * 1024)
    return path


def _replace_plan(row: Import, path: Path) -> None:
    """Store the plan under a name of its own; the row knows the name first, so that nothing is left lying about.

    Raises: LeaseLost.
    """
    old = str(row.plan.name or "")
    name = row.plan.field.generate_filename(row, f"plan-{row.pk}-{secrets.token_hex(8)}.gz")
    if not jobs.mine(row).update(plan=name):
        raise LeaseLost
    row.plan.name = name
    with path.open("rb") as file:
        row.plan.storage.save(name, File(file))
    if old:
        row.plan.storage.delete(old)


def unfinished() -> QuerySet[Import]:
    """Imports that wait for a worker: never begun, or their worker is gone. Those of the command are its own."""
    jobs.release()
    return jobs.line().filter(folder="")


def expire() -> int:
    """Delete imports that nobody confirmed within EXPORT_DAYS, with their files; returns how many."""
    if not settings.EXPORT_DAYS:
        return 0
    over = timezone.now() - timedelta(days=settings.EXPORT_DAYS)
    old = Import.objects.filter(state__in=(State.CHECKED, State.FAILED), created_at__lt=over)
    return sum(bool(row.delete()) for row in old)


def _discard_files(row: Import) -> None:
    """What is carried out needs its dataset and plan no more."""
    for name in ("file", "plan"):
        file = getattr(row, name)
        if file:
            file.storage.delete(str(file.name))
    Import.objects.filter(pk=row.pk).update(file="", plan="")
