"""Whose body is read, how much of it and for how long: on the real ASGI application, and through a real uvicorn."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.conf import settings as product
from django.test import Client
from uvicorn import Config, Server

from labeling.accounts.models import User
from labeling.asgi import application
from labeling.images.models import Upload
from labeling.projects.models import Project
from labeling.web import gate
from tests.patience import PATIENCE

db = database_sync_to_async
MEGABYTE = b"x" * 1024**2


class Sent:
    """A request whose body is made while it is read, and what was answered."""

    def __init__(self, path: str, *, cookie: str = "", length: int | None, chunks: int, method: str = "POST") -> None:
        headers = [(b"host", b"localhost"), (b"content-type", b"application/json")]
        if length is not None:
            headers.append((b"content-length", str(length).encode()))
        else:
            headers.append((b"transfer-encoding", b"chunked"))
        if cookie:
            headers.append((b"cookie", f"{product.SESSION_COOKIE_NAME}={cookie}".encode()))
        self.scope: dict[str, Any] = {
            "type": "http", "http_version": "1.1", "asgi": {"version": "3.0"}, "method": method, "scheme": "http",
            "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "headers": headers,
            "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
        }  # fmt: skip
        self.chunks, self.read, self.pause, self.chunk = chunks, 0, 0.0, MEGABYTE
        self.status, self.body, self.read_before_answer = 0, b"", -1
        self.headers: dict[bytes, bytes] = {}

    async def receive(self) -> dict[str, Any]:
        if self.read >= self.chunks:
            await asyncio.sleep(3600)
        await asyncio.sleep(self.pause)
        self.read += 1
        return {"type": "http.request", "body": self.chunk, "more_body": self.read < self.chunks}

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], dict(message["headers"])
            self.read_before_answer = self.read
        self.body += message.get("body", b"")

    async def answered(self) -> "Sent":
        await application(self.scope, self.receive, self.send)
        return self

    @property
    def error(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)["error"]
        return found


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "LINGER_SECONDS", 0.05)


@pytest.fixture
def session(transactional_db: None, project: Project) -> Callable[[str], str]:
    """`session("alice")`: the cookie of somebody who is signed in."""

    def make(name: str) -> str:
        client = Client()
        client.force_login(User.objects.get(username=name))
        return client.cookies[product.SESSION_COOKIE_NAME].value

    return make


@pytest.mark.parametrize("length", [200 * 1024**2, None])
@pytest.mark.parametrize("cookie", ["", "nosuchsessionatall"])
@pytest.mark.parametrize("path", ["/api/projects", "/api/uploads/1/files", "/projects/new", "/nowhere"])
async def test_strangers_are_refused_unread(path: str, cookie: str, length: int | None, transactional_db: None) -> None:
    sent = await Sent(path, cookie=cookie, length=length, chunks=200).answered()
    assert sent.read_before_answer == 0
    if path.startswith("/api/"):
        assert (sent.status, sent.error["code"]) == (401, "signed_out")
    else:
        assert sent.status == 302
        assert sent.headers[b"location"].startswith(b"/sign-in?next=%2F")
    assert sent.headers[b"connection"] == b"close"


@pytest.mark.parametrize("length", [4 * 1024**2, None, 10])
@pytest.mark.parametrize(
    ("path", "limit"),
    [
        ("/api/projects", gate.SMALL_BYTES),
        ("/sign-in", gate.OPEN_BYTES),
        ("/admin/accounts/user/add/", gate.SMALL_BYTES),
    ],
)
async def test_small_bodies_on_all_other_routes(
    path: str, limit: int, length: int | None, session: Callable[[str], str]
) -> None:
    """Also when the length is a lie, or none is told."""
    sent = await Sent(path, cookie=await db(session)("alice"), length=length, chunks=100).answered()
    assert sent.status == 413
    assert sent.error["limit"] == limit
    assert str(limit) in sent.error["message"]
    assert sent.read_before_answer <= limit // 1024**2 + 1
    assert (sent.read_before_answer == 0) == (length == 4 * 1024**2)


async def test_masks_may_be_larger_and_end_too(session: Callable[[str], str]) -> None:
    cookie = await db(session)("alice")
    path = "/api/images/1/annotations"
    read = await Sent(path, cookie=cookie, length=20 * 1024**2, chunks=20).answered()
    assert (read.status, read.read) == (403, 20)  # read, and then refused for want of a CSRF token
    sent = await Sent(path, cookie=cookie, length=None, chunks=200).answered()
    assert (sent.status, sent.error["limit"]) == (413, product.DATA_UPLOAD_MAX_MEMORY_SIZE)


async def test_an_upload_is_read_for_its_managers_only(
    session: Callable[[str], str], project: Project, alice: User, charlie: User, settings: Any
) -> None:
    settings.MAX_UPLOAD_BYTES = 4 * 1024**2
    upload = await db(Upload.objects.create)(project=project, created_by=alice)
    path = f"/api/uploads/{upload.pk}/files"
    for name, status in (("bob", 403), ("charlie", 404)):
        sent = await Sent(path, cookie=await db(session)(name), length=10 * 1024**2, chunks=10).answered()
        assert (sent.status, sent.read_before_answer) == (status, 0), name
    cookie = await db(session)("alice")
    read = await Sent(path, cookie=cookie, length=10 * 1024**2, chunks=10).answered()
    assert (read.status, read.read) == (403, 10)  # read, and then refused for want of a CSRF token
    large = await Sent(path, cookie=cookie, length=None, chunks=100).answered()
    assert (large.status, large.error["limit"]) == (413, settings.MAX_UPLOAD_BYTES + gate.FORM_BYTES)


async def test_a_slow_body_ends(session: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "BODY_SECONDS", 0.3)
    sent = Sent("/api/images/1/annotations", cookie=await db(session)("alice"), length=20 * 1024**2, chunks=20)
    sent.pause = 0.1
    assert (await sent.answered()).status == 408
    assert sent.error["code"] == "too_slow"
    assert sent.read_before_answer < 6


async def test_a_silent_upload_ends(
    session: Callable[[str], str], project: Project, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "SILENT_SECONDS", 0.2)
    upload = await db(Upload.objects.create)(project=project, created_by=alice)
    sent = Sent(f"/api/uploads/{upload.pk}/files", cookie=await db(session)("alice"), length=2 * 1024**2, chunks=2)
    sent.pause = 5.0
    assert (await sent.answered()).status == 408


async def test_a_cookie_with_nul_is_no_session(transactional_db: None) -> None:
    for cookie in ('"a\\000bcdefghijkl"', "a\0bcdefghijkl"):
        sent = await Sent("/api/projects", cookie=cookie, length=0, chunks=1, method="GET").answered()
        assert sent.status == 401


@pytest.fixture
async def port(transactional_db: None) -> AsyncIterator[int]:
    """A real server on this application."""
    config = Config(application, port=0, lifespan="off", log_level="warning", proxy_headers=False)
    server = Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield int(server.servers[0].sockets[0].getsockname()[1])
    server.should_exit = True
    await serving


def first_answer(port: int, head: str, body: bytes = b"") -> str:
    """What comes back for a request of which no more than this is sent."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as wire:
        wire.sendall(head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)
        got = b""
        while part := wire.recv(65536):
            got += part
        return got.decode()


