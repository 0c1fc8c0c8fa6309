"""Heads as files and rows: the starter models that ship, and the versions that projects train.

A project's head lies on the default storage under `projects/<project>/heads/`, so it goes with its project and no other
project's lookup finds it. ONNX Runtime needs it in a folder: that of the storage where it is a disk, else a copy.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import tempfile
import threading
import time
from collections import OrderedDict
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from labeling.projects.models import Project
from labeling.suggestions import registry
from labeling.suggestions.models import HeadVersion
from labeling.suggestions.schemas import HeadData, HeadNews, MethodData
from labeling.web.api import ApiError

if TYPE_CHECKING:
    from inference.heads.head import Head

MANIFEST = "manifest.json"
WORST = "worst.png"
COPIES = settings.HOME / "heads"
"""Where heads of an object store lie on this machine."""

MOST_COPIES, COPY_KEPT = 20, timedelta(hours=12)
"""So many stay, and those that may still be in use."""

LOADED = 4
"""Heads in the memory of a process."""

State = HeadVersion.State
_loaded: OrderedDict[int, Head] = OrderedDict()
_lock = threading.Lock()


class HeadGone(Exception):
    """The head's files can't be read; the message says what to do."""


def starter_folder(kind: str) -> Path:
    """Where the starter model of a kind is installed, if it is."""
    from inference.core.features import WEIGHTS

    return WEIGHTS / "heads" / kind


def is_installed(method: str) -> bool:
    """Whether a method without a head can be asked: its weights are there, or it needs none."""
    folder = registry.named(method).weights
    return folder is None or (starter_folder(folder) / MANIFEST).is_file()


def require_installed(method: str) -> None:
    """Raises: ApiError 409 `method_not_installed`."""
    if not is_installed(method):
        message = (
            f"The model for “{registry.title_of(method)}” is not installed on this server "
            f"(inference/weights/heads/{method}). Ask the administrator to update Interlabel."
        )
        raise ApiError(409, "method_not_installed", message)


def find_starters() -> None:
    """Give each installed starter model a row. New weights are a new version; the row before stays for its history."""
    for kind in _kinds():
        path = starter_folder(kind) / MANIFEST
        if not path.is_file():
            continue
        fingerprint = _fingerprint(path)
        if HeadVersion.objects.filter(project=None, kind=kind, fingerprint=fingerprint).exists():
            continue
        manifest = json.loads(path.read_bytes())
        with transaction.atomic():
            HeadVersion.objects.create(
                kind=kind, number=next_number(None, kind), state=State.READY, fingerprint=fingerprint,
                classes=manifest["categories"], features_version=manifest.get("features_version", ""),
                figures=manifest.get("held_out", {}), finished_at=timezone.now(),
            )  # fmt: skip


def _kinds() -> list[str]:
    return [method.name for method in registry.with_head()]


def _fingerprint(path: Path) -> str:
    """Raises: OSError."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def next_number(project: Project | None, kind: str) -> int:
    """The number of the next version."""
    last = HeadVersion.objects.filter(project=project, kind=kind).aggregate(last=Max("number"))["last"]
    return int(last or 0) + 1


def of_project(project: Project) -> list[HeadVersion]:
    """The project's own versions, newest first, without anybody else's."""
    return list(HeadVersion.objects.filter(project=project).select_related("created_by"))


def starters() -> list[HeadVersion]:
    """The newest starter model of each kind."""
    found = [HeadVersion.objects.filter(project=None, kind=kind, state=State.READY).first() for kind in _kinds()]
    return [head for head in found if head is not None]


def usable(project: Project) -> list[HeadVersion]:
    """Heads that the project may ask: its own that are ready, then the starter models."""
    return [head for head in of_project(project) if head.state == State.READY] + starters()


def best(project: Project, kind: str) -> HeadVersion | None:
    """The newest own head of that kind, else the starter model, else None."""
    return next((head for head in usable(project) if head.kind == kind), None)


def offered_methods(project: Project) -> list[MethodData]:
    """Every method with whether it can be asked here, and by which head."""
    by_kind = {head.kind: head for head in reversed(usable(project))}
    shown: list[MethodData] = []
    for method in registry.methods():
        head = by_kind.get(method.name)
        row = MethodData(
            method=method.name,
            title=method.title,
            about=method.about,
            can=can_ask(method, head),
            head=head.title if head is not None else None,
            trained=method.head is not None,
            on_images=method.propose is not None,
            automatic=method.automatic,
        )
        shown.append(row)
    return shown


def can_ask(method: registry.Method, head: HeadVersion | None) -> bool:
    """Whether a method can be asked. head: the best one that there is for it."""
    if method.imported:
        return False
    return head is not None if method.head is not None else is_installed(method.name)


