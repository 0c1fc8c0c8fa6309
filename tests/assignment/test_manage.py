"""Lots, who holds what, and what waits for somebody."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from labeling.accounts.models import User
from labeling.annotations.models import AnnotationSet
from labeling.assignment import lots, turns
from labeling.assignment.models import Lot, Slot
from labeling.assignment.queue import claim, upcoming
from labeling.assignment.work import work_of
from labeling.projects.access import projects_of, standings_of
from labeling.projects.models import Membership, Project, Role
from labeling.quality import consensus
from tests.pages.conftest import AddImage, AsUser

JSON = "application/json"


def test_a_lot_from_making_to_deleting(project: Project, alice: User, as_user: AsUser, add_image: AddImage) -> None:
    client, url = as_user(alice), f"/api/projects/{project.pk}/lots"
    made = client.post(url, {"name": " Night  shots ", "priority": 5, "due": "2030-01-31"}, content_type=JSON).json()
    assert (made["name"], made["due"], made["total"]) == ("Night shots", "2030-01-31", 0)
    assert client.post(url, {"name": "Night shots"}, content_type=JSON).json()["error"]["code"] == "name_taken"
    lot = Lot.objects.get(pk=made["id"])
    lots.move(lot, project.images.filter(pk=add_image().pk))
    assert [one["name"] for one in client.get(url).json()["results"]] == ["Night shots", "All images"]
    one = f"/api/lots/{lot.pk}"
    changed = client.patch(one, {"name": "Nights", "due": None, "order": "random"}, content_type=JSON).json()
    assert (changed["name"], changed["due"], changed["order"], changed["total"]) == ("Nights", None, "random", 1)
    assert client.patch(one, {"name": None}, content_type=JSON).status_code == 400
    assert client.patch(one, {"folds": 2}, content_type=JSON).json()["error"]["code"] == "has_images"
    assert client.delete(one).json()["error"]["code"] == "has_images"
    lots.move(lots.default_lot(project.pk), project.images.all())
    assert client.delete(one).json() == {"deleted": lot.pk}
    default = f"/api/lots/{lots.default_lot(project.pk).pk}"
    assert client.delete(default).json()["error"]["code"] == "default_lot"


def test_a_lot_says_first_how_many_people_it_needs(project: Project, alice: User, as_user: AsUser) -> None:
    client, url = as_user(alice), f"/api/projects/{project.pk}/lots"
    refused = client.post(url, {"name": "Thrice", "folds": 3}, content_type=JSON)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "too_few_people")
    assert "2 may label" in refused.json()["error"]["message"]
    assert client.post(url, {"name": "Twice", "folds": 2}, content_type=JSON).status_code == 201


def test_nothing_of_a_closed_lot_is_handed_out(
    project: Project, alice: User, bob: User, add_image: AddImage, as_user: AsUser
) -> None:
    add_image()
    lots.assign([add_image().pk], [bob])
    url = f"/api/lots/{lots.default_lot(project.pk).pk}"
    assert as_user(alice).patch(url, {"closed": True}, content_type=JSON).json()["is_closed"] is True
    assert (upcoming(project, bob), claim(project, bob)) == ([], None)
    as_user(alice).patch(url, {"closed": False}, content_type=JSON)
    assert len(upcoming(project, bob)) == 2


def test_a_manager_sees_who_holds_what_and_frees_it(
    project: Project, alice: User, bob: User, add_image: AddImage, as_user: AsUser
) -> None:
    image = add_image(opened_by=bob)
    client = as_user(alice)
    (held,) = client.get(f"/api/projects/{project.pk}/turns").json()["results"]
    assert (held["person"], held["image"], held["kind"]) == ("bob", image.pk, "label")
    url = f"/api/turns/{held['id']}/free"
    assert as_user(bob).post(url).status_code == 403
    assert [client.post(url).json()["freed"] for _ in range(2)] == [True, False]
    assert Slot.objects.get(image=image).state == "open"
    assert AnnotationSet.objects.get(main_of=image).opened_by is None


def test_what_waits_for_whom(
    project: Project, alice: User, bob: User, rita: User, add_image: AddImage, as_user: AsUser
) -> None:
    begun, reserved, _, back, done = (add_image() for _ in range(5))
    AnnotationSet.objects.create(image=begun, status="in_progress", changed_by=bob)
    turns.go_on(begun, bob)
    lots.assign([reserved.pk], [bob])
    lot = lots.default_lot(project.pk)
    for image, kind in ((back, "fix"), (done, "review")):
        Slot.objects.filter(image=image).update(state="closed")
        member = bob if kind == "fix" else None
        Slot.objects.create(lot=lot, image=image, kind=kind, member=member, ready=True)
    AnnotationSet.objects.create(image=done, status="done", finished_by=bob, round=1)

    def waits(user: User) -> Any:
        answer = as_user(user).get("/api/me/work").json()["results"]
        return answer[0] if answer else None

    own = waits(bob)
    names = ("sent_back", "begun", "reserved", "pool", "in_review", "to_review")
    assert [own[name] for name in names] == [1, 1, 1, 1, 1, 0]
    assert [(one["closed"], one["total"]) for one in own["lots"]] == [(2, 5)]
    review = waits(rita)
    assert [review[name] for name in names] == [0, 0, 0, 0, 0, 1]
    assert (review["returned"], bool(review["oldest_review"])) == (1, True)
    assert (own["piles"], review["piles"]) == (None, None)
    Slot.objects.create(lot=lot, image=reserved, kind="resolve", ready=True)
    piles = waits(alice)["piles"]
    assert [piles[name] for name in ("unassigned", "to_fix", "to_review", "to_resolve")] == [1, 1, 1, 1]
    start = as_user(alice).get("/").content.decode()
    assert "<b>1</b> wait for review" in start
    assert "<b>1</b> to resolve" in start
    assert f'href="/projects/{project.pk}/quality#resolve-title">Resolve</a>' in start
    Lot.objects.update(closed_at=timezone.now())
    assert waits(alice)["to_resolve"] == consensus.to_resolve(project).count() == 1  # as the Quality tab has them
    for other in (bob, rita):
        assert "to resolve" not in as_user(other).get("/").content.decode()


@pytest.mark.parametrize("images", [2, 20])
@pytest.mark.parametrize("count", [1, 50])
def test_work_takes_as_many_queries_for_many(
    alice: User, project: Project, add_image: AddImage, count: int, images: int
) -> None:
    for number in range(count - 1):
        made = Project.objects.create(name=f"P{number}", created_by=alice)
        Membership.objects.create(project=made, user=alice, role=Role.MANAGER)
    for _ in range(images):
        add_image()
    with CaptureQueriesContext(connection) as captured:
        work = work_of(alice, standings_of(alice, projects_of(alice)))
    assert len(work) == count
    assert len(captured) == 14
