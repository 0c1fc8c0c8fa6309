"""Entries of a file by what they belong to, kept on disk: a dataset lists them in any order, and may have millions."""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from labeling.exchange.scratch import SCRATCH

_AT_ONCE = 1000
_CACHE = 32  # MB


class Spool:
    """A table of texts on disk: each of a `section`, with a `key` to find it by and a `place`. Made by `opened`."""

    def __init__(self, path: Path) -> None:
        self._rows: list[tuple[str, str, int, str]] = []
        self._base = sqlite3.connect(path, isolation_level=None)
        # Nothing of it has to outlive this process, so nothing is waited for.
        for setting in (
            "journal_mode=OFF",
            "synchronous=OFF",
            "locking_mode=EXCLUSIVE",
            f"cache_size=-{_CACHE * 1024}",
        ):
            self._base.execute(f"PRAGMA {setting}")
        self._base.execute("CREATE TABLE entries (section TEXT, key TEXT, place INTEGER, text TEXT)")
        self._base.execute("BEGIN")

    def add(self, section: str, key: str, place: int, text: str) -> None:
        """Keep one. Before anything is read `seal` comes."""
        self._rows.append((section, key, place, text))
        if len(self._rows) == _AT_ONCE:
            self._write()

    def seal(self) -> None:
        """All are there."""
        self._write()
        self._base.execute("CREATE INDEX by_key ON entries (section, key, place)")
        self._base.execute("COMMIT")

    def _write(self) -> None:
        self._base.executemany("INSERT INTO entries VALUES (?, ?, ?, ?)", self._rows)
        self._rows.clear()

    def all(self, section: str) -> Iterator[tuple[int, str]]:
        """Place and text of a section's entries, in the order in which they were added."""
        yield from self._base.execute("SELECT place, text FROM entries WHERE section = ? ORDER BY rowid", [section])

    def of(self, section: str, key: str) -> Iterator[tuple[int, str]]:
        """Those with a key, by their place."""
        asked = "SELECT place, text FROM entries WHERE section = ? AND key = ? ORDER BY place"
        for row in self._base.execute(asked, [section, key]):  # noqa: UP028 - it would close the cursor, after the base
            yield row

    def without(self, section: str, other: str) -> Iterator[tuple[int, str]]:
        """Those of a section whose key no entry of the other section has, by their place."""
        asked = (
            "SELECT place, text FROM entries AS one WHERE section = ? AND NOT EXISTS (SELECT 1 FROM entries AS two "
            "WHERE two.section = ? AND two.key = one.key) ORDER BY rowid"
        )
        yield from self._base.execute(asked, [section, other])

    def __enter__(self) -> "Spool":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._base.close()


@contextmanager
def opened() -> Iterator[Spool]:
    """A new one. Its file goes with it; that of a killed process is deleted as all that such processes leave."""
    SCRATCH.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="import-", dir=SCRATCH) as folder, Spool(Path(folder) / "entries") as spool:
        yield spool
