"""Golden images as the people see them who are measured: what they worked on looks as it did, with their own labels;
what they never worked on is nowhere."""

import json
import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from labeling.accounts.models import User
from labeling.annotations import golden
from labeling.annotations.models import AnnotationSet
from labeling.annotations.services import create, set_note, set_status
from labeling.assignment import lots, queue, work
from labeling.assignment.models import Slot
from labeling.figures import counting
from labeling.images.models import Image
from labeling.inbox.models import Notice
from labeling.inbox.services import notify
from labeling.live.progress import counts
from labeling.pages.gallery import images_page
from labeling.projects.access import Standing, projects_of, standings_of
from labeling.projects.models import Membership, Project, Role
from labeling.projects.summary import project_cards
from labeling.review import threads
from tests.pages.conftest import AddImage, AsUser
from tests.pages.test_gallery import rectangle

Listed = Callable[..., list[str]]


def keep(image: Image, user: User, version: int = 0, category: int = 1) -> None:
    create(image, user, version=version, uid=uuid.uuid4(), category=category, counts=rectangle(), clicks=[])


def label(image: Image, user: User, category: int = 1) -> None:
    """One object, and done."""
    keep(image, user, category=category)
    set_status(image, user, version=1, status="done")


@pytest.fixture
def charlie(charlie: User, project: Project) -> User:
    """An annotator who has not begun yet."""
    Membership.objects.create(project=project, user=charlie, role=Role.ANNOTATOR)
    return charlie


@pytest.fixture
def images(project: Project, add_image: AddImage, alice: User, bob: User, charlie: User) -> dict[str, Image]:
    """Three golden images and an ordinary one. Bob labeled the first before; he has a turn at the second, which alice
    labeled with another class; he never had to do with the third."""
    found = {name: add_image() for name in ("worked", "turn", "strange", "ordinary")}
    for name, image in found.items():
        Image.objects.filter(pk=image.pk).update(name=f"{name}.jpg")
        label(image, bob if name == "worked" else alice, category=2 if name in ("turn", "strange") else 1)
    for name in ("worked", "turn", "strange"):
        golden.mark(found[name], alice)
    lot = lots.default_lot(project.pk)
    opinion = AnnotationSet.objects.create(image=found["turn"], kind="opinion", author=bob)
    Slot.objects.create(
        lot=lot,
        image=found["turn"],
        set=opinion,
        kind="label",
        fold=1,
        member=bob,
        state="held",
        held_by=bob,
        ready=True,
    )
    keep(found["turn"], bob)
    return {name: Image.objects.get(pk=image.pk) for name, image in found.items()}


@pytest.fixture
def listed(project: Project, as_user: AsUser) -> Listed:
    """The names that somebody finds in the list with filters."""

    def find(user: User, **query: Any) -> list[str]:
        answer = as_user(user).get(f"/api/projects/{project.pk}/images", query)
        assert answer.status_code == 200, answer.content
        assert len(answer.json()["results"]) == answer.json().get("total", len(answer.json()["results"]))
        return [one["name"].removesuffix(".jpg") for one in answer.json()["results"]]

    return find


def test_lists_have_what_one_worked_on(
    images: dict[str, Image], listed: Listed, alice: User, bob: User, charlie: User
) -> None:
    assert listed(bob) == ["worked", "turn", "ordinary"]
    assert listed(charlie) == ["ordinary"]
    assert listed(alice) == ["worked", "turn", "strange", "ordinary"]
    assert listed(bob, q="str") == listed(charlie, q="worked") == []
    assert listed(bob, q="urn") == ["turn"]


def test_filters_are_about_the_labels_that_one_sees(
    images: dict[str, Image], listed: Listed, alice: User, bob: User
) -> None:
    assert listed(bob, state="in_progress") == ["turn"]
    assert listed(bob, state="todo") == ["turn"]
    assert listed(bob, state="new") == []
    assert (
        listed(bob, state="done")
        == listed(bob, filter="done")
        == listed(bob, verdict="waiting")
        == ["worked", "ordinary"]
    )
    assert listed(bob, category=1) == ["worked", "turn", "ordinary"]
    assert listed(bob, category=2) == []  # the truth of the one that he has a turn at
    assert listed(alice, category=2) == ["turn", "strange"]
    assert listed(bob, objects="some") == ["worked", "turn", "ordinary"]
    assert listed(bob, objects="none") == listed(bob, note="yes") == []
    assert listed(bob, person="me") == ["worked", "turn"]
    assert listed(bob, person=alice.pk) == ["ordinary"]  # that she labeled the other is not told
    assert listed(bob, person="none") == []
    assert listed(bob, assignee="me") == ["turn"]
    set_note(images["turn"], bob, version=1, text="Blurred")
    set_note(images["strange"], alice, version=2, text="Dark")
    assert (listed(bob, note="yes"), listed(bob, note="no")) == (["turn"], ["worked", "ordinary"])
    assert listed(alice, note="yes") == ["strange"]