@pytest.mark.parametrize(
    "head",
    [
        "POST /api/projects HTTP/1.1\nHost: localhost\nContent-Length: 400000000",
        "POST /api/projects HTTP/1.1\nHost: localhost\nTransfer-Encoding: chunked",
        "POST /api/projects HTTP/1.1\nHost: localhost\nContent-Length: 400000000\nExpect: 100-continue",
    ],
)
async def test_a_server_answers_before_the_body_has_come(port: int, head: str) -> None:
    began = time.monotonic()
    answer = await asyncio.to_thread(first_answer, port, head)
    assert answer.startswith("HTTP/1.1 401 ")
    assert time.monotonic() - began < gate.BODY_SECONDS / 2
    assert '"signed_out"' in answer


async def test_a_chunked_body_is_counted_by_a_server(port: int) -> None:
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    head = "POST /sign-in HTTP/1.1\nHost: localhost\nTransfer-Encoding: chunked"
    answer = await asyncio.to_thread(first_answer, port, head, chunk * 2)
    assert answer.startswith("HTTP/1.1 413 ")
    assert "65536 bytes" in answer


ENCODINGS = [
    "utf-7", "unicode_escape", "utf-16", "latin1", "hex", "zlib", "idna", "undefined", "no-such", "\xff", "utf-8-sig",
]  # fmt: skip


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "content_type",
    [
        *(
            f"{kind}; charset={name}"
            for name in ENCODINGS
            for kind in ("text/plain", "multipart/form-data; boundary=x")
        ),
        "application/x-www-form-urlencoded; charset=utf-7",
        "application/json; charset=hex",
        "text/plain; a*=no-such''x",
        "application/json; charset*=utf-7''%2B2AA-",
        "multipart/form-data; boundary*=idna''%ff",
        "text/plain; charset*=utf-8''%00",
    ],
)
async def test_texts_in_other_encodings_are_refused(content_type: str, method: str, transactional_db: None) -> None:
    """Django would decode queries and forms by them: `+2AA-` in UTF-7 is half of a surrogate pair."""
    for path in ("/sign-in", "/api/projects"):
        sent = Sent(path, length=2, chunks=1, method=method)
        sent.scope["headers"][1] = (b"content-type", content_type.encode("latin1"))
        sent.scope["query_string"] = b"next=%2B2AA-"
        assert ((await sent.answered()).status, sent.error["code"]) == (415, "not_utf8"), content_type


@pytest.mark.parametrize("content_type", ["text/plain;charset=UTF-8", 'text/plain; charset="utf8"', "x", ""])
async def test_utf_8_by_any_of_its_names_is_read(content_type: str, transactional_db: None) -> None:
    sent = Sent("/sign-in", length=0, chunks=1, method="GET")
    sent.chunk = b""
    sent.scope["headers"][1] = (b"content-type", content_type.encode("latin1"))
    assert (await sent.answered()).status == 200
