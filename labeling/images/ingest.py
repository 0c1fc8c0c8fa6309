"""Working off the items of an upload, one by one, so that a killed worker loses nothing.

Each step can be repeated. A worker claims an item for a lease (`labeling.jobs.queue`); the files it writes have names
that belong to this item alone and are overwritten by a second try; the image's row and the item's verdict are committed
together, and only by the owner of the lease. What a kill leaves half done is found by `labeling.images.tasks.sweep`.
"""

import logging
import math
import os
import tempfile
import time
import unicodedata
from datetime import timedelta
from typing import IO, Any

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import Case, Count, When
from django.utils import timezone

from labeling.images import blocks, decoder, paging, pictures, reading, rendering, stored, zips
from labeling.images.models import Image, Upload, UploadItem
from labeling.images.reading import Rejected
from labeling.images.schemas import ItemNews, UploadMessage, UploadNews
from labeling.images.signals import image_accepted
from labeling.jobs import leases
from labeling.jobs.queue import MAX_ATTEMPTS, LeaseQueue
from labeling.server import wake_up
from labeling.storage.roots import OriginalGone
from labeling.web import events
from labeling.web.api import ApiError
from labeling.web.trouble import BUSY, DOWN, FULL, trouble_of

logger = logging.getLogger(__name__)

LONGEST_NAME = 255
RETRY_AFTER = timedelta(seconds=20)
SLICE = 5.0
"""Seconds after which a worker turns to other uploads that wait."""

EVENTS_PER_SECOND = 4
BATCH, BATCH_BYTES, BATCH_SECONDS = 200, 64 * 1024**2, 2.0
"""Unpacked files whose rows are saved together."""

State, Reason = UploadItem.State, UploadItem.Reason
jobs = LeaseQueue(UploadItem, queued={"state": State.WAITING}, held={"state": State.WAITING}, related=("upload",))


class LeaseLost(Exception):
    """Another worker owns the item by now; this one's work is not wanted."""


def work_off(upload_id: int) -> int:
    """Process items of the upload that are waiting and free, for `SLICE` seconds; returns how many."""
    count, until = 0, time.monotonic() + SLICE
    with News(upload_id) as news:
        while not leases.stopping() and (item := claim(upload_id)) is not None:
            with jobs.renewing(item):
                process(item, news, until)
            count += 1
            if time.monotonic() > until:
                break
    finish(upload_id)
    return count


def nudge(upload_id: int, *, always: bool = False) -> None:
    """Have a worker look at the upload, once the transaction is committed. A lost message is made good by the sweep."""
    wake_up.send("labeling.images.tasks.ingest", upload_id, expires=300, always=always)


def hand_over(upload_id: int) -> None:
    """Have a worker look at the next upload of which something waits and nobody is at work on, then at this one if
    something of it is left.

    In this order, and only once the place is free (`tasks.ingest`): else whoever uploads much would get it back. The
    next one is that with the next number, and after the last the first: each gets its turn.
    """
    waits = jobs.line()
    busy = UploadItem.objects.filter(lease_until__gte=timezone.now()).values("upload")
    after = Case(When(upload__gt=upload_id, then=0), default=1)
    others = waits.exclude(upload=upload_id).exclude(upload__in=busy).order_by(after, "upload_id")
    for one in (others, waits.filter(upload=upload_id)):
        if (following := one.values_list("upload_id", flat=True).first()) is not None:
            nudge(following, always=True)


class News:
    """Tells the project's pages how far an upload is, `EVENTS_PER_SECOND` times a second at most: each time its files
    are counted. What was held back is told at the end of the `with` block."""

    def __init__(self, upload_id: int) -> None:
        self._upload_id = upload_id
        self._told_at = float("-inf")
        self._held_back: UploadItem | None = None

    def __enter__(self) -> "News":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._held_back is not None and kind is None:
            self._tell(self._held_back)

    def of(self, item: UploadItem) -> None:
        """Something became of `item`."""
        if time.monotonic() - self._told_at < 1 / EVENTS_PER_SECOND:
            self._held_back = item
        else:
            self._tell(item)

    def _tell(self, item: UploadItem) -> None:
        self._held_back, self._told_at = None, time.monotonic()
        publish(item.upload, item)