@pytest.mark.parametrize("sort", ["added", "name", "changed", "objects", "state"])
def test_every_order_goes_on_where_it_stopped(
    images: dict[str, Image], listed: Listed, as_user: AsUser, bob: User, sort: str, project: Project
) -> None:
    keep(images["turn"], bob, version=1)
    whole = listed(bob, sort=sort)
    one_by_one: list[str] = []
    after: int | None = 0
    while after is not None:
        query: dict[str, Any] = {"sort": sort, "limit": 1, "after": after}
        page = as_user(bob).get(f"/api/projects/{project.pk}/images", query).json()
        one_by_one += [one["name"].removesuffix(".jpg") for one in page["results"]]
        after = page["next"]
    assert one_by_one == whole
    ends = {"name": "worked", "changed": "turn", "objects": "turn", "state": "ordinary", "added": "ordinary"}
    assert whole[-1] == ends[sort]


def test_a_row_shows_one_s_own_labels(
    images: dict[str, Image], as_user: AsUser, alice: User, bob: User, project: Project
) -> None:
    keep(images["turn"], bob, version=1)
    rows = {one["name"]: one for one in as_user(bob).get(f"/api/projects/{project.pk}/images").json()["results"]}
    turn, worked = rows["turn.jpg"], rows["worked.jpg"]
    assert (turn["status"], turn["version"], turn["objects"], turn["changed_by"]) == ("in_progress", 2, 2, "bob")
    assert (turn["golden"], turn["people"]) == (False, ["bob"])
    assert (worked["status"], worked["objects"], worked["changed_by"], worked["golden"]) == ("done", 1, "bob", False)
    seen = {one["name"]: one for one in as_user(alice).get(f"/api/projects/{project.pk}/images").json()["results"]}
    assert (seen["turn.jpg"]["status"], seen["turn.jpg"]["objects"], seen["turn.jpg"]["golden"]) == ("done", 1, True)


def test_nobody_s_turn_gives_an_image_away(
    images: dict[str, Image], project: Project, as_user: AsUser, bob: User, charlie: User, listed: Listed
) -> None:
    """Two people have a turn at the same image at once only where it is golden."""
    opinion = AnnotationSet.objects.create(image=images["turn"], kind="opinion", author=charlie)
    Slot.objects.create(
        lot=lots.default_lot(project.pk), image=images["turn"], set=opinion, kind="label", fold=2, member=charlie,
        state="held", held_by=charlie,
    )  # fmt: skip
    rows = as_user(bob).get(f"/api/projects/{project.pk}/images", {"q": "turn"}).json()["results"]
    assert [one["people"] for one in rows] == [["bob"]]
    assert listed(bob, assignee=charlie.pk) == []


def test_counts_are_those_of_the_lists(
    images: dict[str, Image], project: Project, listed: Listed, as_user: AsUser, alice: User, bob: User, charlie: User
) -> None:
    for user in (alice, bob, charlie):
        (found,) = standings_of(user, projects_of(user))
        told = counts(project.pk, user, found[1]).images
        (card,) = project_cards([project], user)
        assert card.tally.total == told.total == len(listed(user)), user
        for state in ("in_progress", "accepted", "sent_back", "skipped"):
            assert getattr(card.tally, state) == getattr(told, state) == len(listed(user, state=state)), (user, state)
        assert told.done == len(listed(user, state="finished"))
        assert told.ready == told.total
        page = as_user(user).get(f"/projects/{project.pk}/").content.decode()
        data = json.loads(re.search(r'id="project-data"[^>]*>(.*?)</script>', page, re.S)[1])  # type: ignore[index]
        assert data["counts"]["total"] == told.total
    assert counts(project.pk, bob, Standing(Role.ANNOTATOR)).images.in_progress == 1