def for_project(project: Project, head_id: int) -> HeadVersion:
    """A head that the project may ask or look at. Raises: ApiError 404 for any other one, also another project's."""
    found = HeadVersion.objects.filter(pk=head_id).first()
    if found is None or (found.project_id is not None and found.project_id != project.pk):
        raise ApiError(404, "no_such_head", "The project has no such model. Reload the page.")
    return found


def load(head: HeadVersion) -> Head:
    """The head ready to answer, kept in memory. Raises: HeadGone."""
    from inference.heads.head import Head

    with _lock:
        if head.pk in _loaded:
            _loaded.move_to_end(head.pk)
            return _loaded[head.pk]
    try:
        found = Head.load(local_folder(head))
    except HeadGone:
        raise
    except Exception as error:  # noqa: BLE001 - ONNX Runtime has classes of its own for each kind of damage
        raise HeadGone(f"The files of the model “{head.title}” can't be read ({error}). Train it again.") from error
    with _lock:
        _loaded[head.pk] = found
        while len(_loaded) > LOADED:
            _loaded.popitem(last=False)
    return found


def local_folder(head: HeadVersion) -> Path:
    """A folder of this machine with the head's files. Raises: OSError, HeadGone."""
    if head.project_id is None:
        folder = starter_folder(head.kind)
        if _fingerprint(folder / MANIFEST) != head.fingerprint:
            raise HeadGone("A newer starter model is installed. Start another run.")
        return folder
    if not head.folder:
        raise HeadGone(f"The model “{head.title}” has no files. Train it again.")
    if isinstance(default_storage, FileSystemStorage):
        return Path(default_storage.path(head.folder))
    return _copied(head)


def _copied(head: HeadVersion) -> Path:
    """From an object store to this machine, whole or not at all."""
    place = COPIES / head.folder.rstrip("/").rpartition("/")[2]
    if not place.is_dir():
        COPIES.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=COPIES, prefix="draft-"))
        try:
            for name in default_storage.listdir(head.folder)[1]:
                with default_storage.open(f"{head.folder}{name}", "rb") as source, (draft / name).open("wb") as target:
                    shutil.copyfileobj(source, target)
            draft.rename(place)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        _bound_copies()
    os.utime(place)
    return place


def _bound_copies() -> None:
    """Delete the copies that were used least lately; they are copied again when they are needed."""
    known = sorted(COPIES.iterdir(), key=lambda one: one.stat().st_mtime, reverse=True)
    for old in known[MOST_COPIES:]:
        if time.time() - old.stat().st_mtime > COPY_KEPT.total_seconds():
            shutil.rmtree(old, ignore_errors=True)


def new_folder(head: HeadVersion) -> str:
    """A storage prefix that no other attempt has."""
    return f"projects/{head.project_id}/heads/{head.kind}-{head.number}-{secrets.token_hex(4)}/"


def store(prefix: str, *files: Path) -> None:
    """Put files under a storage prefix."""
    for path in files:
        with path.open("rb") as file:
            default_storage.save(f"{prefix}{path.name}", File(file))


def delete_files(prefix: str) -> None:
    """Delete what is under a storage prefix; what is gone already is fine."""
    if not prefix:
        return
    try:
        names = default_storage.listdir(prefix)[1]
    except FileNotFoundError:
        return
    for name in names:
        default_storage.delete(f"{prefix}{name}")
    if isinstance(default_storage, FileSystemStorage):
        shutil.rmtree(default_storage.path(prefix), ignore_errors=True)
    shutil.rmtree(COPIES / prefix.rstrip("/").rpartition("/")[2], ignore_errors=True)


def news(head: HeadVersion) -> HeadNews:
    """The part of a head that changes, as docs/reference/protocol.md has it."""
    return HeadNews(
        id=head.pk, kind=head.kind, number=head.number, state=State(head.state), step=head.step,
        steps=head.steps, seconds=round(head.seconds, 1), loss=head.curve[-1][1] if head.curve else None,
        left=head.left if head.state == State.TRAINING else None,
        reason=head.reason if head.state == State.FAILED else None,
    )  # fmt: skip


def describe(head: HeadVersion) -> HeadData:
    """A head as the API shows it."""
    return HeadData(
        **dict(news(head)),
        title=head.title,
        starter=head.project_id is None,
        classes=head.classes,
        images=len(head.images),
        figures={name: value for name, value in head.figures.items() if name != WORST},
        curve=head.curve,
        worst=f"/heads/{head.pk}/worst" if head.figures.get(WORST) else None,
        created_by=head.created_by.shown_name if head.created_by else None,
        created_at=head.created_at.isoformat(),
    )
