"""A large picture on the real product: a worker brings it in, clicks go over a real socket, tiles are encoded.

Its one object is larger than any tile, so that tiles answer for parts of its border; where they end nothing is seen.
"""

import io
import uuid
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow

from inference.clicks.tiles import Grid, Tile
from labeling import masks
from labeling.devtools.smoke.client import Client
from labeling.devtools.smoke.sockets import Message, Socket
from labeling.devtools.smoke.targets import CATEGORIES
from tests.stack.processes import ADMINISTRATOR, PASSWORD, Stack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]
WIDTH, HEIGHT = 8192, 3200
LEFT, RIGHT, BOTTOM = 1400, 6800, 2500
CLICKED = (3600, 3800, 4150)  # along the upper border: tiles that overlap, and one that does not
PATIENCE = 240.0
STEP = 4  # pixels; a cell of the overview is 26


def top(x: Any) -> Any:
    """The object's upper border: a slope, so that a step in it is not hidden by cells."""
    return 800 + (x - LEFT) // 12


def drawn() -> bytes:
    """A bright slab on dark, uneven ground, as JPEG."""
    random = np.random.default_rng(4)
    coarse = random.integers(20, 80, (HEIGHT // 32, WIDTH // 32, 3), dtype=np.uint8)
    pixels = cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    for x in range(LEFT, RIGHT):
        pixels[top(x) : BOTTOM, x] = (225, 170, 60)
    pixels += random.integers(0, 16, pixels.shape, dtype=np.uint8)
    out = io.BytesIO()
    Pillow.fromarray(pixels).save(out, "JPEG", quality=90)
    return out.getvalue()


def bring_in(client: Client) -> int:
    """Upload the picture and wait until it is ready; its id."""
    made = {"name": f"Large {uuid.uuid4()}", "categories": CATEGORIES}
    project = client.json("POST", "/api/projects", made, expected=(201,))["id"]
    with Socket(client, f"/ws/projects/{project}/") as news:
        upload = client.json("POST", f"/api/projects/{project}/uploads", {}, expected=(201,))["id"]
        client.upload(f"/api/uploads/{upload}/files", "large.jpg", drawn())
        client.json("POST", f"/api/uploads/{upload}/close")
        ready = news.wait_for("the image to be ready", lambda one: one.get("state") in ("ready", "failed"), PATIENCE)
    assert ready["state"] == "ready", ready
    return int(ready["id"])


class Object:
    """An object on the click socket."""

    def __init__(self, socket: Socket) -> None:
        self.socket, self.uid, self.seq = socket, str(uuid.uuid4()), 0

    def ask(self, type: str, **fields: Any) -> Message:
        """Send a request; the answer that nothing follows."""
        self.seq += 1
        self.socket.send(type, object=self.uid, seq=self.seq, **fields)
        answer = self.socket.wait_for(f"the answer to {type}", self._is_final, PATIENCE)
        assert answer["type"] == "mask", answer
        return answer

    def _is_final(self, message: Message) -> bool:
        return message["type"] == "error" or (message["type"] == "mask" and message["stage"] == "final")


def whole(answer: Message) -> masks.Bits:
    box = masks.Box(*answer["bbox"])
    return masks.paste(masks.decode(answer["counts"], box.height, box.width), box, HEIGHT, WIDTH)


def border(mask: masks.Bits, x: Any) -> Any:
    """Where the mask's columns x begin."""
    return mask[: BOTTOM - 100, x].argmax(0)


def correction(mask: masks.Bits, x: int) -> dict[str, Any]:
    """What a careful user clicks: the middle of what is wrong at the upper border."""
    found, right = int(border(mask, x)), int(top(x))
    y = (found + right) // 2 if abs(found - right) > 2 else right + 3
    return {"x": x + 0.5, "y": y + 0.5, "positive": y >= right}


def test_an_object_across_tiles_has_no_seam(stack: Stack) -> None:
    with Client(stack.url) as client:
        client.sign_in(ADMINISTRATOR, PASSWORD)
        image = bring_in(client)
        with Socket(client, f"/ws/images/{image}/") as socket:
            assert socket.receive()["type"] == "hello"
            slab = Object(socket)
            answer = slab.ask("start", clicks=[[4100.5, 1700.5, True]], closer=True)
            before = whole(answer)
            for x in CLICKED:
                answer = slab.ask("click", **correction(whole(answer), x))
    assert (answer["clicks"], answer["tiles"][0]) == (4, None)
    grid = Grid(HEIGHT, WIDTH)
    boxes = [grid.box(Tile.of(name)) for name in answer["tiles"][1:]]
    assert len(set(boxes)) == 3
    assert all(x1 - x0 < 1000 for x0, _, x1, _ in boxes), "the border was looked at closely"
    assert len(list((stack.home / "features").rglob(f"{image}-t*.safetensors"))) >= 3
    check(before, whole(answer))


def check(before: masks.Bits, after: masks.Bits) -> None:
    """Outside of the tiles nothing changed, inside it got better, and between the two nothing is to be seen."""
    beside = np.r_[LEFT + 300 : 3300, 4500 : RIGHT - 300]
    assert np.array_equal(after[:, beside], before[:, beside])
    columns = np.arange(3250, 4550)  # all that the tiles have seen, and more
    ends, right = border(after, columns), top(columns)
    assert np.abs(np.diff(ends)).max() <= STEP, "the border has a step"
    assert np.abs(ends - right).max() <= 2 * 26, "it is the object's"
    assert all(after[y + 60 : BOTTOM - 100, x].all() for x, y in zip(columns, right, strict=True)), "no gap"
    assert not any(after[: y - 60, x].any() for x, y in zip(columns, right, strict=True)), "nothing beside it"
    seen = np.abs(columns - np.array(CLICKED)[:, None]).min(0) < 30
    off, was = (np.abs(one - right)[seen].mean() for one in (ends, border(before, columns)))
    assert off <= max(2, was / 2), f"near the clicks it is off by {off:.1f} pixels, {was:.1f} before"