def claim(upload_id: int) -> UploadItem | None:
    """Take the first waiting item that no living worker has; None when there is none."""
    return jobs.claim(jobs.line().filter(upload_id=upload_id))


def process(item: UploadItem, news: News | None = None, until: float = math.inf) -> None:
    """Accept, unpack or reject a claimed item. Trouble of the server's own leaves it waiting for a later try.

    until: a zip that is not unpacked by then (`time.monotonic()`) is gone on with later.
    """
    news = news or News(item.upload_id)
    try:
        if jobs.is_worn_out(item):
            raise Rejected(
                Reason.FAILED,
                f"The server failed {MAX_ATTEMPTS} times to process this file. Upload it again; if that fails too, "
                "tell the administrator: the worker's log says why.",
            )
        with item.file.open("rb") as file:
            kind = reading.sniff(file.read(reading.HEAD))
            if kind == "ZIP" and item.reference:
                raise Rejected(Reason.NOT_AN_IMAGE, "A zip is not taken by reference. Upload it, or unpack it there.")
            if kind == "ZIP":
                _unpack(item, file, news, until)
            elif item.page is None and kind in paging.PAGED and (pages := paging.pages(item)):
                _split(item, pages, news)
            else:
                _accept(item, file, news)
    except LeaseLost:
        logger.warning("upload item %s: the lease was lost, another worker has it", item.pk)
    except OriginalGone as gone:
        _reject(item, Rejected(Reason.CHANGED, str(gone)), news)
    except Exception as error:
        trouble = own_trouble(error)
        if trouble is not None:
            _wait_out(item, trouble, news)
            return
        if isinstance(error, Rejected):
            _reject(item, error, news)
            return
        logger.exception("upload item %s is tried again later (attempt %s)", item.pk, item.attempts)
        jobs.give_back(item, not_before=timezone.now() + RETRY_AFTER * item.attempts)


def own_trouble(error: BaseException) -> str | None:
    """What is wrong with the server, when that and not the file is what an error is about; None for anything else.

    A decoder gives its errors new names; what they come from (`raise … from`) tells.
    """
    if isinstance(error, FileNotFoundError):
        return "the file is not on the storage; is it mounted?"
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, OSError | DatabaseError) and trouble_of(found) in (FULL, DOWN, BUSY):
            return (os.strerror(found.errno) if isinstance(found, OSError) and found.errno else "the database").lower()
        found = found.__cause__
    return None


def _wait_out(item: UploadItem, trouble: str, news: News) -> None:
    """Leave the item waiting for as long as the trouble lasts, tried again and again; its file stays. Tell people."""
    logger.error("upload item %s waits, the server is out of order: %s", item.pk, trouble)
    message = (
        f"The server can't read or write its files right now ({trouble}). The file is kept and tried again by itself; "
        "if this stays, tell the administrator."
    )
    tried = min(item.attempts, MAX_ATTEMPTS)
    moment, attempts = timezone.now() + RETRY_AFTER * tried, min(tried, MAX_ATTEMPTS - 1)
    if jobs.give_back(item, not_before=moment, attempts=attempts, message=message):
        news.of(item)


def finish(upload_id: int) -> bool:
    """Mark the upload as done if it is closed and nothing of it waits; True for whoever was the one to do it."""
    waiting = UploadItem.objects.filter(upload_id=upload_id, state=State.WAITING)
    unfinished = Upload.objects.filter(pk=upload_id, closed=True, finished_at=None)
    if waiting.exists() or not unfinished.update(finished_at=timezone.now()):
        return False
    publish(Upload.objects.get(pk=upload_id))
    return True


def publish(upload: Upload, item: UploadItem | None = None) -> None:
    """Tell the project's pages how far the upload is, and what became of `item`."""
    told = None
    if item is not None:
        told = ItemNews(
            name=item.name, state=State(item.state), reason=item.reason or None, message=item.message or None
        )
    events.publish(events.project_group(upload.project_id), UploadMessage(**dict(news(upload)), item=told).event())


def news(upload: Upload) -> UploadNews:
    """How far an upload is."""
    return UploadNews(id=upload.pk, state=upload.state, **totals(upload))


