"""Ending a worker in the middle of encoding, with `kill -9` and politely: a real worker process, a real broker, a
database in a file. Nothing is lost."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from labeling.server import redis_server
from tests import migrated
from tests.conftest import picture_bytes
from tests.patience import PATIENCE

pytestmark = pytest.mark.once

IMAGES = 5
ROOT = Path(__file__).resolve().parents[2]

# Runs in a process of its own, on the same INTERLABEL_HOME as the worker.
PREPARE = """
import sys
from pathlib import Path
from labeling.accounts.models import User
from labeling.images import services
from labeling.projects.models import Project
user = User.objects.create_user("alice")
upload = services.start_upload(Project.objects.create(name="Street", created_by=user), user)
print(len(list(services.add_path(upload, Path(sys.argv[1])))))
services.close(upload)
"""
REPORT = """
import json
from labeling.features import store
from labeling.features.models import Encoding
from labeling.images.models import Image, Upload
ready = Encoding.objects.filter(state="ready")
print(json.dumps({
    "states": list(Encoding.objects.order_by("id").values_list("state", flat=True)),
    "attempts": list(Encoding.objects.values_list("attempts", flat=True)),
    "owners": [owner for owner in Encoding.objects.values_list("lease_owner", flat=True) if owner],
    "images": Image.objects.count(),
    "upload": Upload.objects.get().state,
    "loaded": [store.load(row.image_id).width for row in ready],
}))
"""


class Stack:
    """A private INTERLABEL_HOME with its own Redis and database."""

    def __init__(self, home: Path) -> None:
        self.database = home / "interlabel.sqlite3"
        migrated.copy_to(self.database)
        ours = {"INTERLABEL_HOME": str(home), "DJANGO_SETTINGS_MODULE": "labeling.settings"}
        kept = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
        self.environment = kept | ours
        self.socket = Path(self.run("from django.conf import settings; print(settings.EMBEDDED_REDIS_SOCKET)"))
        self.log = (home / "worker.log").open("a")

    def run(self, code: str, *arguments: str) -> str:
        """Run code with Django set up; its output."""
        start = "import django; django.setup()\n"
        done = subprocess.run(
            [sys.executable, "-c", start + code, *arguments],
            cwd=ROOT, env=self.environment, check=True, capture_output=True, text=True, timeout=PATIENCE,
        )  # fmt: skip
        return done.stdout.strip()

    def worker(self) -> subprocess.Popen[bytes]:
        """A real Celery worker with beat and a pool of two, in a process group of its own."""
        return subprocess.Popen(
            [
                sys.executable, "-m", "celery", "-A", "labeling", "worker", "--beat", "--queues", "interlabel,encode",
                "--concurrency", "2", "--loglevel", "INFO", "--without-mingle", "--without-gossip",
            ],
            cwd=ROOT, env=self.environment, stdout=self.log, stderr=self.log, start_new_session=True,
        )  # fmt: skip

    def states(self) -> list[str]:
        """Straight from the file: a process with Django would come too late to see a short state."""
        with closing(sqlite3.connect(self.database, timeout=PATIENCE)) as database:
            return [state for (state,) in database.execute("select state from features_encoding order by id")]

    def owners(self) -> set[str]:
        """The owners of the images that are being encoded."""
        with closing(sqlite3.connect(self.database, timeout=PATIENCE)) as database:
            return {owner for (owner,) in database.execute("select lease_owner from features_encoding")} - {""}

    def report(self) -> dict[str, Any]:
        return json.loads(self.run(REPORT))

    def wait(self, condition: Callable[[], bool]) -> None:
        """Look until it is so."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, self.states()
            time.sleep(0.05)  # an image takes a second


def kill(worker: "subprocess.Popen[bytes]") -> None:
    """SIGKILL to the worker and its pool: nobody gets to clean up."""
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    stack = Stack(tmp_path / "home")
    redis = redis_server.start(stack.socket, append_only=False)
    try:
        yield stack
    finally:
        redis.terminate()
        redis.wait(PATIENCE)
        stack.log.close()


@pytest.mark.stack
@pytest.mark.timeout(600)
def test_ending_a_worker_loses_nothing(stack: Stack, tmp_path: Path) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for number in range(IMAGES):
        (pictures / f"{number}.png").write_bytes(picture_bytes(320, 240, seed=number))
    assert stack.run(PREPARE, str(pictures)) == str(IMAGES)

    worker = stack.worker()
    try:
        stack.wait(lambda: bool(stack.owners()))
    finally:
        kill(worker)
    left = stack.report()
    assert left["states"].count("encoding") == 1, "it was killed in the middle of an image"
    dead = stack.owners()
    assert len(dead) == 1

    worker = stack.worker()
    try:
        stack.wait(lambda: bool(stack.owners() - dead))
        worker.terminate()  # a polite end: the image at hand is finished, the others are left to the next worker
        assert worker.wait(180) == 0  # other lanes may have the processor
    finally:
        if worker.poll() is None:
            kill(worker)
    states = stack.states()
    assert "encoding" not in states
    assert 1 <= states.count("ready") < IMAGES

    worker = stack.worker()
    try:
        stack.wait(lambda: stack.states() == ["ready"] * IMAGES)
    finally:
        worker.terminate()
        try:
            worker.wait(PATIENCE)
        finally:
            if worker.poll() is None:
                kill(worker)
    after = stack.report()
    assert after["images"] == IMAGES
    assert after["upload"] == "done"
    assert after["loaded"] == [320] * IMAGES
    assert after["owners"] == []
