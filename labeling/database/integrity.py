"""Is the embedded stack's database whole? Looked at before anything opens it, because opening changes it.

SQLite reads a write-ahead log up to the first frame whose checksum is wrong and says nothing of what comes after it.
So the frames are counted here, against the file's size and against the log's index.
"""

import contextlib
import os
import shutil
import sqlite3
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from labeling.storage.files import sync_file, sync_folder

_HEADER, _FRAME = 32, 24
_MAGIC = {0x377F0682: "<", 0x377F0683: ">"}
"""A log's first number, and the order of bytes in which its checksums read words."""

SHOWN = 5
_BEFORE_OURS = {"auth", "contenttypes"}
"""Django's applications whose tables are made before ours."""

_NOT_DAMAGE = {
    sqlite3.SQLITE_PERM, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN,
}  # fmt: skip


@dataclass(frozen=True)
class Wal:
    """What a write-ahead log has: frames (a page each), those that can be read, what is behind the first bad one."""

    frames: int
    """Frames of the log's present generation, readable or not."""

    valid: int
    lost_commits: int
    """Ends of transactions among the frames that can't be read. One can be a change that a power cut interrupted."""


@dataclass(frozen=True)
class Finding:
    """Something that is wrong, in plain words. `serious`: confirmed work may be lost."""

    text: str
    serious: bool


def read_wal(path: Path) -> Wal:
    """Count the frames of a log. An empty or missing one has none. Raises: OSError."""
    data = path.read_bytes() if path.exists() else b""
    if len(data) <= _HEADER:
        return Wal(0, 0, 0)
    magic, _, page, _, salt1, salt2, sum1, sum2 = struct.unpack(">8I", data[:_HEADER])
    order = _MAGIC.get(magic)
    size = page + _FRAME if page in {1 << n for n in range(9, 17)} else 4096 + _FRAME
    count = (len(data) - _HEADER) // size
    if order is None or _checksum(data[:24], order, (0, 0)) != (sum1, sum2):
        return Wal(count, 0, max(1, count))  # nothing of it can be read
    running, valid, broken, frames, lost = (sum1, sum2), 0, False, 0, 0
    for number in range(count):
        at = _HEADER + number * size
        _, commit, one, two, check1, check2 = struct.unpack(">6I", data[at : at + _FRAME])
        mine = (one, two) == (salt1, salt2)
        if not broken:
            running = _checksum(data[at : at + 8] + data[at + _FRAME : at + size], order, running)
            if mine and running == (check1, check2):
                valid, frames = number + 1, number + 1
                continue
            broken = True
        if mine:  # frames of an earlier generation are left over, and nothing is wrong with that
            frames = number + 1
            lost += commit != 0
    return Wal(frames, valid, lost)


@dataclass(frozen=True)
class Index:
    """What a log's index (`-shm`) knows: which log it is about, its committed frames, those moved to the database."""

    salts: bytes
    frames: int
    moved: int


def read_index(path: Path) -> Index | None:
    """The index; None where there is none that can be read."""
    try:
        with path.open("rb") as file:
            index = file.read(100)
    except OSError:
        return None
    if len(index) < 100 or not index[12] or _checksum(index[:40], "<", (0, 0)) != struct.unpack("<2I", index[40:48]):
        return None
    return Index(index[32:40], *struct.unpack("<I", index[16:20]), *struct.unpack("<I", index[96:100]))


def indexed_frames(path: Path, wal: Path) -> int:
    """How many frames the log's index (`-shm`) knows to be committed and has no other place for; 0 when it is about
    another log, or unreadable."""
    index = read_index(path)
    try:
        with wal.open("rb") as file:
            head = file.read(_HEADER)
    except FileNotFoundError:
        head = b""
    if index is None:
        return 0
    if len(head) < _HEADER:  # the log is gone: what is in the database already is not lost
        return max(0, index.frames - index.moved)
    return index.frames if index.salts == head[16:24] else 0


def _checksum(data: bytes, order: str, start: tuple[int, int]) -> tuple[int, int]:
    """SQLite's checksum of a log, over a multiple of 8 bytes."""
    one, two = start
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for at in range(0, len(words), 2):
        one = (one + words[at] + two) & 0xFFFFFFFF
        two = (two + words[at + 1] + one) & 0xFFFFFFFF
    return one, two


def look(database: Path) -> list[Finding]:
    """What is wrong with an SQLite database and its log. Changes nothing. Raises: OSError when it can't be read.

    What is wrong with the log is told by its index, and whoever opens the database makes the index anew: then a second
    look would find nothing. SQLite even deletes the log of an empty database. Neither is opened.
    """
    if not database.exists() or (database.is_file() and database.stat().st_size == 0):
        return _look_for_log(database)
    found = _look_at_wal(database)
    return found if any(one.serious for one in found) else found + _look_inside(database)


