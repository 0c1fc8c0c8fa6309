"""Looking through a source: new pictures are added by reference, changed and missing ones are told.

A worker claims a source for a lease (`labeling.jobs.queue`) and goes through its files in an order that stays, some at
a time: these files' rows, the new pictures and the place of the scan are one transaction, so whoever takes over from a
killed worker goes on there. Whether a file is the same is told by its size and mark; if these differ, by its content.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta
from itertools import islice
from pathlib import PurePosixPath

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from labeling.images import services as images
from labeling.images import zips
from labeling.images.models import Image, UploadItem
from labeling.images.reading import FORMATS
from labeling.jobs import leases
from labeling.jobs.queue import MAX_ATTEMPTS, LeaseQueue
from labeling.server import wake_up
from labeling.sources.models import Source, SourceFile
from labeling.storage.roots import Found, Reference, Root, RootUnavailable, root_named

logger = logging.getLogger(__name__)

SLICE = 30.0
"""Seconds after which a worker turns to other sources."""

AT_ONCE = 200
MOST_FILES = 500_000
RETRY_AFTER = timedelta(seconds=60)
PICTURES = frozenset(suffix for suffixes in FORMATS.values() for suffix in suffixes)
CHUNK = 1024 * 1024

Problem = SourceFile.Problem
jobs = LeaseQueue(Source, queued={"due": True}, held={"due": True}, related=("project", "created_by"))


class LeaseLost(Exception):
    """Another worker has the source by now, or it was disconnected."""


def nudge() -> None:
    """Have a worker look at the rows."""
    wake_up.send("labeling.sources.tasks.scan", expires=60)


def ask() -> None:
    """Have the watched sources scanned whose time has come; give back those of dead workers."""
    jobs.release()
    before = timezone.now() - timedelta(seconds=settings.WATCH_SECONDS)
    late = Source.objects.filter(due=False, watch=True, project__archived_at=None, project__binned_at=None)
    late.filter(Q(tried_at=None) | Q(tried_at__lt=before)).update(due=True, attempts=0)
    if jobs.is_waiting():
        nudge()


def drain(until: float) -> int:
    """Scan until nothing waits or the moment `until`; returns how many sources were gone through to their end."""
    count = 0
    while not leases.stopping() and time.monotonic() < until and (source := jobs.claim()) is not None:
        count += work(source)
    return count


def work(source: Source, seconds: float = SLICE) -> bool:
    """Go on with a claimed source; True when it was gone through to its end."""
    try:
        with jobs.renewing(source):
            if jobs.is_worn_out(source):
                raise RootUnavailable(
                    f"The worker died {MAX_ATTEMPTS} times while scanning. Ask the administrator to look at its log."
                )
            ended = _scan(source, time.monotonic() + seconds)
    except LeaseLost:
        logger.warning("source %s: the lease was lost", source.pk)
        return False
    except RootUnavailable as error:
        _end(source, trouble=str(error))
        return False
    except Exception:
        logger.exception("source %s is tried again later (attempt %s)", source.pk, source.attempts)
        jobs.give_back(source, not_before=timezone.now() + RETRY_AFTER)
        return False
    if not ended:
        jobs.give_back(source, counted=False)
    return ended


def _scan(source: Source, until: float) -> bool:
    """Raises: LeaseLost, RootUnavailable."""
    if source.project.archived_at is not None or source.project.binned_at is not None:
        raise RootUnavailable("The project is archived or in the bin. Restore it to scan again.")
    root = root_named(source.root)
    if not source.position:
        source.seen = source.others = 0
    files = root.files(source.prefix, source.position)
    while batch := list(islice(files, AT_ONCE)):
        whole = _take(source, root, batch, until)
        if source.seen > MOST_FILES:
            raise RootUnavailable(f"There are more than {MOST_FILES:,} pictures in it. Connect folders of it instead.")
        if not whole or leases.stopping() or time.monotonic() > until:
            return False
    _finish(source, root)
    return True


def _take(source: Source, root: Root, batch: list[Found], until: float) -> bool:
    """Deal with some files, all or nothing; only with the first of them when their contents take longer to read than
    `until`. Returns: whether it was all of them. Raises: LeaseLost.
    """
    pictures = [one for one in batch if _is_picture(one.path)]
    keys = {one.path: _key(one.path) for one in pictures}
    known = {
        one.path: one for one in source.files.filter(key__in=keys.values()).select_related("item__image")
    }  # fmt: skip
    there = [(known[one.path], one) for one in pictures if one.path in known]
    same = [row.pk for row, one in there if _is_same(row, one)]
    told = [row.pk for row, one in there if _is_known_change(row, one)]
    done = {row.path for row, _ in there if row.pk in {*same, *told}}
    different = [one for one in pictures if one.path not in done]
    digests: dict[str, str | None] = {}
    cut = batch
    for number, one in enumerate(different):
        if digests and time.monotonic() > until:
            cut, different = batch[: batch.index(one)], different[:number]
            break
        if one.path in known or _twins(source, one):
            digests[one.path] = _digest(root, one)
    seen = sum(_is_picture(one.path) for one in cut)
    with transaction.atomic():
        source.files.filter(pk__in=same).update(round=source.round, problem="")
        source.files.filter(pk__in=told).update(round=source.round)
        for one in different:
            _take_one(source, known.get(one.path), one, digests.get(one.path))
        source.position = cut[-1].path
        source.seen += seen
        source.others += len(cut) - seen
        place = {"position": source.position, "seen": source.seen, "others": source.others, "upload": source.upload}
        if not jobs.mine(source).update(**place):
            raise LeaseLost
    return cut is batch


def _is_picture(path: str) -> bool:
    """By its name."""
    return PurePosixPath(path).suffix.lower() in PICTURES and not zips.is_junk(path)


def _is_same(known: SourceFile, found: Found) -> bool:
    """Whether it is what is known, so that there is nothing to do."""
    return (known.size, known.mark) == (found.size, found.mark)


def _is_known_change(known: SourceFile, found: Found) -> bool:
    """Whether it was compared as it is now, and told: its content needs not be read at each scan."""
    image = known.item.image if known.item else None
    return image is not None and known.problem == Problem.CHANGED and known.changed_to == _state(found)


def _state(found: Found) -> str:
    return f"{found.size} {found.mark}"


def _take_one(source: Source, known: SourceFile | None, found: Found, digest: str | None) -> None:
    """A file that is new, or differs from what was there under its name."""
    if known is None:
        moved = _moved_from(source, found, digest)
        if moved is not None:
            moved.path, moved.key = found.path, _key(found.path)
            _refer(moved, found)
        else:
            _add(source, None, found)
        return
    image = known.item.image if known.item else None
    if known.item is not None and known.item.state == UploadItem.State.WAITING:
        known.round = source.round
        known.save()  # a worker is at it, and finds out itself that it changed
    elif image is None:
        _add(source, known, found)
    elif digest == image.sha256:
        _refer(known, found)
    else:
        known.round, known.problem, known.changed_to = source.round, Problem.CHANGED, _state(found)
        known.save()


def _add(source: Source, known: SourceFile | None, found: Found) -> None:
    if source.upload is None or source.upload.closed:
        source.upload = images.start_upload(source.project, source.created_by)
    reference = Reference(source.root, found.path, found.size, found.mark)
    item = images.add_reference(source.upload, _name(source, found.path), reference)
    fields = {"size": found.size, "mark": found.mark, "round": source.round, "item": item, "problem": ""}
    if known is None:
        SourceFile.objects.create(source=source, path=found.path, key=_key(found.path), **fields)
    else:
        SourceFile.objects.filter(pk=known.pk).update(**fields)


def _refer(file: SourceFile, found: Found) -> None:
    """The same picture under another name, or with another time: its image refers to it as it is now."""
    file.size, file.mark, file.round, file.problem = found.size, found.mark, file.source.round, ""
    file.save()
    if file.item is not None and file.item.image is not None:
        reference = Reference(file.source.root, file.path, found.size, found.mark)
        Image.objects.filter(pk=file.item.image.pk).update(reference=asdict(reference))


def _twins(source: Source, found: Found) -> bool:
    return source.files.filter(size=found.size, item__image__isnull=False).exists()


def _moved_from(source: Source, found: Found, digest: str | None) -> SourceFile | None:
    """The known file with the same content that is not where it was."""
    if digest is None:
        return None
    root = root_named(source.root)
    twins = source.files.filter(size=found.size, item__image__sha256=digest).select_related("item__image", "source")
    return next((one for one in twins if one.round < source.round and not _is_there(root, one.path)), None)


def _is_there(root: Root, path: str) -> bool:
    try:
        root.look(path)
    except FileNotFoundError:
        return False
    return True


def _digest(root: Root, found: Found) -> str | None:
    """SHA-256 of a file's content; None for one that changes at this moment, or is larger than any picture may be."""
    if found.size > settings.MAX_UPLOAD_BYTES:
        return None
    digest = hashlib.sha256()
    try:
        with root.open(found) as file:
            for chunk in iter(lambda: file.read(CHUNK), b""):
                digest.update(chunk)
    except FileNotFoundError:  # or it may not be read
        return None
    return digest.hexdigest()


