"""Filters of the list of images, in any mix, and the orders that it can have."""

from typing import Any
from uuid import UUID

import pytest

from labeling.accounts.models import User
from labeling.annotations.models import AnnotationSet
from labeling.annotations.services import create, delete, set_note, set_status
from labeling.assignment import lots
from labeling.assignment.models import Lot
from labeling.images.models import Image, Tag
from labeling.projects.models import Project
from labeling.review.models import Draw, ReviewSettings
from tests.pages.conftest import AddImage, AsUser
from tests.pages.test_gallery import rectangle


@pytest.fixture
def listed(project: Project, alice: User, as_user: AsUser) -> Any:
    """`listed(state="done")`: the ids that alice's list has with these filters."""

    def ids(**query: Any) -> list[int]:
        answer = as_user(alice).get(f"/api/projects/{project.pk}/images", query).json()
        return [one["id"] for one in answer["results"]]

    return ids


def test_filters_join(project: Project, alice: User, bob: User, add_image: AddImage, listed: Any) -> None:
    plain, done, back, noted = add_image(), add_image(status="done"), add_image(status="sent_back"), add_image()
    AnnotationSet.objects.filter(main_of=back).update(round=2)
    set_note(noted, bob, version=0, text="Look here")
    lots.assign([plain.pk], [bob])
    night = Tag.objects.create(project=project, name="night")
    noted.tags.add(night)
    lot = Lot.objects.create(project=project, name="First")
    lots.move(lot, Image.objects.filter(pk=noted.pk))
    assert listed(state="done,sent_back") == [done.pk, back.pk]
    assert listed(state="todo") == [plain.pk, back.pk, noted.pk]
    assert (listed(verdict="waiting"), listed(verdict="again")) == ([done.pk], [back.pk])
    assert listed(assignee=str(bob.pk)) == [plain.pk]
    assert listed(assignee="none", state="new") == [noted.pk]
    assert (listed(note="yes"), listed(note="no")) == ([noted.pk], [plain.pk, done.pk, back.pk])
    assert (listed(tag="night"), listed(tag="day"), listed(lot=lot.pk)) == ([noted.pk], [], [noted.pk])
    assert listed(person=str(bob.pk)) == [noted.pk]
    assert listed(person="none") == [plain.pk, done.pk, back.pk]
    assert listed(q="ER/3") == [back.pk]
    assert listed(tag="night", state="done") == []


@pytest.mark.parametrize("desc", ["0", "1"])
@pytest.mark.parametrize("sort", ["added", "name", "changed", "objects", "state"])
def test_pages_of_any_order_join(
    project: Project, alice: User, add_image: AddImage, as_user: AsUser, sort: str, desc: str
) -> None:
    images = [add_image() for _ in range(7)]
    for image, name in zip(images, ["b", "a", "c", "a", "d", "b", "e"], strict=True):
        Image.objects.filter(pk=image.pk).update(name=name)
    for count, image in ((2, images[4]), (1, images[1])):
        for _ in range(count):
            version = AnnotationSet.objects.filter(main_of=image).values_list("version", flat=True).first() or 0
            uid = UUID(int=image.pk * 10 + version)
            create(image, alice, version=version, uid=uid, category=1, counts=rectangle(), clicks=[])
    url, client = f"/api/projects/{project.pk}/images", as_user(alice)
    whole = [one["id"] for one in client.get(url, {"sort": sort, "desc": desc}).json()["results"]]
    joined: list[int] = []
    after: int | None = 0
    while after is not None:
        page = client.get(f"{url}?sort={sort}&desc={desc}&limit=2&after={after}").json()
        joined += [one["id"] for one in page["results"]]
        after = page["next"]
    assert joined == whole
    assert sorted(whole) == sorted(image.pk for image in images)
    first = {
        "added": images[0], "name": images[1], "changed": images[0], "objects": images[0], "state": images[0],
    }[sort]  # fmt: skip
    last = {
        "added": images[6], "name": images[6], "changed": images[1], "objects": images[4], "state": images[4],
    }[sort]  # fmt: skip
    ends = (whole[-1], whole[0]) if desc == "1" else (whole[0], whole[-1])
    assert ends == (first.pk, last.pk)
    back = client.get(f"{url}?sort={sort}&desc={desc}&limit=2&before={whole[4]}").json()
    assert [one["id"] for one in back["results"]] == whole[2:4]


