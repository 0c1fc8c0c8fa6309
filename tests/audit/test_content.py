"""What exports, deletions and settings leave in the audit log."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client, RequestFactory
from django.utils import timezone

from labeling.accounts.models import User
from labeling.annotations.models import AnnotationSet
from labeling.annotations.services import set_status
from labeling.audit.actions import Action
from labeling.audit.models import AuditEvent
from labeling.exchange import build
from labeling.exchange.models import Export
from labeling.images.models import Image
from labeling.projects.models import Project
from labeling.review.models import ReviewSettings
from tests.exchange.conftest import *  # noqa: F403 - its fixtures
from tests.exchange.conftest import AddImage, Keep, box

AsUser = Callable[[User | None], Client]


def logged(action: Action) -> list[tuple[str, str, dict[str, Any]]]:
    """Who did it, to what, and the details."""
    return [(one.name, one.project_name, one.details) for one in AuditEvent.objects.filter(action=action)]


def ready_export(client: Client, project: Project, add_image: AddImage, keep: Keep) -> Export:
    keep(add_image(), box(1, 1, 4, 4))
    answer = client.post(f"/api/projects/{project.pk}/exports", {"format": "coco"}, content_type="application/json")
    export = build.claim(answer.json()["id"])
    assert export is not None
    build.make(export)
    return export


def test_an_export_is_logged_when_made_downloaded_and_deleted(
    as_user: AsUser, rita: User, project: Project, add_image: AddImage, keep: Keep
) -> None:
    client = as_user(rita)
    export = ready_export(client, project, add_image, keep)
    [(who, where, details)] = logged(Action.EXPORT_MADE)
    assert (who, where, details["options"]["images"]) == ("rita", "Street", "labeled")
    client.head(f"/exports/{export.pk}/download")
    assert logged(Action.EXPORT_DOWNLOADED) == []
    client.get(f"/exports/{export.pk}/download")
    assert logged(Action.EXPORT_DOWNLOADED) == [("rita", "Street", {})]
    Export.objects.update(finished_at=timezone.now() - timedelta(days=60))
    assert build.expire() == 1
    assert logged(Action.EXPORT_DELETED) == [("", "Street", {"reason": "old"})]


def test_an_export_that_goes_with_its_project_is_not_logged(alice: User, project: Project) -> None:
    Export.objects.create(project=project, format="coco").delete()
    Export.objects.create(project=project, format="coco")
    Export.objects.filter(project=project).delete()
    assert len(logged(Action.EXPORT_DELETED)) == 2
    Export.objects.create(project=project, format="coco")
    project.delete()
    assert len(logged(Action.EXPORT_DELETED)) == 2


@pytest.mark.parametrize("way", ["api", "admin", "action"])
def test_a_deleted_image_is_logged_whatever_the_way(
    as_user: AsUser, alice: User, project: Project, add_image: AddImage, way: str
) -> None:
    image, site = add_image(), admin.site._registry[Image]
    request = RequestFactory().post("/")
    request.user = alice
    if way == "api":
        assert as_user(alice).delete(f"/api/images/{image.pk}").status_code == 200
    elif way == "admin":
        site.delete_model(request, image)
    else:
        site.delete_queryset(request, Image.objects.filter(pk=image.pk))
    assert not Image.objects.exists()
    [event] = AuditEvent.objects.filter(action=Action.IMAGES_DELETED)
    assert (event.project_name, event.kind, event.object_name) == ("Street", "image", image.name)


def test_golden_images_are_logged(as_user: AsUser, alice: User, add_image: AddImage) -> None:
    image, client = add_image(), as_user(alice)
    AnnotationSet.objects.create(image=image, main_of=image, status="done")
    for answer in (client.put, client.put, client.delete, client.delete):
        assert answer(f"/api/images/{image.pk}/golden").status_code == 200
    events = AuditEvent.objects.filter(action__startswith="golden").order_by("pk")
    assert list(events.values_list("action", "name", "object_name")) == [
        (Action.GOLDEN_MARKED, "alice", image.name), (Action.GOLDEN_REMOVED, "alice", image.name)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "address", "body", "details"),
    [
        ("patch", "review/settings", {"enabled": True}, {"part": "review", "enabled": True}),
        ("patch", "suggestions/settings", {"learn_at_doublings": False},
         {"part": "suggestions", "learn_at_doublings": False}),
        ("put", "panoptic", {"panoptic": True}, {"part": "panoptic", "panoptic": True}),
        ("put", "panoptic", {"panoptic": False}, {"part": "panoptic", "panoptic": False}),
    ],
)  # fmt: skip
def test_changed_settings_are_logged(
    as_user: AsUser, alice: User, project: Project, method: str, address: str, body: dict[str, bool], details: Any
) -> None:
    address = f"/api/projects/{project.pk}/{address}"
    answer = getattr(as_user(alice), method)(address, body, content_type="application/json")
    assert answer.status_code == 200, answer.content
    assert logged(Action.SETTINGS_CHANGED) == [("alice", "Street", details)]


def test_lots_are_logged(as_user: AsUser, alice: User, project: Project) -> None:
    client = as_user(alice)
    made = client.post(f"/api/projects/{project.pk}/lots", {"name": "May"}, content_type="application/json")
    assert made.status_code == 201, made.content
    address = f"/api/lots/{made.json()['id']}"
    for change in ({"priority": 2}, {"closed": True}, {"closed": True}, {"closed": False}, {"closed": False}):
        assert client.patch(address, change, content_type="application/json").status_code == 200
    assert client.delete(address).status_code == 200
    events = AuditEvent.objects.filter(action__startswith="lot.").order_by("pk")
    assert list(events.values_list("action", "name", "object_name", "project_name")) == [
        (action, "alice", "May", "Street")
        for action in (Action.LOT_CREATED, Action.LOT_CLOSED, Action.LOT_REOPENED, Action.LOT_DELETED)
    ]


def test_assigning_is_logged_for_each_person(
    as_user: AsUser, alice: User, bob: User, project: Project, add_image: AddImage
) -> None:
    images = [{"id": add_image().pk} for _ in range(3)]

    def assign(*members: User) -> None:
        action = {"kind": "assign", "members": [one.pk for one in members]}
        body = {"images": images, "action": action}
        address = f"/api/projects/{project.pk}/images/bulk"
        answer = as_user(alice).post(address, body, content_type="application/json")
        assert answer.status_code == 200, answer.content

    assign(alice, bob)
    assign(alice, bob)  # they have these already
    events = AuditEvent.objects.filter(action=Action.IMAGES_ASSIGNED).order_by("pk")
    told = [(one.name, one.object_name, one.details) for one in events]
    assert told == [("alice", "alice", {"images": 2}), ("alice", "bob", {"images": 1})]
    assign()
    assign()
    assert logged(Action.IMAGES_TAKEN_BACK) == [("alice", "Street", {"images": 3})]


def test_the_verdict_on_a_sample_is_logged(
    as_user: AsUser, alice: User, bob: User, rita: User, project: Project, add_image: AddImage
) -> None:
    ReviewSettings.objects.create(project=project, enabled=True, rate=0, newcomers=0)
    images = [add_image() for _ in range(4)]
    for image in images[:3]:
        set_status(image, bob, version=0, status="done")

    def judge(*chosen: Image, draw: bool = False) -> None:
        body = {"images": [one.pk for one in chosen], "draw": draw}
        address = f"/api/projects/{project.pk}/review/sample"
        assert as_user(rita).post(address, body, content_type="application/json").status_code == 200

    judge(images[0], draw=True)
    judge(*images)  # one was drawn, one is not finished
    judge(*images)
    assert logged(Action.SAMPLE_DRAWN) == [("rita", "Street", {"images": 1})]
    assert logged(Action.SAMPLE_ACCEPTED) == [("rita", "Street", {"images": 2})]
