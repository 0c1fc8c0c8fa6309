"""A database that all migrations have run on, made once for the state of the code: a file, and one on PostgreSQL.

Running them takes longer than most files of tests. Every run of tests and every stack that tests start begins with a
copy of it; the first start from nothing is tested by the wheel's tests, and on PostgreSQL by those of upgrades.
"""

import fcntl
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "test-results" / "migrated"


def copy_to(path: Path) -> None:
    """Put a copy at `path`, which must not exist."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(_template(), path)


def on_postgresql(url: str) -> str:
    """The name of the database on the server of `url` (`postgres://…`) that others are made from with TEMPLATE."""
    parts, name = urlsplit(url), f"{MIGRATED}{_state()}"
    with _locked(), psycopg.connect(_for_psycopg(url), autocommit=True) as connection:
        found = connection.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [MIGRATED])
        there = {str(row[0]) for row in found.fetchall()}
        for old in there - {name}:
            connection.execute(f'DROP DATABASE "{old}" WITH (FORCE)'.encode())
        if name not in there:
            half = f"{name}_half"  # a run that ends here leaves nothing that looks whole
            connection.execute(f'CREATE DATABASE "{half}"'.encode())
            with tempfile.TemporaryDirectory() as home:
                _migrate(home, urlunsplit(parts._replace(path=f"/{half}")))
            connection.execute(f'ALTER DATABASE "{half}" RENAME TO "{name}"'.encode())
    return name


MIGRATED = "interlabel_migrated_"


def _for_psycopg(url: str) -> str:
    return urlunsplit(urlsplit(url)._replace(scheme="postgresql"))


def _template() -> Path:
    path = FOLDER / f"{_state()}.sqlite3"
    with _locked():
        if not path.exists():
            for old in FOLDER.glob("*.sqlite3"):
                old.unlink()
            with tempfile.TemporaryDirectory() as home:
                _migrate(home)
                with closing(sqlite3.connect(f"{home}/interlabel.sqlite3")) as made:
                    made.execute("VACUUM INTO ?", [str(path)])  # with what still stands in its log
    return path


@contextmanager
def _locked() -> Iterator[None]:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _state() -> str:
    """A mark of the migrations that there are: ours, and the packages with theirs."""
    files = [ROOT / "requirements.lock", *sorted(ROOT.glob("labeling/*/migrations/*.py"))]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]


def _migrate(home: str, database_url: str = "") -> None:
    environment = {**os.environ, "INTERLABEL_HOME": home, "DATABASE_URL": database_url, "REDIS_URL": ""}
    command = [sys.executable, "-m", "labeling.command_line", "migrate", "--verbosity=0"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
