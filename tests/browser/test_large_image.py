"""A picture of 20,000 × 20,000 pixels: it is shown at once, sharp where one looks, and worked on like any other."""

import io
import struct
import uuid
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from labeling.accounts.demo import DemoUser
from tests.browser.conftest import PATIENCE, sign_in
from tests.browser.people import CLASSES, EditorPage, csrf, open_image
from tests.stack.processes import Stack

pytestmark = pytest.mark.timeout(600)
SIDE = 20_000
CELL = 500
MIDDLE, RADIUS = (12_250, 8_250), 1_400  # of a bright disc
PLACE = (6_200, 14_400)  # of a board of single pixels
BOARD = 64
MOST_DECODED = 256 * 2**20
BROUGHT_IN = 300_000  # ms: 400 megapixels on cores that others use, too
SHOWN = 10_000

Row = npt.NDArray[np.uint8]


def row_of(y: int) -> Row:
    """A row of the picture: dull cells, a bright disc, and a board of black and white pixels."""
    x = np.arange(SIDE)
    row = np.empty((SIDE, 3), np.uint8)
    row[:] = colour(x // CELL, y // CELL)
    reach = RADIUS**2 - (y - MIDDLE[1]) ** 2
    if reach > 0:
        row[np.abs(x - MIDDLE[0]) < reach**0.5] = (240, 150, 20)
    if PLACE[1] <= y < PLACE[1] + BOARD:
        board = (x[PLACE[0] : PLACE[0] + BOARD] + y) % 2
        row[PLACE[0] : PLACE[0] + BOARD] = board[:, None] * 255
    return row


def colour(column: npt.NDArray[np.int_] | int, row: int) -> npt.NDArray[np.uint8]:
    shades = [30 + column * 7 % 40, 40 + (column + row) * 11 % 40, 50 + row * 5 % 40]
    return np.stack(np.broadcast_arrays(*shades), axis=-1).astype(np.uint8)


def large_png() -> bytes:
    """The picture as a PNG of a few megabytes. Rows that repeat are compressed once."""
    compress = zlib.compressobj(6, zlib.DEFLATED, -15)
    pieces, check, before = [b"\x78\x01"], 1, b""
    repeat, repeated = b"\x02" + bytes(3 * SIDE), b""  # "as the row above"
    for y in range(SIDE):
        varies = y % CELL == 0 or abs(y - MIDDLE[1]) <= RADIUS or PLACE[1] <= y <= PLACE[1] + BOARD
        now = row_of(y).tobytes() if varies else before
        if now == before:
            repeated = repeated or compress.compress(repeat) + compress.flush(zlib.Z_FULL_FLUSH)
            pieces.append(repeated)
            check = zlib.adler32(repeat, check)
        else:
            pieces.append(compress.compress(b"\0" + now) + compress.flush(zlib.Z_FULL_FLUSH))
            check = zlib.adler32(b"\0" + now, check)
        before = now
    pieces += [compress.flush(), struct.pack(">I", check)]
    out = io.BytesIO(b"")
    out.write(b"\x89PNG\r\n\x1a\n")
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    for kind, data in ((b"IHDR", header), (b"IDAT", b"".join(pieces)), (b"IEND", b"")):
        out.write(struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)))
    return out.getvalue()


@dataclass
class Large:
    """A page of the manager's, the project with the picture, and the addresses that the page has fetched."""

    page: Page
    project: int
    fetched: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def large(browser: Browser, stack: Stack, demo: dict[str, DemoUser]) -> Iterator[Large]:
    """The picture is sent, brought in and encoded once for the whole file."""
    context = browser.new_context(base_url=stack.url, viewport={"width": 1280, "height": 800})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    sign_in(page, demo["owner"])
    page.goto("/projects/new")
    data = {"name": f"Large {uuid.uuid4().hex[:6]}", "categories": CLASSES}
    project = int(page.request.post("/api/projects", data=data, headers=csrf(page)).json()["id"])
    upload = page.request.post(f"/api/projects/{project}/uploads", headers=csrf(page)).json()["id"]
    file: FilePayload = {"name": "large.png", "mimeType": "image/png", "buffer": large_png()}
    sent = page.request.post(f"/api/uploads/{upload}/files", multipart={"file": file}, headers=csrf(page))
    assert sent.status == 201, sent.text()
    page.request.post(f"/api/uploads/{upload}/close", headers=csrf(page))
    page.goto(f"/projects/{project}/images")
    expect(page.locator("[data-images] .image-card__link[href]")).to_have_count(1, timeout=BROUGHT_IN)
    open_image(page, project)
    expect(page.get_by_test_id("editor")).to_have_attribute("data-state", "ready", timeout=BROUGHT_IN)
    found = Large(page, project)
    context.on("request", lambda request: found.fetched.append(request.url))
    yield found
    context.close()


