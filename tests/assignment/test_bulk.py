"""One action on many images: each by itself, what was not changed and why, and taking it back."""

from typing import Any

import pytest
from django.utils import timezone

from labeling.accounts.models import User
from labeling.annotations import services as annotations
from labeling.annotations.models import AnnotationSet
from labeling.annotations.services import set_note
from labeling.assignment import turns
from labeling.assignment.models import Lot, Slot
from labeling.images.models import Image
from labeling.inbox.models import Notice
from labeling.projects.models import Project
from tests.pages.conftest import AddImage, AsUser


@pytest.fixture
def act(project: Project, alice: User, as_user: AsUser) -> Any:
    """`act({"kind": …}, images or filter)`: what alice's action on images is answered."""

    def ask(action: dict[str, Any], which: list[Any] | dict[str, Any], status: int = 200, **more: Any) -> Any:
        one = [which] if isinstance(which, Image) else which
        if isinstance(one, list):
            shown = [image if isinstance(image, dict) else {"id": image.pk} for image in one]
            body = {"action": action, "images": shown}
        else:
            body = {"action": action, "filter": one}
        url = f"/api/projects/{project.pk}/images/bulk"
        answer = as_user(alice).post(url, {**body, **more}, content_type="application/json")
        assert answer.status_code == status, answer.content
        return answer.json()

    return ask


def undo(act: Any, answer: Any) -> None:
    for step in answer["undo"]:
        act(step["action"], step["images"])


def members(project: Project) -> list[str | None]:
    return list(Slot.objects.filter(lot__project=project).order_by("image").values_list("member__username", flat=True))


def test_equal_shares_and_taking_them_back(
    project: Project, alice: User, bob: User, add_image: AddImage, act: Any
) -> None:
    images = [add_image() for _ in range(4)]
    answer = act({"kind": "assign", "members": [alice.pk, bob.pk]}, images)
    assert (answer["done"], answer["refused"], members(project)) == (4, 0, ["alice", "alice", "bob", "bob"])
    second = act({"kind": "assign", "members": [bob.pk]}, images[:2])
    undo(act, second)
    assert members(project) == ["alice", "alice", "bob", "bob"]
    undo(act, answer)
    assert members(project) == [None] * 4


def test_people_are_told_what_they_were_given_in_one_notice(
    project: Project, alice: User, bob: User, add_image: AddImage, act: Any, as_user: AsUser
) -> None:
    images = [add_image() for _ in range(4)]
    act({"kind": "assign", "members": [bob.pk]}, images[:1])
    act({"kind": "assign", "members": [alice.pk, bob.pk]}, images)
    act({"kind": "assign", "members": [bob.pk]}, images[2:])  # again: nothing new
    [notice] = Notice.objects.all()  # alice gave herself some
    assert (notice.person, notice.kind, notice.by, notice.text) == (bob, "assigned", alice, "3 images")
    assert "alice gave you 3 images" in as_user(bob).get("/inbox/").content.decode()
    Notice.objects.update(read_at=timezone.now())
    act({"kind": "assign", "members": [bob.pk]}, images[:1])
    assert list(Notice.objects.order_by("pk").values_list("text", flat=True)) == ["3 images", "1 image"]


def test_who_assigns_is_told_once_when_a_lot_is_finished(
    project: Project, alice: User, bob: User, add_image: AddImage, as_user: AsUser
) -> None:
    first, last = add_image(), add_image()
    annotations.set_status(first, bob, version=0, status="done")
    assert not Notice.objects.exists()
    annotations.set_status(last, bob, version=0, status="done")
    annotations.set_status(last, bob, version=1, status="in_progress")
    annotations.set_status(last, bob, version=2, status="done")
    [notice] = Notice.objects.all()
    assert (notice.person, notice.kind, notice.text) == (alice, "finished", "“All images”")
    assert "bob finished “All images”" in as_user(alice).get("/inbox/").content.decode()


def test_two_people_of_an_image_are_two(
    project: Project, alice: User, bob: User, add_image: AddImage, act: Any
) -> None:
    lot = Lot.objects.create(project=project, name="Twice", folds=2)
    images = [add_image() for _ in range(3)]
    assert act({"kind": "lot", "lot": lot.pk}, images)["done"] == 3
    act({"kind": "assign", "members": [alice.pk, bob.pk]}, images)
    for image in images:
        assert sorted(Slot.objects.filter(image=image).values_list("member__username", flat=True)) == ["alice", "bob"]
    act({"kind": "assign", "members": []}, images)
    act({"kind": "assign", "members": [bob.pk]}, images)
    assert list(
        Slot.objects.filter(image=images[0])
        .order_by("member__username")
        .values_list("member__username", flat=True)
        .distinct()
        .exclude(member=None)
    ) == ["bob"]
    assert Slot.objects.filter(image=images[0], member=bob).count() == 1


