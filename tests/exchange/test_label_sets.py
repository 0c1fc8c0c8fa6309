"""Whose labels an export has, and who may have them."""

import json
import uuid
from typing import Any

import pytest

from labeling import masks
from labeling.accounts.models import User
from labeling.annotations import golden
from labeling.annotations import services as annotations
from labeling.annotations.models import AnnotationSet
from labeling.exchange import services, tasks
from labeling.images.models import Image
from labeling.projects.models import Membership, Project, Role
from labeling.web.api import ApiError
from tests.conftest import PASSWORD
from tests.exchange.conftest import AddImage, MakeZip, box


def draw(image: Image, user: User, *drawn: masks.Bits, done: bool = True) -> None:
    """Make somebody's opinion of an image."""
    AnnotationSet.objects.get_or_create(image=image, kind=AnnotationSet.Kind.OPINION, author=user)
    version = 0
    for bits in drawn:
        version, _, _ = annotations.create(
            image, user, version=version, uid=uuid.uuid4(), category=1, counts=masks.encode(bits), clicks=[]
        )
    if done:
        annotations.set_status(image, user, version=version, status="done")


@pytest.fixture
def dora(project: Project) -> User:
    """Another annotator of `project`, whose name is a folder on no Windows."""
    user = User.objects.create_user("dora.", password=PASSWORD)
    Membership.objects.create(project=project, user=user, role=Role.ANNOTATOR)
    return user


@pytest.fixture
def opinions(bob: User, dora: User, add_image: AddImage) -> list[Image]:
    """Two images: both drew one object alike on the first, dora one more; the second only bob drew."""
    first, second = add_image("a.png"), add_image("b.png")
    draw(first, bob, box(1, 1, 10, 10))
    draw(first, dora, box(1, 1, 10, 9), box(30, 20, 5, 5))
    draw(second, bob, box(2, 2, 4, 4))
    return [first, second]


def areas(content: dict[str, Any]) -> dict[str, list[int]]:
    names = {one["id"]: one["file_name"] for one in content["images"]}
    found: dict[str, list[int]] = {name: [] for name in names.values()}
    for one in content["annotations"]:
        found[names[one["image_id"]]].append(one["area"])
    return found


def test_each_annotator_has_a_folder(opinions: list[Image], make_zip: MakeZip) -> None:
    found = make_zip("coco", sets="each")
    assert areas(found.json("bob/annotations/instances_train.json")) == {"a.png": [100], "b.png": [16]}
    assert areas(found.json("dora/annotations/instances_train.json")) == {"a.png": [90, 25]}
    manifest = found.json("manifest.json")
    assert manifest["annotators"] == [
        {"folder": "bob", "annotator": "bob", "images": 2, "objects": 2},
        {"folder": "dora", "annotator": "dora.", "images": 1, "objects": 2},
    ]
    assert (manifest["images"], manifest["objects"]) == (3, 4)
    assert "dora/annotations/instances_train.json" in manifest["sha256"]
    assert make_zip("coco", sets="each").content == found.content


def test_the_consensus_is_what_more_than_half_drew(opinions: list[Image], make_zip: MakeZip) -> None:
    content = make_zip("coco", sets="consensus").json("annotations/instances_train.json")
    assert areas(content) == {"a.png": [100]}
    again = make_zip("coco", sets="consensus").json("annotations/instances_train.json")
    assert [one["uid"] for one in again["annotations"]] == [one["uid"] for one in content["annotations"]]


def test_the_labels_of_the_images_have_no_opinions(opinions: list[Image], make_zip: MakeZip) -> None:
    assert areas(make_zip("coco", images="all").json("annotations/instances_train.json")) == {"a.png": [], "b.png": []}


def test_the_truth_is_that_of_golden_images(
    alice: User, project: Project, add_image: AddImage, make_zip: MakeZip
) -> None:
    image = add_image("a.png")
    version, _, _ = annotations.create(
        image, alice, version=0, uid=uuid.uuid4(), category=1, counts=masks.encode(box(1, 1, 3, 3)), clicks=[]
    )
    annotations.set_status(image, alice, version=version, status="done")
    golden.mark(image, alice)
    assert areas(make_zip("coco", sets="golden").json("annotations/instances_train.json")) == {"a.png": [9]}


def test_nobody_drew_alone(project: Project, alice: User, add_image: AddImage) -> None:
    add_image("a.png")
    with pytest.raises(ApiError, match="Nobody has labels of their own"):
        services.start(project, alice, format="coco", options={"sets": "each"})
    with pytest.raises(ApiError, match="No such image has two finished opinions"):
        services.start(project, alice, format="coco", options={"sets": "consensus"})


@pytest.mark.parametrize("sets", ["each", "consensus", "golden"])
def test_reviewers_have_no_labels_of_single_annotators(
    sets: str, opinions: list[Image], alice: User, rita: User, as_user: Any, project: Project
) -> None:
    """Neither by asking, nor what a manager asked for: not the zip, not its address, not what it differs in."""
    address, body = f"/api/projects/{project.pk}/exports", json.dumps({"format": "coco", "options": {"sets": sets}})
    for route in (address, f"{address}/losses"):
        refused = as_user(rita).post(route, body, "application/json")
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "others_labels")
    if sets == "golden":
        return
    export = services.start(project, alice, format="coco", options={"sets": sets}, freeze="all of them")
    tasks.run(export.pk)
    assert "url" in as_user(alice).get(f"/api/exports/{export.pk}").json()
    assert as_user(alice).get(f"/exports/{export.pk}/download").status_code == 200
    for route in (f"/api/exports/{export.pk}", address):
        assert "/download" not in as_user(rita).get(route).content.decode()
    assert as_user(rita).get(f"/exports/{export.pk}/download").status_code == 403
    own = services.start(project, rita, format="coco", options={"images": "all"})
    tasks.run(own.pk)
    difference = f"/api/exports/{own.pk}/difference"
    assert as_user(rita).get(f"{difference}?before={export.pk}").status_code == 403
    assert as_user(rita).get(f"/exports/{own.pk}/difference/{export.pk}").status_code == 403
    assert as_user(alice).get(f"{difference}?before={export.pk}").json()["images"]["added"] > 0
    assert as_user(alice).get(difference).json()["error"]["code"] == "no_version"  # none of the same labels