def test_a_page_after_an_image_that_is_gone_says_so(project: Project, alice: User, as_user: AsUser) -> None:
    answer = as_user(alice).get(f"/api/projects/{project.pk}/images?sort=name&after=999")
    assert (answer.status_code, answer.json()["error"]["code"]) == (410, "gone")


@pytest.mark.parametrize(
    "query", [{"state": "best"}, {"assignee": "bob"}, {"verdict": "no"}, {"lot": "0"}, {"sort": "size"}]
)
def test_a_wrong_filter_is_named(project: Project, alice: User, as_user: AsUser, query: dict[str, str]) -> None:
    answer = as_user(alice).get(f"/api/projects/{project.pk}/images", query)
    assert answer.status_code == 400
    assert next(iter(query)) in answer.json()["error"]["message"]


def test_objects_are_counted_with_each_version(
    project: Project, alice: User, add_image: AddImage, as_user: AsUser
) -> None:
    image = add_image()
    _, kept, _ = create(image, alice, version=0, uid=UUID(int=1), category=1, counts=rectangle(), clicks=[])
    assert AnnotationSet.objects.get(main_of=image).objects_kept == 1
    delete(kept, alice, version=1)
    assert AnnotationSet.objects.get(main_of=image).objects_kept == 0


def test_an_export_of_chosen_images(project: Project, alice: User, add_image: AddImage, as_user: AsUser) -> None:
    first, second = add_image(status="done"), add_image(status="done")
    second.tags.add(Tag.objects.create(project=project, name="night"))
    url = f"/api/projects/{project.pk}/exports"

    def total(**options: Any) -> Any:
        body = {"format": "coco", "options": options}
        answer = as_user(alice).post(url, body, content_type="application/json").json()
        return answer["total"] if "total" in answer else answer["error"]["code"]

    assert (total(), total(only=[first.pk]), total(filter={"tag": "night"})) == (2, 1, 1)
    assert total(filter={"tag": "day"}) == "nothing_to_export"
    assert total(filter={"tag": "night"}, only=[first.pk]) == "nothing_to_export"


def test_who_reviews_is_told_what_was_drawn(
    project: Project, alice: User, bob: User, rita: User, add_image: AddImage, listed: Any, as_user: AsUser
) -> None:
    """Finished images wait for review or were left out of the sample. Authors do not see the draw."""
    drawn, left, again, accepted, new = (add_image() for _ in range(5))
    url = f"/api/projects/{project.pk}/images"

    def told(user: User) -> list[str]:
        return [one["draw"] for one in as_user(user).get(url).json()["results"]]

    for image in (drawn, left, again, accepted):
        set_status(image, bob, version=0, status="done")
        kept = AnnotationSet.objects.get(main_of=image)
        Draw.objects.create(set=kept, round=0, rate=50, drawn=image in (drawn, accepted))
    AnnotationSet.objects.filter(main_of=again).update(round=1)
    Draw.objects.create(set=again.annotation_set, round=1, rate=100, drawn=True)
    AnnotationSet.objects.filter(main_of=accepted).update(status="accepted")
    assert told(alice) == [""] * 5  # nothing is reviewed
    ReviewSettings.objects.create(project=project, enabled=True, rate=50)
    assert told(alice) == told(rita) == ["drawn", "undrawn", "drawn", "", ""]
    assert told(bob) == [""] * 5
    assert (listed(verdict="drawn"), listed(verdict="undrawn")) == ([drawn.pk, again.pk], [left.pk])
    assert listed(verdict="waiting") == [drawn.pk, left.pk, again.pk]
    refused = as_user(bob).get(url, {"verdict": "undrawn"})
    assert refused.status_code == 403
    assert "reviewers" in refused.json()["error"]["message"]
    assert "Not drawn for review" in as_user(rita).get(f"/projects/{project.pk}/images").content.decode()
    assert "Not drawn for review" not in as_user(bob).get(f"/projects/{project.pk}/images").content.decode()
    assert as_user(bob).get(f"/projects/{project.pk}/images?verdict=undrawn").status_code == 403
