"""Files that cost as much as a file may: other people's uploads and exports go on beside them."""

import functools
import io
import time
from collections.abc import Iterator

import httpx
import numpy as np
import pytest
from PIL import Image as Pillow

from tests.conftest import picture_bytes
from tests.patience import PATIENCE
from tests.stack.client import call, make_project
from tests.stack.processes import Stack, wait_for

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600), pytest.mark.team]
SLOW_FILES = 7
NEW = {"categories": [{"name": "disc", "color": "#e4572e", "hotkey": 1, "kind": "thing"}]}


@functools.cache
def slow_picture() -> bytes:
    """A JPEG that takes some ten seconds to decode: as many scans as are allowed, each over all pixels."""
    out = io.BytesIO()
    small = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    Pillow.fromarray(small).resize((10_000, 8000)).save(out, "JPEG", quality=30, progressive=True)
    data = out.getvalue()
    at = data.rindex(b"\xff\xda")
    return data[:at] + data[at:-2] * (100 - data.count(b"\xff\xda") + 1) + b"\xff\xd9"


def slow_jpeg(seed: int) -> bytes:
    """The slow picture as a file of its own: with a comment, as the same file is not taken twice."""
    picture = slow_picture()
    return picture[:2] + b"\xff\xfe\x00\x06" + seed.to_bytes(4, "big") + picture[2:]


def upload(client: httpx.Client, project: int, files: dict[str, bytes]) -> int:
    number = call(client, "POST", f"/api/projects/{project}/uploads")["id"]
    call(client, "POST", f"/api/uploads/{number}/files", files=[("file", one) for one in files.items()])
    call(client, "POST", f"/api/uploads/{number}/close")
    return int(number)


def waiting(client: httpx.Client, number: int) -> int:
    """How many files of the upload were not looked at yet."""
    items = call(client, "GET", f"/api/uploads/{number}")["items"]
    return sum(item["state"] == "waiting" for item in items)


@pytest.fixture
def good(stack: Stack, manager: httpx.Client) -> int:
    """A project with a finished image."""
    project = make_project(manager, "Good", 1)

    def images() -> list[dict[str, int]]:
        return list(call(manager, "GET", f"/api/projects/{project}/images")["results"])

    wait_for(images, PATIENCE, stack.output)
    address = f"/api/images/{images()[0]['id']}"
    version = call(manager, "GET", f"{address}/annotations")["version"]
    call(manager, "POST", f"{address}/status", json={"version": version, "status": "done"})
    return project


@pytest.fixture
def hostile(manager: httpx.Client, good: int) -> Iterator[list[int]]:
    """Two uploads that are being worked on, in projects of their own, which are deleted at the end."""
    made = [call(manager, "POST", "/api/projects", json=NEW | {"name": f"Slow {n}"})["id"] for n in range(2)]
    yield [
        upload(manager, project, {f"{n}.jpg": slow_jpeg(project + n) for n in range(SLOW_FILES)}) for project in made
    ]
    for n, project in enumerate(made):
        call(manager, "DELETE", f"/api/projects/{project}", json={"name": f"Slow {n}"})


def test_an_upload_and_an_export_go_on_beside_slow_files(
    stack: Stack, manager: httpx.Client, good: int, hostile: list[int]
) -> None:
    began = time.monotonic()
    export = call(manager, "POST", f"/api/projects/{good}/exports", json={"format": "coco"})["id"]
    wait_for(lambda: call(manager, "GET", f"/api/exports/{export}")["state"] == "ready", PATIENCE, stack.output)
    after_export = time.monotonic() - began
    number = upload(manager, good, {"new.png": picture_bytes(640, 480, seed=99)})
    wait_for(lambda: waiting(manager, number) == 0, 240, stack.output)
    left = [waiting(manager, one) for one in hostile]
    print(
        f"export {after_export:.1f} s, upload {time.monotonic() - began - after_export:.1f} s, slow files left: {left}"
    )
    assert sum(left) > 0, "the slow files were not slow"