def totals(upload: Upload) -> dict[str, int]:
    """Files of the upload (a zip counts as its files once unpacked), those accepted, those rejected."""
    counted = dict(upload.items.order_by().values_list("state").annotate(Count("pk")))
    return {
        "total": sum(counted.values()) - counted.get(State.UNPACKED, 0),
        "accepted": counted.get(State.ACCEPTED, 0),
        "rejected": counted.get(State.REJECTED, 0),
    }


def _accept(item: UploadItem, file: IO[bytes], news: News) -> None:
    """Make the item's file an image of the project. Raises: Rejected, LeaseLost."""
    digest = paging.digest(item, file)
    _refuse_duplicate(item, digest)
    original, project_id, page = str(item.file.name), item.upload.project_id, item.page or 0
    shown = rendering.Rendering.of(project_id)
    options: dict[str, Any] = {"blocks_from": blocks.BLOCKS_FROM, "side": blocks.SIDE, "wanted": shown.wanted(page)}
    with decoder.decoded(item.file, "take_in", **options) as (found, folder):
        stored.check_unchanged(item.file)  # what was decoded is what the digest is of
        made_by = shown.digest if rendering.applies(found["source"]) else ""
        names = pictures.store(found, folder, original, made_by)
    view, thumbnail = names["view"], names["thumbnail"]
    image = Image(
        project_id=project_id, name=item.name, sha256=digest, page=page, rendering=made_by,
        original=original, view=view, thumbnail=thumbnail, reference=item.reference,
        width=found["width"], height=found["height"], source=found["source"],
    )  # fmt: skip
    try:
        with transaction.atomic():
            image.save(force_insert=True)
            _settle(item, state=State.ACCEPTED, image=image, file="", message="")
    except IntegrityError:  # a copy was faster, or the project is gone
        pictures.delete_files({*names.values()} - {original})
        _refuse_duplicate(item, digest)
        raise
    image_accepted.send(sender=Image, image=image)
    if shown != rendering.Rendering.of(project_id):
        rendering.catch_up(item.upload.project)  # somebody changed it while the file was read
    news.of(item)


def _refuse_duplicate(item: UploadItem, digest: str) -> None:
    same = Image.objects.filter(project_id=item.upload.project_id, sha256=digest)
    # Version 0.1 made one image of a file of many pages, of its first one.
    page = item.page or 0
    pages = [0, 1] if page <= 1 else [page]
    twin = same.filter(page__in=pages).first()
    if twin is not None:
        message = f"The project already has this picture, as “{twin.name}”. There is nothing to do."
        raise Rejected(Reason.DUPLICATE, message)


def _reject(item: UploadItem, rejected: Rejected, news: News) -> None:
    try:
        _settle(item, state=State.REJECTED, reason=rejected.reason, message=rejected.message)
    except LeaseLost:
        return
    news.of(item)
    discard_file(item)


def discard_file(item: UploadItem) -> None:
    """Delete the file of an item that needs it no more. The row forgets its name last: a kill before is made good."""
    pictures.delete_files({str(item.file.name or "")})
    UploadItem.objects.filter(pk=item.pk).update(file="")


def _split(item: UploadItem, pages: list[int], news: News) -> None:
    """Make an item of each page of a file; all have the same bytes. Raises: Rejected, LeaseLost."""
    batch = _Batch(item, news)
    known = set(item.entries.values_list("entry", flat=True))
    for number, page in enumerate(pages, 1):
        if page in known:
            continue
        child = UploadItem(upload=item.upload, parent=item, entry=page, page=page, size=item.size)
        child.name = clean_name(paging.name_of(item.name, number))
        child.file.name = paging.copy_for(item, page)
        batch.add(child)
    batch.save()
    _settle(item, state=State.UNPACKED, message="")
    publish(item.upload)
    discard_file(item)


