"""A damaged database is told before it is opened, and kept as it was."""

import contextlib
import shutil
import sqlite3
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError
from django.db import connection

from labeling.commands.management.commands.start import Command
from labeling.database import integrity

KEEPS = 20
PAGE, FRAME = 4096, 4096 + 24


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """20 committed changes that lie in the log alone: the writer was killed."""
    path = tmp_path / "live" / "interlabel.sqlite3"
    path.parent.mkdir()
    code = (
        "import os, sqlite3, sys\n"
        "db = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "db.execute('PRAGMA journal_mode=WAL'); db.execute('PRAGMA synchronous=FULL')\n"
        "db.execute('CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT)')\n"
        "db.execute('PRAGMA wal_checkpoint(TRUNCATE)')\n"
        f"for n in range({KEEPS}): db.execute('INSERT INTO t (x) VALUES (?)', ['x' * 100])\n"
        "os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    return path


def wal(path: Path) -> Path:
    return Path(f"{path}-wal")


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 0xFF
    path.write_bytes(data)


def rows(path: Path) -> int:
    """What SQLite itself makes of it, on a copy."""
    copy = path.parent / "copy"
    copy.mkdir(exist_ok=True)
    for one in (path, wal(path)):
        if one.exists():
            shutil.copy(one, copy / one.name)
    with contextlib.closing(sqlite3.connect(copy / path.name)) as database:
        return int(database.execute("SELECT count(*) FROM t").fetchone()[0])


def test_a_whole_log_is_whole(home: Path) -> None:
    found = integrity.read_wal(wal(home))
    assert found.frames == found.valid >= KEEPS
    assert found.lost_commits == 0
    assert integrity.indexed_frames(Path(f"{home}-shm"), wal(home)) == found.frames
    assert integrity.look(home) == []
    assert rows(home) == KEEPS


def test_it_counts_what_sqlite_reads(home: Path) -> None:
    """Whichever frame is damaged: as many changes as SQLite silently leaves out are said to be lost."""
    frames = integrity.read_wal(wal(home)).frames
    whole = wal(home).read_bytes()
    for number in range(0, frames - 1, 3):
        flip(wal(home), 32 + number * FRAME + 24 + 5)
        found = integrity.read_wal(wal(home))
        assert (found.valid, found.frames) == (number, frames)
        assert found.lost_commits == KEEPS - rows(home)
        said = integrity.look(home)
        assert said[0].serious
        assert f"{found.lost_commits} changes" in said[0].text
        wal(home).write_bytes(whole)


def test_a_change_that_a_power_cut_interrupted_is_no_loss(home: Path) -> None:
    Path(f"{home}-shm").unlink()  # it is in memory alone
    flip(wal(home), wal(home).stat().st_size - 10)
    said = integrity.look(home)
    assert [one.serious for one in said] == [False]
    assert "interrupted" in said[0].text


def test_a_log_that_is_cut_off(home: Path) -> None:
    data = wal(home).read_bytes()
    wal(home).write_bytes(data[: 32 + 10 * FRAME + 100])
    said = integrity.look(home)
    assert said[0].serious
    assert "cut off" in said[0].text


def test_a_log_without_a_head(home: Path) -> None:
    flip(wal(home), 3)
    assert rows(home) == 0
    assert integrity.look(home)[0].serious


def test_frames_of_an_earlier_generation_are_no_damage(home: Path) -> None:
    """After a checkpoint the log is written from its beginning again, over what was there."""
    with contextlib.closing(sqlite3.connect(home, isolation_level=None)) as database:
        database.execute("PRAGMA wal_checkpoint(RESTART)")
        database.execute("INSERT INTO t (x) VALUES ('y')")
        found = integrity.read_wal(wal(home))
        assert found.frames == found.valid < KEEPS
        assert wal(home).stat().st_size > FRAME * KEEPS
        assert integrity.look(home) == []


def test_a_damaged_database_and_rows_without_parents(home: Path) -> None:
    with contextlib.closing(sqlite3.connect(home, isolation_level=None)) as database:
        database.execute("CREATE TABLE child (t INTEGER REFERENCES t (id))")
        database.execute("INSERT INTO child VALUES (12345)")
    assert "refer to others that are not there, in child" in integrity.look(home)[0].text
    data = bytearray(home.read_bytes())
    data[PAGE : PAGE + 50] = b"\xa5" * 50
    home.write_bytes(data)
    said = integrity.look(home)
    assert said[0].serious
    assert "is damaged" in said[0].text


def test_looking_changes_nothing(home: Path) -> None:
    flip(wal(home), 32 + 5 * FRAME + 100)
    before = {one.name: one.read_bytes() for one in (home, wal(home))}
    integrity.look(home)
    assert {one.name: one.read_bytes() for one in (home, wal(home))} == before


def test_the_start_refuses_and_keeps_a_copy(home: Path, settings: object, capsys: pytest.CaptureFixture[str]) -> None:
    settings.HOME = home.parent  # type: ignore[attr-defined]
    settings.DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(home)}}  # type: ignore[attr-defined]
    flip(wal(home), 32 + 5 * FRAME + 100)
    damaged = wal(home).read_bytes()
    with pytest.raises(CommandError, match="START_DAMAGED=1"):
        Command().check_database()
    assert "changes in them are lost" in capsys.readouterr().out
    assert wal(home).read_bytes() == damaged
    copies = list((home.parent / "damaged").glob("*/*-wal"))
    assert [one.read_bytes() for one in copies] == [damaged]
    settings.START_DAMAGED = True  # type: ignore[attr-defined]
    Command().check_database()
    assert len(list((home.parent / "damaged").glob("*/*-wal"))) == 1  # the same files are copied once
    flip(wal(home), 32 + 4 * FRAME + 100)
    Command().check_database()
    assert len(list((home.parent / "damaged").glob("*/*-wal"))) == 2