def test_addresses_lead_to_one_s_own_labels(
    images: dict[str, Image], as_user: AsUser, bob: User, charlie: User
) -> None:
    routes = [f"/images/{{}}/{one}" for one in ("", "history", "overlay")]
    routes += [f"/api/images/{{}}/{one}" for one in ("annotations", "editor", "review", "history", "suggestions")]
    for route in routes:
        for name, expected in (("worked", 200), ("turn", 200), ("strange", 404)):
            assert as_user(bob).get(route.format(images[name].pk)).status_code == expected, (route, name)
            assert as_user(charlie).get(route.format(images[name].pk)).status_code == 404
    kept = as_user(bob).get(f"/api/images/{images['turn'].pk}/annotations").json()
    assert (kept["status"], [one["category"] for one in kept["annotations"]]) == ("in_progress", [1])


def test_what_one_labeled_goes_on_as_ever(images: dict[str, Image], as_user: AsUser, bob: User) -> None:
    """Taking it up again changes the image's labels, as of any image, and leaves the truth alone."""
    body = {"version": 2, "uid": str(uuid.uuid4()), "category": 3, "counts": rectangle(), "clicks": []}
    answer = as_user(bob).post(f"/api/images/{images['worked'].pk}/annotations", body, content_type="application/json")
    assert answer.status_code == 201
    truth = AnnotationSet.objects.get(image=images["worked"], kind="golden")
    assert [one.category.number for one in truth.annotations.all()] == [1]


def test_the_way_through_the_images_skips_what_is_hidden(
    images: dict[str, Image], as_user: AsUser, bob: User, charlie: User, project: Project
) -> None:
    boot = as_user(bob).get(f"/api/images/{images['turn'].pk}/editor").json()
    assert (boot["previous"], boot["following"]) == (
        f"/images/{images['worked'].pk}/",
        f"/images/{images['ordinary'].pk}/",
    )
    assert boot["position"] == {"index": 2, "total": 3}
    boot = as_user(charlie).get(f"/api/images/{images['ordinary'].pk}/editor").json()
    assert (boot["previous"], boot["following"], boot["position"]) == (None, None, {"index": 1, "total": 1})
    jump = f"/api/projects/{project.pk}/jump"
    assert as_user(bob).get(jump, {"to": "3"}).json()["image"] == images["ordinary"].pk
    assert as_user(bob).get(jump, {"to": "strange"}).status_code == 404


def test_notices_lead_somewhere(
    images: dict[str, Image], project: Project, as_user: AsUser, alice: User, bob: User
) -> None:
    for name in ("worked", "strange"):
        Notice.objects.create(person=bob, kind="mention", project=project, image=images[name], by=alice, text="Look")
    inbox = as_user(bob).get("/api/me/inbox").json()
    assert ([one["image_name"] for one in inbox["results"]], inbox["unread"]) == (["worked.jpg"], 1)
    assert as_user(bob).get(inbox["results"][0]["url"]).status_code == 200
    assert "strange" not in as_user(bob).get("/inbox/").content.decode()


def test_nobody_is_told_of_labels_that_are_not_for_them(
    images: dict[str, Image], project: Project, alice: User, bob: User
) -> None:
    for name in images:
        notify(bob, Notice.Kind.MENTION, project, image=images[name], by=alice, text="The edge", subject="1")
    assert {one.image.name for one in Notice.objects.all() if one.image} == {"worked.jpg", "ordinary.jpg"}
    threads.begin(images["turn"], alice, "@bob the edge is off")
    assert Notice.objects.count() == 2


def test_activity_is_of_what_one_sees(
    images: dict[str, Image], project: Project, as_user: AsUser, bob: User, charlie: User
) -> None:
    def told(user: User) -> list[tuple[str, str]]:
        rows = as_user(user).get(f"/api/projects/{project.pk}/activity").json()["results"]
        return sorted({(Image.objects.get(pk=one["image"]).name, one["by"]) for one in rows})

    assert told(bob) == [("ordinary.jpg", "alice"), ("turn.jpg", "bob"), ("worked.jpg", "bob")]
    assert told(charlie) == [("ordinary.jpg", "alice")]
    overview = as_user(bob).get(f"/projects/{project.pk}/").content.decode()
    assert "worked.jpg" in overview
    assert "strange.jpg" not in overview
    assert images["strange"].thumbnail_url not in overview
    assert images["strange"].thumbnail_url not in as_user(bob).get("/").content.decode()
    assert images["worked"].thumbnail_url in as_user(bob).get("/").content.decode()


