"""A database file that all migrations have run on, made once for the state of the code.

Running them takes longer than most files of tests. Every run of tests and every stack that tests start on SQLite begins
with a copy of it; the first start from nothing is tested by the wheel's tests.
"""

import fcntl
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "test-results" / "migrated"


def copy_to(path: Path) -> None:
    """Put a copy at `path`, which must not exist."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(_template(), path)


def _template() -> Path:
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{_state()}.sqlite3"
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            for old in FOLDER.glob("*.sqlite3"):
                old.unlink()
            _make(path)
    return path


def _state() -> str:
    """A mark of the migrations that there are: ours, and the packages with theirs."""
    files = [ROOT / "requirements.lock", *sorted(ROOT.glob("labeling/*/migrations/*.py"))]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]


def _make(path: Path) -> None:
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "INTERLABEL_HOME": home, "DATABASE_URL": "", "REDIS_URL": ""}
        command = [sys.executable, "-m", "labeling.command_line", "migrate", "--verbosity=0"]
        subprocess.run(command, cwd=ROOT, env=environment, check=True)
        with closing(sqlite3.connect(f"{home}/interlabel.sqlite3")) as made:
            made.execute("VACUUM INTO ?", [str(path)])  # with what still stands in its log