def test_what_is_held_stays(project: Project, bob: User, add_image: AddImage, act: Any) -> None:
    held, free = add_image(), add_image()
    turns.go_on(held, bob)
    lot = Lot.objects.create(project=project, name="Later")
    answer = act({"kind": "lot", "lot": lot.pk}, [held, free])
    assert (answer["done"], [one["code"] for one in answer["why"]]) == (1, ["held"])
    assert Slot.objects.get(image=free).lot == lot
    assert [one["code"] for one in act({"kind": "assign", "members": [bob.pk]}, [held])["why"]] == ["not_open"]
    undo(act, answer)
    assert Slot.objects.get(image=free).lot.is_default


def test_states_by_the_versions_that_were_shown(project: Project, bob: User, add_image: AddImage, act: Any) -> None:
    seen, changed, accepted = add_image(status="done"), add_image(), add_image(status="accepted")
    set_note(changed, bob, version=0, text="Mine")
    shown = [{"id": image.pk, "version": 0} for image in (seen, changed, accepted)]
    answer = act({"kind": "status", "status": "in_progress"}, shown)
    assert (answer["done"], answer["refused"]) == (1, 2)
    assert {one["id"]: one["code"] for one in answer["why"]} == {changed.pk: "conflict", accepted.pk: "closed"}
    assert AnnotationSet.objects.get(main_of=seen).status == "in_progress"
    undo(act, answer)
    assert AnnotationSet.objects.get(main_of=seen).status == "done"
    assert act({"kind": "status", "status": "skipped"}, [seen], 400)["error"]["code"] == "bad_reason"
    assert act({"kind": "status", "status": "skipped", "reason": "Dark"}, [seen])["done"] == 1


def test_tags(project: Project, add_image: AddImage, act: Any, alice: User, as_user: AsUser) -> None:
    first, second = add_image(), add_image()
    act({"kind": "tag", "tag": "night"}, [first])
    answer = act({"kind": "tag", "tag": " night "}, [first, second])
    undo(act, answer)
    assert list(first.tags.values_list("name", flat=True)) == ["night"]
    assert not second.tags.exists(), "it had none before"
    client, url = as_user(alice), f"/api/projects/{project.pk}/tags"
    (tag,) = client.get(url).json()["results"]
    assert (tag["name"], tag["images"]) == ("night", 1)
    assert client.delete(f"/api/tags/{tag['id']}").status_code == 200
    assert Image.objects.filter(pk=first.pk).exists()
    assert act({"kind": "tag", "tag": "none", "remove": True}, [first], 404)["error"]["code"] == "no_tag"


def test_deleting_spares_what_was_changed(project: Project, bob: User, add_image: AddImage, act: Any) -> None:
    gone, changed = add_image(), add_image()
    set_note(changed, bob, version=0, text="Mine")
    shown = [{"id": image.pk, "version": 0} for image in (gone, changed)]
    answer = act({"kind": "delete"}, shown)
    assert (answer["done"], [one["code"] for one in answer["why"]], answer["undo"]) == (1, ["conflict"], [])
    assert list(project.images.all()) == [changed]
    assert [one["code"] for one in act({"kind": "delete"}, shown[:1])["why"]] == ["gone"]


def test_finished_images_become_golden_and_back(project: Project, add_image: AddImage, act: Any) -> None:
    finished, begun = add_image(status="done"), add_image(status="in_progress")
    answer = act({"kind": "golden"}, [finished, begun])
    assert (answer["done"], answer["why"][0]["code"]) == (1, "not_finished")
    assert list(project.images.filter(golden=True)) == [finished]
    undo(act, answer)
    assert not project.images.filter(golden=True).exists()
    act({"kind": "golden"}, [finished])
    answer = act({"kind": "golden", "remove": True}, [finished, begun])
    assert (answer["done"], answer["undo"]) == (2, [])  # marked again it would have the labels of now
    assert not project.images.filter(golden=True).exists()


def test_all_that_a_filter_chooses_comes_in_parts(
    project: Project, add_image: AddImage, act: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labeling.assignment.bulk.AT_ONCE", 2)
    for status in ("done", None, "done", "done", "done", "done"):
        add_image(status=status)
    after, done = 0, []
    while after is not None:
        answer = act({"kind": "tag", "tag": "checked"}, {"state": "done"}, after=after)
        done.append(answer["done"])
        after = answer["next"]
    assert done == [2, 2, 1]


def test_who_may(project: Project, bob: User, rita: User, charlie: User, add_image: AddImage, as_user: AsUser) -> None:
    body = {"action": {"kind": "delete"}, "images": [{"id": add_image().pk}]}
    for user, status in ((bob, 403), (rita, 403), (charlie, 404), (None, 401)):
        answer = as_user(user).post(f"/api/projects/{project.pk}/images/bulk", body, content_type="application/json")
        assert answer.status_code == status
    assert project.images.count() == 1


def test_images_of_another_project_are_not_there(project: Project, alice: User, add_image: AddImage, act: Any) -> None:
    other = Project.objects.create(name="Other", created_by=alice)
    image = Image.objects.create(project=other, name="a", sha256="f" * 64, width=1, height=1)
    for action in ({"kind": "delete"}, {"kind": "tag", "tag": "x"}, {"kind": "assign", "members": []}):
        assert act(action, [image])["done"] == 0, action
    lot = Lot.objects.get(project=other)
    assert act({"kind": "lot", "lot": lot.pk}, [add_image()], 400)["error"]["code"] == "no_lot"
