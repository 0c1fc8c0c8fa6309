"""`GET /api/projects/<id>/images`."""

import uuid
from typing import Any

import numpy as np
import pytest
from pytest_django import DjangoAssertNumQueries

from labeling import masks
from labeling.accounts.models import User
from labeling.annotations.models import Annotation
from labeling.annotations.services import create, set_note, set_status
from labeling.features.models import Encoding
from labeling.images.models import Image
from labeling.pages.gallery import NAMED, NOTE_LENGTH, images_page
from labeling.projects.models import Project, Role
from tests.pages.conftest import AddImage, AsUser


def rectangle() -> str:
    """A mask for an image of the fixture's size."""
    bits = np.zeros((480, 640), bool)
    bits[:9, :9] = True
    return masks.encode(bits)


def test_an_image_with_everything(project: Project, bob: User, add_image: AddImage, as_user: AsUser) -> None:
    image = add_image(state="failed", status="in_progress")
    Encoding.objects.update(reason="The worker died.")
    for _ in range(2):
        Annotation.objects.create(
            set=image.annotation_set, uid=uuid.uuid4(), category=project.categories.get(number=1), counts="x", area=1,
            bbox_x=0, bbox_y=0, bbox_width=1, bbox_height=1,
        )  # fmt: skip
    assert as_user(bob).get(f"/api/projects/{project.pk}/images").json() == {
        "results": [
            {
                "id": image.pk,
                "name": "folder/1.jpg",
                "width": 640,
                "height": 480,
                "thumbnail": image.thumbnail_url,
                "overlay": f"/images/{image.pk}/overlay?v=0",
                "editor": f"/images/{image.pk}/",
                "state": "failed",
                "reason": "The worker died.",
                "status": "in_progress",
                "version": 0,
                "round": 0,
                "objects": 2,
                "skipped": "",
                "note": "",
                "tags": [],
                "people": [],
                "lot": "All images",
                "golden": False,
                "draw": "",
                "changed_at": None,
                "changed_by": None,
            }
        ],
        "total": 1,
        "next": None,
    }


def test_an_image_without_rows_beside_it(project: Project, add_image: AddImage) -> None:
    add_image(state=None)
    (found,) = images_page(project, Role.MANAGER).plain()["results"]
    assert (found["state"], found["status"], found["objects"], found["reason"]) == ("queued", "new", 0, "")


def test_a_reason_of_an_earlier_try_is_not_shown(project: Project, add_image: AddImage) -> None:
    add_image(state="ready")
    Encoding.objects.update(reason="It failed once.")
    assert images_page(project, Role.MANAGER).results[0].reason == ""


def test_pages_join_without_gap_or_overlap(project: Project, bob: User, add_image: AddImage, as_user: AsUser) -> None:
    images = [add_image().pk for _ in range(7)]
    client, seen, after = as_user(bob), [], 0
    while after is not None:
        page = client.get(f"/api/projects/{project.pk}/images", {"after": after, "limit": 3}).json()
        seen.append([one["id"] for one in page["results"]])
        after = page["next"]
    assert seen == [images[:3], images[3:6], images[6:]]


def test_filters(project: Project, add_image: AddImage) -> None:
    ready, done, queued = add_image(), add_image(status="done"), add_image(state="queued")
    encoding, failed, unknown = add_image(state="encoding"), add_image(state="failed"), add_image(state=None)

    def ids(which: str) -> list[int]:
        return [one.id for one in images_page(project, Role.MANAGER, asked=NAMED[which]).results]

    assert ids("all") == [ready.pk, done.pk, queued.pk, encoding.pk, failed.pk, unknown.pk]
    assert ids("todo") == [ready.pk, queued.pk, encoding.pk, failed.pk, unknown.pk]
    assert ids("preparing") == [queued.pk, encoding.pk, unknown.pk]
    assert ids("failed") == [failed.pk]
    assert ids("done") == [done.pk]


def test_only_managers_are_told_which_images_are_golden(
    project: Project, alice: User, bob: User, rita: User, add_image: AddImage, as_user: AsUser
) -> None:
    image = add_image(status="done")
    Image.objects.filter(pk=image.pk).update(golden=True)
    url = f"/api/projects/{project.pk}/images"
    told = {one.username: [row["golden"] for row in as_user(one).get(url).json()["results"]] for one in (alice, rita)}
    assert told == {"alice": [True], "rita": [False]}
    assert as_user(bob).get(url).json()["results"] == []


def test_a_page_is_five_queries_however_long(
    project: Project, add_image: AddImage, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(30):
        add_image(status="in_progress")
    with django_assert_num_queries(5):
        assert len(images_page(project, Role.MANAGER).results) == 30


@pytest.mark.parametrize(
    "query", [{"limit": "0"}, {"limit": "501"}, {"after": "-1"}, {"after": "x"}, {"filter": "best"}, {"page": "2"}]
)
def test_a_wrong_query_is_told(project: Project, bob: User, as_user: AsUser, query: dict[str, Any]) -> None:
    response = as_user(bob).get(f"/api/projects/{project.pk}/images", query)
    assert response.status_code == 400
    assert next(iter(query)) in response.json()["error"]["message"]


def test_access(project: Project, rita: User, charlie: User, as_user: AsUser) -> None:
    url = f"/api/projects/{project.pk}/images"
    assert as_user(None).get(url).status_code == 401
    assert as_user(charlie).get(url).status_code == 404
    assert as_user(rita).get(url).status_code == 200
    assert as_user(rita).post(url).status_code == 405


def test_mine_skipped_noted_unlabeled_and_by_class(
    project: Project, bob: User, alice: User, add_image: AddImage, as_user: AsUser
) -> None:
    empty, mine, skipped, noted = (add_image() for _ in range(4))
    uid = str(uuid.uuid4())
    create(mine, bob, version=0, uid=uuid.UUID(uid), category=2, counts=rectangle(), clicks=[])
    set_status(skipped, alice, version=0, status="skipped", reason="Blurred")
    set_note(noted, alice, version=0, text="x" * 300)

    def ids(**query: Any) -> list[int]:
        page = as_user(bob).get(f"/api/projects/{project.pk}/images", query).json()
        return [one["id"] for one in page["results"]]

    assert ids(filter="mine") == [mine.pk]
    assert ids(filter="unlabeled") == [empty.pk, skipped.pk, noted.pk]
    assert ids(filter="skipped") == [skipped.pk]
    assert ids(filter="todo") == [empty.pk, mine.pk, noted.pk]
    assert ids(filter="noted") == [noted.pk]
    assert (ids(category=2), ids(category=1), ids(category=2, filter="unlabeled")) == ([mine.pk], [], [])
    assert images_page(project, Role.MANAGER, asked=NAMED["skipped"]).results[0].skipped == "Blurred"
    assert len(images_page(project, Role.MANAGER, asked=NAMED["noted"]).results[0].note) == NOTE_LENGTH
    assert as_user(bob).get(f"/api/projects/{project.pk}/images", {"filter": "rejected"}).status_code == 400


def test_the_images_before_one(project: Project, bob: User, add_image: AddImage, as_user: AsUser) -> None:
    images = [add_image().pk for _ in range(5)]
    client, url = as_user(bob), f"/api/projects/{project.pk}/images"
    page = client.get(url, {"before": images[4], "limit": 3}).json()
    assert ([one["id"] for one in page["results"]], page["previous"]) == (images[1:4], images[1])
    page = client.get(url, {"before": images[1], "limit": 3}).json()
    assert ([one["id"] for one in page["results"]], page["previous"]) == (images[:1], None)
