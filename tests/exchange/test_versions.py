"""Frozen versions of a dataset, and how one differs from the one before."""

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from labeling import masks
from labeling.accounts.models import User
from labeling.annotations import services as annotations
from labeling.audit.models import AuditEvent
from labeling.exchange import build, comparing, services, tasks
from labeling.exchange.models import Export
from labeling.images.models import Image
from labeling.projects.models import Category, Project
from tests.exchange.conftest import AddImage, Keep, box

ZERO = {"added": 0, "removed": 0, "changed": 0}


def make(project: Project, user: User, freeze: str = "", **options: Any) -> Export:
    export = services.start(project, user, format="coco", options=options, freeze=freeze)
    tasks.run(export.pk)
    export.refresh_from_db()
    assert export.state == "ready", export.reason
    return export


def post(client: Any, address: str, **body: Any) -> Any:
    return client.post(address, json.dumps(body), "application/json")


@pytest.fixture
def images(add_image: AddImage, keep: Keep) -> list[Image]:
    """Three images with an object each; the first has two."""
    found = [add_image(name) for name in ("a.png", "b.png", "c.png")]
    for image in found:
        keep(image, box(1, 1, 4, 4))
    keep(found[0], box(10, 10, 3, 3), 2)
    return found


def change_all(project: Project, images: list[Image], user: User, add_image: AddImage, keep: Keep) -> None:
    """On a an object gets another mask, one goes and one comes; b goes; d comes; a class is called otherwise."""
    mine = {one.category.number: one for one in images[0].annotation_set.annotations.all()}
    version = annotations.overview(images[0], user).version
    version, _ = annotations.change(mine[1], user, version=version, counts=masks.encode(box(1, 1, 5, 5)))
    version = annotations.delete(mine[2], user, version=version)
    annotations.create(
        images[0],
        user,
        version=version,
        uid=uuid.uuid4(),
        category=3,
        counts=masks.encode(box(20, 20, 2, 2)),
        clicks=[],
    )
    images[1].delete()
    keep(add_image("d.png"), box(3, 3, 4, 4))
    Category.objects.filter(project=project, number=1).update(name="automobile")
    Category.objects.create(project=project, number=4, name="tree", color="#00ff00", kind="thing")


def test_a_difference_says_what_came_went_and_changed(
    project: Project, alice: User, bob: User, as_user: Any, images: list[Image], add_image: AddImage, keep: Keep
) -> None:
    first = make(project, alice, "spring")
    change_all(project, images, bob, add_image, keep)
    second = make(project, alice, "summer")
    found = as_user(alice).get(f"/api/exports/{second.pk}/difference").json()
    assert (found["before_name"], found["after_name"]) == ("spring", "summer")
    assert found["images"] == {"added": 1, "removed": 1, "changed": 1}
    assert found["objects"] == {"added": 2, "removed": 2, "changed": 1}
    assert found["by_class"] == [
        {"number": 1, "name": "automobile", "added": 1, "removed": 1, "changed": 1},
        {"number": 2, "name": "person", "added": 0, "removed": 1, "changed": 0},
        {"number": 3, "name": "road", "added": 1, "removed": 0, "changed": 0},
    ]
    assert found["classes_renamed"] == [{"number": 1, "before": "car", "after": "automobile"}]
    assert (found["classes_added"], found["classes_removed"]) == (["tree"], [])
    assert [(one["what"], one["name"]) for one in found["changes"]] == [
        ("changed", "a.png"), ("removed", "b.png"), ("added", "d.png"),
    ]  # fmt: skip
    whole = json.loads(b"".join(as_user(alice).get(found["url"]).streaming_content))
    assert whole["images_changed"] == found["changes"]
    assert (whole["images"], whole["before"]["sha256"]) == (found["images"], first.sha256)
    backwards = as_user(alice).get(f"/api/exports/{first.pk}/difference?before={second.pk}").json()
    assert backwards["objects"] == {"added": 2, "removed": 2, "changed": 1}


def test_equal_labels_are_equal_versions(project: Project, alice: User, as_user: Any, images: list[Image]) -> None:
    first, second = make(project, alice, "one"), make(project, alice, "two")
    assert len(first.sha256) == 64
    assert first.sha256 == second.sha256
    found = as_user(alice).get(f"/api/exports/{second.pk}/difference").json()
    assert (found["images"], found["objects"], found["changes"]) == (ZERO, ZERO, [])


def test_only_the_first_changes_are_named(
    project: Project, alice: User, as_user: Any, images: list[Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "SHOWN", 1)
    make(project, alice, "some", only=[images[0].pk])
    found = as_user(alice).get(f"/api/exports/{make(project, alice).pk}/difference").json()
    assert ([one["name"] for one in found["changes"]], found["more"]) == (["b.png"], 1)


def test_a_frozen_version_stays(project: Project, alice: User, rita: User, as_user: Any, images: list[Image]) -> None:
    export = make(project, alice)
    assert post(as_user(rita), f"/api/exports/{export.pk}/freeze", name="spring").status_code == 403
    answer = post(as_user(alice), f"/api/exports/{export.pk}/freeze", name="  spring  2026 ").json()
    assert (answer["name"], answer["frozen_by"], answer["sha256"]) == ("spring 2026", "alice", export.sha256)
    again = post(as_user(alice), f"/api/exports/{export.pk}/freeze", name="another")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "not_ready")
    Export.objects.update(finished_at=timezone.now() - timedelta(days=4000))
    assert tasks.expire() == 0
    assert as_user(rita).get(f"/exports/{export.pk}/download").status_code == 200
    assert AuditEvent.objects.filter(action="export.frozen").count() == 1
    for _ in range(services.SHOWN + 1):
        Export.objects.create(project=project, format="coco")
    listed = as_user(rita).get(f"/api/projects/{project.pk}/exports").json()
    assert [one["name"] for one in listed["versions"]] == ["spring 2026"]
    assert export.pk not in [one["id"] for one in listed["results"]]


def test_names_of_versions_differ(project: Project, alice: User, as_user: Any, images: list[Image]) -> None:
    make(project, alice, "Spring")
    address = f"/api/projects/{project.pk}/exports"
    taken = post(as_user(alice), address, format="coco", freeze="spring")
    assert (taken.status_code, taken.json()["error"]["code"]) == (409, "name_taken")
    other = make(project, alice)
    assert post(as_user(alice), f"/api/exports/{other.pk}/freeze", name="SPRING").status_code == 409
    assert post(as_user(alice), f"/api/exports/{other.pk}/freeze", name="  ").status_code == 400


def test_owners_alone_delete_a_version(
    project: Project, alice: User, rita: User, charlie: User, as_user: Any, images: list[Image]
) -> None:
    project.memberships.create(user=charlie, role="manager")
    frozen, loose = make(project, alice, "spring"), make(project, alice)
    assert as_user(rita).delete(f"/api/exports/{loose.pk}").status_code == 403
    assert as_user(charlie).delete(f"/api/exports/{frozen.pk}").status_code == 403
    assert as_user(charlie).delete(f"/api/exports/{loose.pk}").status_code == 200
    assert as_user(alice).delete(f"/api/exports/{frozen.pk}").status_code == 200
    assert not Export.objects.exists()


def test_an_export_of_an_earlier_interlabel_can_not_be_compared(
    project: Project, alice: User, as_user: Any, images: list[Image]
) -> None:
    make(project, alice, "spring")
    later = make(project, alice)
    build.delete_files(later)
    Export.objects.filter(pk=later.pk).update(content="")
    answer = as_user(alice).get(f"/api/exports/{later.pk}/difference")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "no_content")