def test_figures_have_what_lists_have(
    images: dict[str, Image], project: Project, as_user: AsUser, alice: User, bob: User, charlie: User
) -> None:
    counting.fold_all()

    def table(user: User, name: str) -> list[list[str]]:
        text = as_user(user).get(f"/projects/{project.pk}/figures/{name}").getvalue().decode()
        return [line.split(",") for line in text.splitlines()]

    # done, accepted, sent back, in progress, skipped, not started, all
    assert table(bob, "progress")[-1][1:] == ["2", "0", "0", "1", "0", "0", "3"]
    assert table(charlie, "progress")[-1][1:] == ["1", "0", "0", "0", "0", "0", "1"]
    assert table(alice, "progress")[-1][1:] == ["4", "0", "0", "0", "0", "0", "4"]
    assert [row[1] for row in table(bob, "classes")[1:]] == ["3", "0", "0"]
    assert [row[1] for row in table(alice, "classes")[1:]] == ["2", "2", "0"]
    assert sum(int(row[1]) for row in table(bob, "sizes")[1:]) == 3
    assert "<b>1</b> of 3 images left" in as_user(bob).get(f"/projects/{project.pk}/figures").content.decode()


def test_who_is_measured_exports_nothing(
    images: dict[str, Image], project: Project, as_user: AsUser, bob: User
) -> None:
    client = as_user(bob)
    assert client.get(f"/projects/{project.pk}/exports").status_code == 403
    answer = client.post(f"/api/projects/{project.pk}/exports", {"format": "coco"}, content_type="application/json")
    assert answer.status_code == 403


def test_reopened_it_is_not_handed_out(
    images: dict[str, Image], project: Project, alice: User, bob: User, charlie: User
) -> None:
    """Its turn would lead nowhere for who can't open it, and to their own labels for who has some."""
    for name in ("turn", "strange"):
        set_status(images[name], alice, version=2, status="in_progress")
    Slot.objects.filter(set=None, image__golden=True, state="held").update(state="open", held_by=None, held_until=None)
    Slot.objects.exclude(set=None).update(state="closed")
    for user in (bob, charlie):
        assert queue.claim(project, user) is None, user
        assert not queue.waits(project, user)
        (mine,) = work.work_of(user, standings_of(user, projects_of(user)))
        assert mine.to_do == 0
    assert queue.waits(project, alice)


def test_as_many_queries_for_many_golden_images(
    images: dict[str, Image], project: Project, add_image: AddImage, bob: User
) -> None:
    def asked() -> list[int]:
        found = []
        for look in (
            lambda: images_page(project, Role.ANNOTATOR, user=bob),
            lambda: counts(project.pk, bob, Standing(Role.ANNOTATOR)),
            lambda: project_cards([project], bob),
            lambda: work.work_of(bob, standings_of(bob, projects_of(bob))),
        ):
            with CaptureQueriesContext(
                connection,
            ) as captured:
                look()
            found.append(len(captured))
        return found

    before = asked()
    for place in range(12):
        image = add_image(status="done")
        Image.objects.filter(pk=image.pk).update(golden=True)
        if place % 2:
            AnnotationSet.objects.create(image=image, kind="opinion", author=bob)
    assert asked() == before
    assert images_page(project, Role.ANNOTATOR, user=bob).total == 3 + 6


def test_an_ordinary_image_that_one_labels_blind_is_listed_alike(
    project: Project, add_image: AddImage, as_user: AsUser, alice: User, bob: User
) -> None:
    """Else a golden image would be the one whose state in the list is one's own."""
    image = add_image()
    AnnotationSet.objects.create(image=image, kind="opinion", author=bob)
    keep(image, bob)
    (row,) = as_user(bob).get(f"/api/projects/{project.pk}/images").json()["results"]
    assert (row["status"], row["objects"]) == ("in_progress", 1)
    assert counts(project.pk, bob, Standing(Role.ANNOTATOR)).images.in_progress == 1
    (row,) = as_user(alice).get(f"/api/projects/{project.pk}/images").json()["results"]
    assert (row["status"], row["objects"]) == ("new", 0)
