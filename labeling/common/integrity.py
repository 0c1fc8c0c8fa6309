"""Is the embedded stack's database whole? Looked at before anything opens it, because opening changes it.

SQLite reads a write-ahead log up to the first frame whose checksum is wrong and says nothing of what comes after it.
So the frames are counted here, against the file's size and against the log's index.
"""

import contextlib
import shutil
import sqlite3
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from labeling.common.files import sync_file, sync_folder

_HEADER, _FRAME = 32, 24
_MAGIC = {0x377F0682: "<", 0x377F0683: ">"}
"""A log's first number, and the order of bytes in which its checksums read words."""

SHOWN = 5


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


def indexed_frames(path: Path, wal: Path) -> int:
    """How many frames the log's index (`-shm`) knows to be committed; 0 when it is about another log, or unreadable."""
    try:
        index, head = path.read_bytes()[:48], wal.read_bytes()[:_HEADER]
    except OSError:
        return 0
    if len(index) < 48 or len(head) < _HEADER or index[32:40] != head[16:24] or not index[12]:
        return 0
    if _checksum(index[:40], "<", (0, 0)) != struct.unpack("<2I", index[40:48]):
        return 0
    return int(struct.unpack("<I", index[16:20])[0])


def _checksum(data: bytes, order: str, start: tuple[int, int]) -> tuple[int, int]:
    """SQLite's checksum of a log, over a multiple of 8 bytes."""
    one, two = start
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for at in range(0, len(words), 2):
        one = (one + words[at] + two) & 0xFFFFFFFF
        two = (two + words[at + 1] + one) & 0xFFFFFFFF
    return one, two


def look(database: Path) -> list[Finding]:
    """What is wrong with an SQLite database and its log. Changes nothing. Raises: OSError when it can't be read."""
    if not database.exists():
        return []
    found = _look_at_wal(database)
    return found + _look_inside(database)


def _look_at_wal(database: Path) -> list[Finding]:
    log = Path(f"{database}-wal")
    wal = read_wal(log)
    known = indexed_frames(Path(f"{database}-shm"), log)
    if known > max(wal.frames, wal.valid):
        text = f"{log.name} is cut off: its index knows {known} pages, {wal.valid} are there and can be read."
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


def _look_inside(database: Path) -> list[Finding]:
    """SQLite's own check, read-only: closing the connection must not move the log into the database."""
    try:
        with contextlib.closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as connection:
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

    Raises: OSError when there is no room.
    """
    folder = database.parent / "damaged" / datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    number = 1
    while folder.exists():
        number += 1
        folder = folder.with_name(f"{folder.name.split('.')[0]}.{number}")
    folder.mkdir(parents=True)
    for name in (database.name, f"{database.name}-wal", f"{database.name}-shm"):
        if (database.parent / name).exists():
            shutil.copy2(database.parent / name, folder / name)
            sync_file(folder / name)
    sync_folder(folder)
    return folder