@pytest.mark.parametrize("kept", [0, 20, 32, 32 + 8 * FRAME], ids=["nothing", "20 bytes", "its head", "8 pages"])
def test_a_log_that_its_index_misses_is_told_each_time(home: Path, kept: int) -> None:
    """Opening the database makes the index anew: a second start would find nothing wrong."""
    if kept:
        wal(home).write_bytes(wal(home).read_bytes()[:kept])
    else:
        wal(home).unlink()
    for _ in range(2):
        said = integrity.look(home)
        assert [one.serious for one in said] == [True]
        assert "Changes that had been saved are missing" in said[0].text


@pytest.mark.parametrize("state", ["missing", "empty"])
def test_a_log_without_its_database(home: Path, state: str) -> None:
    """SQLite would delete the log, which has all that was saved."""
    home.write_bytes(b"") if state == "empty" else home.unlink()
    log = wal(home).read_bytes()
    for _ in range(2):
        assert [one.text for one in integrity.look(home)] == [
            f"interlabel.sqlite3 is {state}, but interlabel.sqlite3-wal has changes for it."
        ]
    assert wal(home).read_bytes() == log


def test_what_was_moved_to_the_database_is_not_lost_with_the_log(tmp_path: Path) -> None:
    path = tmp_path / "interlabel.sqlite3"
    code = (
        "import os, sqlite3, sys\n"
        "db = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "db.execute('PRAGMA journal_mode=WAL'); db.execute('CREATE TABLE t (x)')\n"
        "db.execute('PRAGMA wal_checkpoint(PASSIVE)'); os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    wal(path).unlink()
    assert integrity.look(path) == []


def test_a_database_that_is_not_ours(tmp_path: Path) -> None:
    path, media = tmp_path / "interlabel.sqlite3", tmp_path / "media"

    def said() -> list[str]:
        return [one.text for one in integrity.whose(path, media)]

    assert said() == []  # the first start
    (media / "originals").mkdir(parents=True)
    (media / "originals" / "a.jpg").touch()
    assert said() == [f"interlabel.sqlite3 is missing, but {media} has pictures of projects."]
    path.touch()
    assert said() == [f"interlabel.sqlite3 has no project, but {media} has pictures of projects."]
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.executescript("CREATE TABLE songs (name)")
        assert said() == ["interlabel.sqlite3 is the database of another program."]
        database.executescript("DROP TABLE songs; CREATE TABLE django_migrations (app); ")
        database.executescript("INSERT INTO django_migrations VALUES ('auth'), ('blog')")
        assert said() == ["interlabel.sqlite3 is the database of another program."]
        database.executescript("UPDATE django_migrations SET app = 'accounts'; CREATE TABLE projects_project (id)")
        assert said() == []


def test_a_place_that_cannot_be_read_is_no_damage(home: Path, settings: object) -> None:
    settings.HOME = home.parent  # type: ignore[attr-defined]
    settings.DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(home)}}  # type: ignore[attr-defined]
    for one in (wal(home), home):
        one.unlink()
        one.mkdir()
        with pytest.raises(CommandError, match="nothing was changed.*free space"):
            Command().check_database()
        one.rmdir()
        one.touch()


@pytest.mark.django_db
def test_what_is_confirmed_is_on_the_disk() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL does so by itself")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous")
        assert cursor.fetchone()[0] == 2  # FULL: the log is synced at each commit
        cursor.execute("PRAGMA journal_mode")
        assert cursor.fetchone()[0] == "wal"


def test_the_order_of_bytes_is_the_logs_own(home: Path) -> None:
    assert struct.unpack(">I", wal(home).read_bytes()[:4])[0] in integrity._MAGIC
