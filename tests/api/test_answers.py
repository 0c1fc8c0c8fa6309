"""What routes and sockets really answer is what the OpenAPI document says: walks through the product, each answer held
against it."""

import json
import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from labeling.accounts.models import User
from labeling.annotations.models import AnnotationSet
from labeling.exchange.models import Export
from labeling.features.models import Encoding
from labeling.images.models import Image
from labeling.live import messages
from labeling.live.progress import counts
from labeling.pages.project_page import project_data
from labeling.projects.access import Standing
from labeling.projects.models import Project, Role
from labeling.suggestions.models import HeadVersion, Run, RunImage, Suggestion
from tests.api.test_document import DOCUMENT, problems
from tests.conftest import picture_bytes


class Checked:
    """A client whose every answer has to be in the document."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.seen: set[tuple[str, str, int]] = set()

    def __call__(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        if body is not None:
            more |= {"data": json.dumps(body), "content_type": "application/json"}
        answer = getattr(self._client, method)(path, **more)
        route, operation = self._operation(method, path.split("?")[0])
        responses = operation["responses"]
        told = responses.get(str(answer.status_code)) or responses["default"]
        while "$ref" in told:
            told = DOCUMENT["components"]["responses"][told["$ref"].rsplit("/", 1)[1]]
        name = told["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
        assert problems(name, answer.json()) == [], (method, path, answer.content[:500])
        self.seen.add((method, route, answer.status_code))
        return answer.json()

    @staticmethod
    def _operation(method: str, path: str) -> tuple[str, dict[str, Any]]:
        for route, methods in DOCUMENT["paths"].items():
            if method in methods and re.fullmatch(re.sub(r"{\w+}", r"\\d+", route), path):
                return route, methods[method]
        raise AssertionError(f"{method} {path} is not in the document")


@pytest.fixture
def ask(alice: User, as_user: Callable[[User | None], Client]) -> Checked:
    alice.is_staff = True
    alice.save()
    return Checked(as_user(alice))


@pytest.fixture
def image(project: Project) -> Image:
    image = Image(project=project, name="a.png", sha256="0" * 64, width=320, height=240)
    for field in (image.original, image.view, image.thumbnail):
        field.save("a.png", ContentFile(picture_bytes()), save=False)
    image.save()
    Encoding.objects.create(image=image, state="failed", reason="No room.")
    return image


def whole(image: Image) -> str:
    """The mask of all pixels."""
    import numpy as np

    from labeling import masks

    return masks.encode(np.ones((image.height, image.width), bool))


def test_projects(ask: Checked) -> None:
    made = ask("post", "/api/projects", {"name": "Birds", "categories": [{"name": "wing"}, {"name": "sky"}]})
    address = f"/api/projects/{made['id']}"
    attributes = [{"name": "age", "kind": "choice", "choices": ["old", "young"]}]
    assert ask("patch", address, {"attributes": attributes})["attributes"][0]["kind"] == "choice"
    assert ask("get", "/api/projects")["results"][0]["role"] == "owner"
    ask("get", address)
    ask("get", f"{address}/panoptic")
    ask("put", f"{address}/panoptic", {"panoptic": True})
    ask("patch", address, {"name": ""})
    ask("delete", address, {"name": "wrong"})
    assert ask("post", f"{address}/archive")["state"] == "archived"
    ask("patch", address, {"name": "Owls"})
    assert ask("post", f"{address}/unarchive") == {"id": made["id"], "state": "active"}
    assert ask("delete", address, {"name": "Birds"})["deleted_at"]
    ask("get", address)
    ask("post", f"{address}/restore")
    ask("post", f"{address}/purge", {"name": "Birds"})
    ask("delete", address, {"name": "Birds"})
    assert ask("post", f"{address}/purge", {"name": "Birds"})["kind"] == "purge"
    assert ask("get", f"{address}/jobs")["results"][0]["state"] == "queued"
    ask("get", "/api/projects/0")
    assert {status for _, _, status in ask.seen} >= {200, 201, 202, 400, 403, 404, 409}


def test_annotations(ask: Checked, image: Image) -> None:
    address, uid = f"/api/images/{image.pk}", str(uuid.uuid4())
    ask("get", f"{address}/annotations")
    body = {
        "version": 0,
        "uid": uid,
        "category": 1,
        "counts": whole(image),
        "clicks": [[1.5, 2.5, True], [3, 4, False]],
    }
    kept = ask("post", f"{address}/annotations", body)["annotation"]
    ask("post", f"{address}/annotations", body)  # again: 200
    ask("post", f"{address}/annotations", {**body, "uid": str(uuid.uuid4())})  # 409
    ask("put", f"/api/annotations/{kept['id']}", {"version": 1, "category": 2})
    changes = [{"kind": "change", "uid": uid, "z": 5}]
    ask("post", f"{address}/changes", {"version": 2, "changes": changes})
    ask("post", f"{address}/status", {"version": 3, "status": "skipped", "reason": "dark"})
    ask("post", f"{address}/status", {"version": 4, "status": "done"})
    ask("post", f"{address}/note", {"version": 5, "text": "A note."})
    ask("post", f"{address}/time", {"session": uid, "seconds": 5})
    assert ask("get", f"{address}/annotations")["annotations"][0]["category"] == 2
    ask("get", f"{address}/editor")
    ask("delete", f"/api/annotations/{kept['id']}", {"version": 6})
    ask("post", f"{address}/encode")
    ask("delete", address)
    assert {status for _, _, status in ask.seen} == {200, 201, 409}


def test_an_overlap(ask: Checked, image: Image, project: Project) -> None:
    Project.objects.filter(pk=project.pk).update(panoptic=True)
    body = {"category": 1, "counts": whole(image), "clicks": []}
    ask("post", f"/api/images/{image.pk}/annotations", {**body, "version": 0, "uid": str(uuid.uuid4())})
    refused = ask("post", f"/api/images/{image.pk}/annotations", {**body, "version": 1, "uid": str(uuid.uuid4())})
    assert refused["error"]["objects"][0]["pixels"] == image.width * image.height


def test_overlaps_of_a_project(ask: Checked, image: Image, project: Project) -> None:
    for version in range(2):
        body = {"version": version, "uid": str(uuid.uuid4()), "category": 1, "counts": whole(image), "clicks": []}
        ask("post", f"/api/images/{image.pk}/annotations", body)
    refused = ask("put", f"/api/projects/{project.pk}/panoptic", {"panoptic": True})
    assert refused["error"]["first"][0]["image"] == image.pk


def test_uploads_and_lists(ask: Checked, image: Image, project: Project) -> None:
    address = f"/api/projects/{project.pk}"
    upload = ask("post", f"{address}/uploads")["id"]
    file = SimpleUploadedFile("b.png", picture_bytes(seed=2))
    ask("post", f"/api/uploads/{upload}/files", data={"file": file})
    ask("get", f"/api/uploads/{upload}")
    ask("post", f"/api/uploads/{upload}/files", data={})
    ask("post", f"/api/uploads/{upload}/close")
    ask("get", f"{address}/images?limit=1&filter=failed")
    ask("get", f"{address}/images?before={image.pk + 1}")
    ask("get", f"{address}/images?limit=0")
    ask("post", f"{address}/next", {})
    ask("post", f"{address}/encode")
    ask("get", f"/api/images/{image.pk}/blocks")
    ask("put", "/api/me/keys", {"keys": {"keep": ["Enter"]}})
    ask("get", "/api/me/keys")


def test_exports(ask: Checked, image: Image, project: Project, alice: User) -> None:
    address = f"/api/projects/{project.pk}/exports"
    ask("post", address, {"format": "coco"})  # nothing to export
    AnnotationSet.objects.create(image=image, version=1, status="done")
    started = ask("post", address, {"format": "coco", "options": {"images": "all"}})
    for state in Export.State.values:
        Export.objects.filter(pk=started["id"]).update(state=state, reason="No room.")
        ask("get", f"/api/exports/{started['id']}")
    ask("get", address)


def test_suggestions(ask: Checked, image: Image, project: Project, alice: User) -> None:
    address, of_image = f"/api/projects/{project.pk}", f"/api/images/{image.pk}/suggestions"
    head = HeadVersion.objects.create(
        project=project, kind="instances", number=1, state="failed", reason="No room.", classes=["car"], images=[1],
        curve=[[1, 0.5], [2, 0.25]], figures={"ap": 0.5, "by_category": {"car": {"figure": 0.5, "objects": 1}}},
    )  # fmt: skip
    run = Run.objects.create(project=project, method="everything", created_by=alice, options={"threshold": 0.5})
    RunImage.objects.create(run=run, image=image, state="failed", reason="No room.")
    rows = [
        Suggestion.objects.create(
            image=image, method="everything", score=0.5, word="", counts=whole(image), area=1, bbox_x=0, bbox_y=0,
            bbox_width=image.width, bbox_height=image.height, clicks=[[1, 2, True]],
        )
        for _ in range(2)
    ]  # fmt: skip
    uids = [str(row.uid) for row in rows]
    assert ask("get", of_image)["looked"][0]["reason"] == "No room."
    ask("post", of_image, {"method": "everything"})
    ask("post", f"{of_image}/reject", {"uids": uids[:1]})
    ask("post", f"{of_image}/reopen", {"uids": uids[:1]})
    ask("post", f"{of_image}/accept", {"version": 7, "all": {"above": 0.1}})
    ask("post", f"{of_image}/accept", {"version": 0, "suggestions": [{"uid": uids[0], "category": 1}]})
    ask("post", f"{address}/suggestions/accept", {"above": 0.9})
    ask("get", f"{address}/suggestions/figures")
    ask("get", f"{address}/suggestions/runs")
    for what in ("", "/stop", "/retry"):
        ask("post" if what else "get", f"/api/suggestions/runs/{run.pk}{what}")
    ask("get", f"{address}/suggestions/settings")
    ask("patch", f"{address}/suggestions/settings", {"least_sure_first": False})
    ask("get", f"{address}/heads")
    ask("get", f"/api/heads/{head.pk}")
    ask("post", f"/api/heads/{head.pk}/retry")
    ask("post", f"/api/heads/{head.pk}/cancel")
    ask("get", f"{address}/heads/{head.pk}/mapping")
    ask("patch", f"{address}/heads/{head.pk}/mapping", {"mapping": {"car": 1}})


def test_pages_and_sockets(image: Image, project: Project, alice: User) -> None:
    assert problems("ProjectPage", project_data(project, alice, Standing(Role.MANAGER)).plain()) == []
    assert problems("ProgressMessage", counts(project.pk, alice, Standing(Role.MANAGER)).model_dump(mode="json")) == []
    told = [
        messages.Hello(
            image=1, width=2, height=3, state="ready",
            limits=messages.Limits(message_bytes=1, clicks_per_second=1, clicks_per_object=1),
        ),
        messages.ImageState(state="queued", ahead=3),
        messages.Mask(
            object=uuid.uuid4(), seq=1, clicks=1, can_redo=False, bbox=(0, 0, 1, 1), counts="1", tiles=[None, "t1-0-0"],
            ms=messages.Took(queue=0.5, decode=1.5),
        ),
        messages.Error(code="bad_message", message="No."),
    ]  # fmt: skip
    for message in told:
        assert problems("ClickServerMessage", json.loads(message.frame())) == [], message
    said = {"v": 1, "type": "click", "object": str(uuid.uuid4()), "seq": 1, "x": 1.5, "y": 2, "positive": True}
    assert problems("ClickClientMessage", said) == []
    assert problems("ClickClientMessage", said | {"more": 1})