def _finish(source: Source, root: Root) -> None:
    """What this scan did not see is missing. Raises: LeaseLost, RootUnavailable."""
    unseen = source.files.filter(round__lt=source.round)
    if not source.seen and unseen.filter(item__image__isnull=False).exists():
        raise RootUnavailable(
            f"There are no pictures in {root.title} any more. If it is a disk of its own, have it mounted again."
        )
    with transaction.atomic():
        unseen.filter(item__image__isnull=False).update(problem=Problem.MISSING)
        unseen.filter(item__image__isnull=True).delete()
    _end(source)


def _end(source: Source, trouble: str = "") -> None:
    """The scan is over, well or not."""
    if source.upload is not None and not source.upload.closed:
        images.close(source.upload)
    now = timezone.now()
    told = {"due": False, "position": "", "round": source.round + 1, "trouble": trouble, "tried_at": now, "attempts": 0}
    if not jobs.settle(source, **told, **({} if trouble else {"scanned_at": now})):
        raise LeaseLost


def _name(source: Source, path: str) -> str:
    """What the image is called: its path in the source's folder."""
    return path[len(source.prefix) + 1 :] if source.prefix else path


def _key(path: str) -> str:
    return hashlib.sha256(path.encode()).hexdigest()


def scan_now(source: Source) -> Iterator[Source]:
    """Scan in this process to the end; gives the source after each part. For the command."""
    while (claimed := jobs.claim(jobs.line().filter(pk=source.pk))) is not None:
        work(claimed)
        yield claimed