def whose(database: Path, media: Path) -> list[Finding]:
    """Whether a database that is whole is this installation's: not another program's, nor a new one beside the
    pictures of one that is gone. Raises: OSError when it can't be read."""
    tables: set[str] = set()
    apps: set[str] = set()
    if database.exists() and database.stat().st_size:
        with _read_only(database) as connection:
            tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if "django_migrations" in tables:
                apps = {row[0] for row in connection.execute("SELECT DISTINCT app FROM django_migrations")}
    elif not database.exists() and not _has_file(media):
        return []
    if (tables and "django_migrations" not in tables) or (apps - _BEFORE_OURS and "accounts" not in apps):
        return [Finding(f"{database.name} is the database of another program.", True)]
    if "projects_project" not in tables and _has_file(media):
        state = "has no project" if database.exists() else "is missing"
        return [Finding(f"{database.name} {state}, but {media} has pictures of projects.", True)]
    return []


def _has_file(folder: Path) -> bool:
    return any(files for _, _, files in os.walk(folder))


def _look_for_log(database: Path) -> list[Finding]:
    """Of a database that is missing or empty: its log may have all that was saved."""
    log = Path(f"{database}-wal")
    if not log.exists() or log.stat().st_size <= _HEADER:
        return []
    state = "is empty" if database.exists() else "is missing"
    return [Finding(f"{database.name} {state}, but {log.name} has changes for it.", True)]


def _look_at_wal(database: Path) -> list[Finding]:
    log = Path(f"{database}-wal")
    wal = read_wal(log)
    known = indexed_frames(Path(f"{database}-shm"), log)
    if known > max(wal.frames, wal.valid):
        state = "is cut off" if log.exists() else "is missing"
        text = f"{log.name} {state}: its index knows {known} pages, {wal.valid} are there and can be read."
        return [Finding(text + " Changes that had been saved are missing.", True)]
    bad = wal.frames - wal.valid
    if bad <= 0:
        return []
    text = f"{log.name} is damaged: of its {wal.frames} pages the last {bad} can't be read."
    if wal.lost_commits > 1 or known > wal.valid:
        return [
            Finding(f"{text} {max(wal.lost_commits, 1)} changes in them are lost, though they had been saved.", True)
        ]
    if wal.lost_commits == 1:
        return [Finding(text + " They are one change that a power cut or crash interrupted; it is left out.", False)]
    return []  # the beginning of a change that was never finished


@contextlib.contextmanager
def _read_only(database: Path) -> Iterator[sqlite3.Connection]:
    """A connection that moves nothing of the log into the database. Raises: OSError when a disk or a right is what is
    missing, sqlite3.DatabaseError for damage."""
    try:
        with contextlib.closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            yield connection
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _NOT_DAMAGE:
            raise OSError(f"{database}: {error}") from error
        raise


def _look_inside(database: Path) -> list[Finding]:
    """SQLite's own check."""
    try:
        with _read_only(database) as connection:
            said = [row[0] for row in connection.execute("PRAGMA quick_check(20)")]
            orphans = connection.execute("PRAGMA foreign_key_check").fetchmany(1000) if said == ["ok"] else []
    except sqlite3.DatabaseError as error:
        return [Finding(f"{database.name} is damaged and can't be read ({error}).", True)]
    found = []
    if said != ["ok"]:
        found.append(Finding(f"{database.name} is damaged: {'; '.join(said[:SHOWN])}.", True))
    if orphans:
        tables = ", ".join(sorted({str(row[0]) for row in orphans}))
        text = f"{database.name} has {len(orphans)} rows that refer to others that are not there, in {tables}."
        found.append(Finding(text, True))
    return found


def keep_copy(database: Path) -> Path:
    """Copy the database with its log and index to a folder of its own, before anything is changed; returns the folder.

    A start that is tried again and again makes one copy. Raises: OSError when there is no room; no half copy is left.
    """
    files = [Path(f"{database}{end}") for end in ("", "-wal", "-shm")]
    there = [one for one in files if one.exists()]
    state = {one.name: (one.stat().st_size, one.stat().st_mtime_ns) for one in there}
    for made in sorted((database.parent / "damaged").glob("*")):
        if {one.name: (one.stat().st_size, one.stat().st_mtime_ns) for one in made.glob("*")} == state:
            return made
    folder = database.parent / "damaged" / datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    number = 1
    while folder.exists():
        number += 1
        folder = folder.with_name(f"{folder.name.split('.')[0]}.{number}")
    folder.mkdir(parents=True)
    try:
        for one in there:
            shutil.copy2(one, folder / one.name)
            sync_file(folder / one.name)
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    sync_folder(folder)
    return folder
