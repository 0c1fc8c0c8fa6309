"""The whole walk: sign in, make a project, upload, wait, click, keep, export, compare."""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labeling.devtools.smoke import exports, labeling
from labeling.devtools.smoke.client import Client
from labeling.devtools.smoke.labeling import Kept, Picture
from labeling.devtools.smoke.report import Report, check
from labeling.devtools.smoke.sockets import ClickSocket, Message, Socket
from labeling.devtools.smoke.targets import CATEGORIES, TARGETS

NONSENSE = ("notes.txt", b"This is not a picture.")


@dataclass(frozen=True)
class Plan:
    """What a run is told. `patience`: seconds to wait for all images to be ready, and for an export. `keep`: the
    project stays when all went well; after a failure it stays anyway, to be looked at."""

    url: str
    username: str
    password: str
    photographs: list[Path]
    patience: float
    keep: bool = False


def run(plan: Plan, report: Report) -> None:
    """Raises: SmokeFailed at the first thing that is not as it should be."""
    with Client(plan.url) as client:
        with report.step("every part is ready"):
            client.wait_until_ready(min(plan.patience, 120))
        with report.step("the API refuses the signed-out"):
            client.json("GET", "/api/projects", expected=(401,))
        with report.step(f"sign in as {plan.username}"):
            client.sign_in(plan.username, plan.password)
        with report.step("make a project"):
            name = f"Smoke {time.strftime('%Y-%m-%d %H:%M:%S')}"
            project = client.json("POST", "/api/projects", {"name": name, "categories": CATEGORIES}, expected=(201,))
            check([one["number"] for one in project["categories"]] == [1, 2, 3], "Classes are numbered from 1.")
        with Socket(client, f"/ws/projects/{project['id']}/") as news:
            check(news.receive()["type"] == "snapshot", "The project socket begins with a snapshot.")
            pictures = _bring_in(client, news, project, plan, report)
            with report.step("the project page and an editor open"):
                client.page(project["url"])
                client.page(f"/images/{pictures[0].id}/")
            kept = _label(client, pictures, report)
            _export(client, news, project["id"], kept, plan, report)
        if not plan.keep:
            with report.step("delete the project", "delete_seconds"):
                client.delete_project(project["id"], name)
                client.json("GET", f"/api/projects/{project['id']}", expected=(404,))


def _bring_in(client: Client, news: Socket, project: Message, plan: Plan, report: Report) -> list[Picture]:
    """Upload every photograph and wait on the socket until all are ready."""
    count = len(plan.photographs)
    with report.step(f"upload {count} photographs and a text file", "upload_seconds"):
        upload = client.json("POST", f"/api/projects/{project['id']}/uploads", {}, expected=(201,))["id"]
        for path in plan.photographs:
            with report.timed("upload a file"):
                client.upload(f"/api/uploads/{upload}/files", path.name, path.read_bytes())
        client.upload(f"/api/uploads/{upload}/files", *NONSENSE)
        client.json("POST", f"/api/uploads/{upload}/close")
    report.numbers["images"] = count
    with report.step(f"{count} images are encoded, told on the socket", "ready_seconds"):
        _wait_until_ready(news, count, plan.patience, report)
    with report.step("the text file is rejected, the photographs are not"):
        found = client.json("GET", f"/api/uploads/{upload}")
        check((found["state"], found["accepted"], found["rejected"]) == ("done", count, 1), f"1 is rejected: {found}")
        rejected = next(one for one in found["items"] if one["state"] == "rejected")
        check((rejected["name"], rejected["reason"]) == (NONSENSE[0], "not_an_image"), f"With its reason: {rejected}")
        listed = client.json("GET", f"/api/projects/{project['id']}/images?limit=100")["results"]
        check(sorted(one["name"] for one in listed) == [path.name for path in plan.photographs], "All are listed.")
    return [Picture(one["id"], one["name"], one["width"], one["height"]) for one in listed]


def _wait_until_ready(news: Socket, count: int, patience: float, report: Report) -> None:
    """Read the project socket until all images are ready. The encoder may first have others' images to do: its time
    for an image is taken from the first of ours that is begun to the last that is ready."""
    began: list[float] = []

    def all_ready(message: Message) -> bool:
        if message["type"] == "image":
            check(message["state"] != "failed", f"{message['name']} can be encoded; it failed: {message.get('reason')}")
            if message["state"] == "encoding":
                began.append(time.monotonic())
        counts: dict[str, Any] = message.get("images", {})
        return counts.get("ready") == count

    news.wait_for(f"{count} images to be ready", all_ready, patience)
    check(bool(began), "The socket tells when an image begins to be encoded.")
    report.numbers["encode_seconds_per_image"] = round((time.monotonic() - began[0]) / count, 3)


def _label(client: Client, pictures: list[Picture], report: Report) -> list[Kept]:
    """Click every target, keep it, and mark each image as done."""
    everything: list[Kept] = []
    for picture in pictures:
        targets = [target for target in TARGETS if target.photograph == picture.name]
        kept: list[Kept] = []
        version = 0
        with report.step(f"label {picture.name}: {len(targets)} objects"), ClickSocket(client, picture.id) as socket:
            size = (socket.hello["width"], socket.hello["height"])
            check(size == (picture.width, picture.height), f"hello tells the size {size} of the view.")
            for target in targets:
                answer, clicks = labeling.click_object(socket, picture, target, report)
                labeling.reconnect(client, picture, socket, clicks, answer)
                one, version = labeling.keep(client, picture, target, answer, clicks, version, report)
                kept.append(one)
            if not everything:
                labeling.misbehave(socket, picture)
                labeling.conflict(client, kept[0], version)
            done = {"version": version, "status": "done"}
            version = client.json("POST", f"/api/images/{picture.id}/status", done)["version"]
            labeling.compare_kept(client, picture, kept, version)
        everything += kept
    report.numbers["objects"] = len(everything)
    return everything


def _export(client: Client, news: Socket, project: int, kept: list[Kept], plan: Plan, report: Report) -> None:
    variants: list[tuple[str, dict[str, Any]]] = [("coco", {}), ("coco", {"segmentation": "polygons"}), ("png", {})]
    with tempfile.TemporaryDirectory() as folder:
        for format, options in variants:
            what = " ".join([format, *options.values()])
            path = Path(folder) / f"{what}.zip"
            with report.step(f"export {what} and download it", f"export_{what.replace(' ', '_')}_seconds"):
                exports.make(client, news, project, format, options, path, plan.patience)
            with report.step(f"the {what} export has every object, bit for bit"):
                (exports.compare_png if format == "png" else exports.compare_coco)(path, kept)