def _unpack(item: UploadItem, file: IO[bytes], news: News, until: float) -> None:
    """Make an item of each file of the zip. Raises: Rejected, LeaseLost."""
    if item.parent_id is not None:
        raise Rejected(Reason.NOT_AN_IMAGE, "A zip inside a zip is not unpacked. Upload it by itself.")
    with zips.open_zip(file) as archive:
        known = dict(item.entries.values_list("entry", "size"))
        left = settings.MAX_ZIP_BYTES - sum(known.values())
        found = False
        batch = _Batch(item, news)
        for entry in archive.entries():
            found = True
            if entry.index in known:
                continue
            if leases.stopping() or time.monotonic() > until:
                batch.save()
                jobs.give_back(item, counted=False)
                return
            child, size = _unpack_entry(item, archive, entry, left)
            left -= size
            batch.add(child)
        batch.save()
    if not found:
        raise Rejected(Reason.CORRUPT, "The zip has no files in it.")
    _settle(item, state=State.UNPACKED, message="")
    publish(item.upload)
    discard_file(item)


class _Batch:
    """Items of a zip whose files are stored: their rows come together. A kill before that repeats the unpacking."""

    def __init__(self, item: UploadItem, news: News) -> None:
        self._item, self._news = item, news
        self._children: list[UploadItem] = []
        self._bytes = 0
        self._since = time.monotonic()

    def add(self, child: UploadItem) -> None:
        self._children.append(child)
        self._bytes += child.size
        late = time.monotonic() - self._since > BATCH_SECONDS
        if late or len(self._children) >= BATCH or self._bytes > BATCH_BYTES:
            self.save()

    def save(self) -> None:
        """Rows that a worker made who had the lease before us stay as they are."""
        if self._children:
            UploadItem.objects.bulk_create(self._children, ignore_conflicts=True)
            self._news.of(self._children[-1])
        self._children, self._bytes, self._since = [], 0, time.monotonic()


def _unpack_entry(item: UploadItem, archive: zips.Zip, entry: zips.Entry, left: int) -> tuple[UploadItem, int]:
    """The item of one file of the zip, not yet saved, and the bytes it unpacked to, also when it was then rejected."""
    child = UploadItem(upload=item.upload, parent=item, entry=entry.index, name=clean_name(entry.name))
    count = 0
    with tempfile.SpooledTemporaryFile(max_size=8 * zips.CHUNK) as whole:
        try:
            zips.check(entry)
            for chunk in zips.unpack(archive.archive, entry, left):
                count += len(chunk)
                whole.write(chunk)
            whole.seek(0)
            stem, suffix = str(item.file.name).rsplit(".", 1)[0], zips.suffix(entry.name)
            child.file.name = _save(f"{stem}-{entry.index}{suffix}", whole)
            child.size = count
        except Rejected as rejected:
            if own_trouble(rejected) is not None:
                raise  # of the whole zip: this entry is as good as the others
            child.state, child.reason, child.message = State.REJECTED, rejected.reason, rejected.message
    return child, count


def _save(name: str, content: IO[bytes]) -> str:
    """Store under exactly `name`, over what a killed worker may have left."""
    default_storage.delete(name)
    return default_storage.save(name, File(content))


def clean_name(name: str) -> str:
    """A file name fit for the database and for pages: no control characters, at most 255 characters (the end kept)."""
    name = unicodedata.normalize("NFC", name)  # macOS sends them decomposed
    name = "".join(character if character.isprintable() else "�" for character in name).strip() or "unnamed"
    return name if len(name) <= 255 else "…" + name[-254:]


def checked_path(path: str) -> str:
    """A client's relative path for a file, fit to be its name; "" stays "". Raises: ApiError 400 `bad_path`."""
    if not path:
        return ""
    parts = path.split("/")
    if len(path) > LONGEST_NAME:
        reason = f"is longer than {LONGEST_NAME} characters"
    elif any(part in ("", ".", "..") for part in parts) or parts[0][1:] == ":":
        reason = "is absolute, or has an empty part, “.” or “..”"
    elif "\\" in path:
        reason = "has a backslash"
    else:
        return path
    raise ApiError(400, "bad_path", f"The path “{clean_name(path)[:80]}” {reason}. Send one like street/a.jpg.")


def _settle(item: UploadItem, **fields: object) -> None:
    """Write the verdict and give the lease back. Raises: LeaseLost when it is not ours any more."""
    if not jobs.settle(item, **fields):
        raise LeaseLost
