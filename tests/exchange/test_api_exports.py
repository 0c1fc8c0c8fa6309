"""`GET/POST /api/projects/<id>/exports`."""

import json
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from labeling.accounts.models import User
from labeling.exchange.models import Export
from labeling.exchange.registry import formats
from labeling.projects.models import Project
from labeling.server import wake_up
from tests.exchange.conftest import AddImage, Keep, box


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The exports that a message was sent for."""
    sent: list[int] = []
    monkeypatch.setattr(wake_up.current_app, "send_task", lambda task, args, **options: sent.append(*args))
    return sent


def ask(client: Client, project: Project, **body: Any) -> Any:
    return client.post(f"/api/projects/{project.pk}/exports", json.dumps(body), "application/json")


def test_an_export_is_queued(
    as_user: Any, rita: User, project: Project, add_image: AddImage, keep: Keep, queued: list[int],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:  # fmt: skip
    keep(add_image(), box(1, 1, 4, 4))
    with django_capture_on_commit_callbacks(execute=True):
        answer = ask(as_user(rita), project, format="coco", options={"segmentation": "polygons"})
    assert answer.status_code == 202
    export = Export.objects.get()
    assert answer.json() == {
        "id": export.pk,
        "format": "coco",
        "title": "COCO instances",
        "options": {
            "images": "labeled",
            "sets": "main",
            "include_images": False,
            "split": "none",
            "val": 10,
            "test": 0,
            "segmentation": "polygons",
            "fill": "coco",
        },
        "created_by": "rita",
        "created_at": export.created_at.isoformat(),
        "state": "queued",
        "done": 0,
        "total": 1,
    }
    assert queued == [export.pk]


def test_the_list_has_the_newest_first_and_the_formats(as_user: Any, alice: User, project: Project) -> None:
    for format in ("coco", "png"):
        Export.objects.create(project=project, format=format)
    answer = as_user(alice).get(f"/api/projects/{project.pk}/exports").json()
    assert [one["format"] for one in answer["results"]] == ["png", "coco"]
    schemas = {one["name"]: one["options"]["properties"] for one in answer["formats"]}
    assert list(schemas) == list(formats())
    assert set(schemas["coco"]) == {
        "images", "sets", "include_images", "split", "val", "test", "filter", "only", "segmentation", "fill",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        ({"format": "bmp"}, "unknown_format", "cityscapes, coco, "),
        ({"format": "coco", "options": {"segmentation": "bezier"}}, "bad_options", "segmentation"),
        ({"format": "png", "options": {"segmentation": "rle"}}, "bad_options", "segmentation"),
        ({"format": "coco", "shape": 1}, "bad_request", "shape"),
        ({}, "bad_request", "format"),
    ],
)
def test_a_wrong_request_is_told(
    as_user: Any, alice: User, project: Project, body: dict[str, Any], code: str, said: str
) -> None:
    answer = ask(as_user(alice), project, **body)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == code
    assert said in answer.json()["error"]["message"]
    assert not Export.objects.exists()


@pytest.mark.parametrize("images", ["labeled", "done", "accepted", "all"])
def test_nothing_to_export_is_told(as_user: Any, alice: User, project: Project, images: str) -> None:
    answer = ask(as_user(alice), project, format="coco", options={"images": images})
    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "nothing_to_export"


@pytest.mark.parametrize("method", ["get", "post"])
def test_who_may(as_user: Any, bob: User, charlie: User, project: Project, method: str) -> None:
    url = f"/api/projects/{project.pk}/exports"
    for user, status in ((None, 401), (charlie, 404), (bob, 403)):
        assert getattr(as_user(user), method)(url).status_code == status