def wait_sharp(editor: EditorPage) -> None:
    """Every block in sight is there; no more is decoded than may be."""
    expect(editor.canvas).to_have_attribute("data-detail", "full")
    assert 0 < int(editor.canvas.get_attribute("data-decoded") or 0) <= MOST_DECODED


def pixels_at(editor: EditorPage, places: list[tuple[float, float]]) -> list[list[int]]:
    """What the picture's layer shows at these pixels of the view."""
    scale, left, top = editor.view()
    at = [[round(x * scale + left), round(y * scale + top)] for x, y in places]
    return editor.canvas.locator("[data-layer=picture]").evaluate(
        "(layer, at) => at.map(([x, y]) => [...layer.getContext('2d').getImageData(x, y, 1, 1).data.slice(0, 3)])", at
    )


def go_near(editor: EditorPage, x: float, y: float, scale: float) -> None:
    """Zoom with the wheel at a place until a pixel of the picture has this size."""
    for _ in range(40):
        now = editor.view()[0]
        if abs(now / scale - 1) < 0.02:
            break
        editor.page.mouse.move(*editor.at(x, y))
        editor.page.mouse.wheel(0, -100 if now < scale else 100)
        editor.page.wait_for_timeout(30)
        if (editor.view()[0] - scale) * (now - scale) <= 0:
            break


def test_a_picture_of_400_megapixels_is_looked_at_and_labelled(large: Large) -> None:
    page = large.page
    editor = open_image(page, large.project)
    expect(editor.canvas).to_have_attribute("data-picture", "shown", timeout=SHOWN)
    wait_sharp(editor)
    assert int(editor.canvas.get_attribute("data-decoded") or 0) < 20 * 2**20, "only the coarsest level"
    found = pixels_at(editor, [MIDDLE, (5_250, 5_250)])
    assert np.abs(np.array(found) - [(240, 150, 20), colour(10, 10)]).max() < 12

    # Near: 100 %, then single pixels, which are exactly the original's.
    board = [(PLACE[0] + column + 0.5, PLACE[1] + row + 0.5) for column in range(20, 26) for row in range(30, 34)]
    expected = [[int((x + y - 1) % 2) * 255] * 3 for x, y in board]
    go_near(editor, PLACE[0] + 23, PLACE[1] + 32, 1)
    page.keyboard.press("0")
    wait_sharp(editor)
    assert np.abs(np.array(pixels_at(editor, [(x - 0.5, y - 0.5) for x, y in board])) - expected).max() < 12
    go_near(editor, PLACE[0] + 23, PLACE[1] + 32, 8)
    wait_sharp(editor)
    assert pixels_at(editor, board) == expected
    assert any("/blocks/exact/" in url for url in large.fetched)

    # A click and a brush stroke, far out and near.
    page.keyboard.press("f")
    editor.wait_ready()
    disc = 3.14159 * RADIUS**2
    assert 0.5 * disc < editor.click(*MIDDLE) < 2 * disc
    before = editor.area()
    page.keyboard.press("b")
    editor.drag((15_000, 15_000), (17_000, 15_500))
    assert editor.changed(before) > before + 20_000
    editor.keep("1")
    go_near(editor, PLACE[0] + 23, PLACE[1] + 32, 8)
    editor.drag((PLACE[0] + 5, PLACE[1] + 5), (PLACE[0] + 30, PLACE[1] + 5))
    assert 500 < editor.settled() < 1_500
    editor.keep("2")
    wait_sharp(editor)
    assert not [url for url in large.fetched if "/view?" in url], "the whole view is never fetched"
