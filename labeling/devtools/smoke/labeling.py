"""Clicking objects and keeping them."""

import uuid
from dataclasses import dataclass
from typing import Any

import numpy as np

from labeling import masks
from labeling.devtools.smoke.client import Client
from labeling.devtools.smoke.report import Report, check
from labeling.devtools.smoke.sockets import Answer, ClickSocket
from labeling.devtools.smoke.targets import Target


@dataclass(frozen=True)
class Picture:
    """An image as the server told it."""

    id: int
    name: str
    width: int
    height: int


@dataclass(frozen=True)
class Kept:
    """An object that the server keeps."""

    picture: Picture
    category: int
    uid: str
    bits: masks.Bits


def click_object(socket: ClickSocket, picture: Picture, target: Target, report: Report) -> tuple[Answer, list[Any]]:
    """Click on, beside and on again, with undo and redo. Returns: the mask and the clicks that made it."""
    points = [(target.on, True), (target.beside, False), (target.also_on, True)]
    clicks: list[Any] = [[x * picture.width, y * picture.height, positive] for (x, y), positive in points]
    check(socket.open().bbox == [0, 0, 0, 0], "A new object has an empty mask.")
    answers: list[Answer] = []
    for x, y, positive in clicks:
        with report.timed("click"):
            answers.append(socket.click(x, y, positive))
        report.samples["click decode"].append(answers[-1].decode_ms)
        bits = answers[-1].bits(picture.width, picture.height)
        check(answers[-1].clicks == len(answers), f"The mask answers {len(answers)} clicks.")
        for px, py, inside in clicks[: len(answers)]:
            what = "has" if inside else "leaves out"
            check(
                bool(bits[int(py), int(px)]) == inside,
                f"{picture.name}: the mask {what} the pixel ({px:.0f}, {py:.0f}).",
            )
    with report.timed("undo"):
        undone = socket.undo()
    check(_same(undone, answers[1]), f"{picture.name}: undo brings the mask after two clicks back, bit for bit.")
    check(_same(socket.redo(), answers[2]), f"{picture.name}: redo brings the mask after three clicks back.")
    return answers[2], clicks


def reconnect(client: Client, picture: Picture, lost: ClickSocket, clicks: list[Any], before: Answer) -> None:
    """After a lost connection the clicks give the same mask, bit for bit."""
    with ClickSocket(client, picture.id, uid=lost.uid) as socket:
        again = socket.open(clicks)
        check(_same(again, before), f"{picture.name}: a new socket gives the same mask for the same clicks.")


def misbehave(socket: ClickSocket, picture: Picture) -> None:
    """Nonsense is answered by a typed error, and the socket stays."""
    check(socket.refused("click", x=picture.width, y=0, positive=True) == "out_of_image", "A click outside is refused.")
    check(socket.refused("click", x=1, y=1) == "bad_message", "A click without its sign is refused.")
    socket.ping()


def keep(
    client: Client, picture: Picture, target: Target, answer: Answer, clicks: list[Any], version: int, report: Report
) -> tuple[Kept, int]:
    """Keep the object; a save that is sent twice makes one annotation. Returns: it and the new version."""
    bits = answer.bits(picture.width, picture.height)
    kept = Kept(picture, target.category, str(uuid.uuid4()), bits)
    body = {
        "version": version, "uid": kept.uid, "category": kept.category, "counts": masks.encode(bits), "clicks": clicks,
    }  # fmt: skip
    path = f"/api/images/{picture.id}/annotations"
    with report.timed("save"):
        saved = client.json("POST", path, body, expected=(201,))
    check(saved["version"] == version + 1, f"Keeping an object raises the version to {version + 1}.")
    check(saved["annotation"]["area"] == int(bits.sum()), "The area is the number of the mask's pixels.")
    repeated = client.json("POST", path, body, expected=(200,))
    check(repeated["annotation"]["id"] == saved["annotation"]["id"], "The same save again makes no second object.")
    return kept, int(saved["version"])


def conflict(client: Client, kept: Kept, version: int) -> None:
    """A writer with an old version is told what is there now, and nothing changes."""
    path = f"/api/images/{kept.picture.id}/annotations"
    body = {"version": version - 1, "uid": str(uuid.uuid4()), "category": kept.category, "clicks": []}
    answer = client.json("POST", path, body | {"counts": masks.encode(kept.bits)}, expected=(409,))
    check(answer["error"]["code"] == "conflict", "An old version is answered with the code conflict.")
    check(answer["error"]["current"]["version"] == version, "The conflict tells the version of now.")
    check(client.json("GET", path)["version"] == version, "A refused change changes nothing.")


def compare_kept(client: Client, picture: Picture, kept: list[Kept], version: int) -> None:
    """What the server has is what was kept: what a reload would show."""
    found = client.json("GET", f"/api/images/{picture.id}/annotations")
    check(found["version"] == version, f"{picture.name} has version {version}.")
    check([one["uid"] for one in found["annotations"]] == [one.uid for one in kept], "All kept objects are there.")
    for one, mine in zip(found["annotations"], kept, strict=True):
        bits = masks.decode(one["counts"], picture.height, picture.width)
        check(np.array_equal(bits, mine.bits), f"{picture.name}: the kept mask is the one that was sent.")


def _same(one: Answer, other: Answer) -> bool:
    return (one.bbox, one.counts) == (other.bbox, other.counts)
