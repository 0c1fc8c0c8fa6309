"""Golden images: the truth is a copy, nobody who is measured learns which they are, heads don't learn from them."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from labeling.accounts.models import User
from labeling.annotations import golden, services
from labeling.annotations.models import Annotation, AnnotationSet
from labeling.features import model
from labeling.features.models import Encoding
from labeling.images.models import Image
from labeling.live.progress import counts
from labeling.pages.gallery import images_page
from labeling.projects.access import Standing
from labeling.projects.models import Project, Role
from labeling.projects.summary import project_cards
from labeling.suggestions import examples, learning
from labeling.web.api import ApiError
from tests.annotations.conftest import HEIGHT, WIDTH, new, send

Kind = AnnotationSet.Kind
AsUser = Callable[[User | None], Client]


@pytest.fixture
def truth(image: Image, keep: Callable[..., Annotation], alice: User) -> AnnotationSet:
    """The golden set of `image`, which alice has labeled, finished and marked."""
    keep(alice)
    services.set_status(image, alice, version=1, status="done")
    return golden.mark(image, alice)


@pytest.fixture
def other(project: Project) -> Image:
    """An image like any other."""
    return Image.objects.create(project=project, name="other.png", sha256="1" * 64, width=WIDTH, height=HEIGHT)


def hand_out(image: Image, user: User) -> AnnotationSet:
    """What happens when somebody is handed a golden image: they get a set of their own."""
    return AnnotationSet.objects.create(image=image, kind=Kind.OPINION, author=user)


def test_the_truth_is_a_copy(truth: AnnotationSet, image: Image) -> None:
    main = AnnotationSet.objects.get(main_of=image)
    (one,), (copy,) = main.annotations.all(), truth.annotations.all()
    assert (copy.uid, copy.counts, copy.category_id, copy.created_by_id) == (
        one.uid, one.counts, one.category_id, one.created_by_id,
    )  # fmt: skip
    assert copy.pk != one.pk
    assert (truth.kind, truth.status, truth.main_of) == (Kind.GOLDEN, "done", None)
    assert main.annotations.count() == 1


def test_later_changes_leave_the_truth_until_it_is_marked_again(
    truth: AnnotationSet, image: Image, keep: Callable[..., Annotation], alice: User
) -> None:
    assert golden.mark(image, alice).version == truth.version == 1
    keep(alice, version=2)
    assert truth.annotations.count() == 1
    with pytest.raises(ApiError, match="finished"):
        golden.mark(image, alice)
    services.set_status(image, alice, version=3, status="done")
    again = golden.mark(image, alice)
    assert (again.pk, again.version, again.annotations.count()) == (truth.pk, 2, 2)


def test_only_a_finished_image_can_be_golden(image: Image, alice: User, keep: Callable[..., Annotation]) -> None:
    keep(alice)
    with pytest.raises(ApiError) as refused:
        golden.mark(image, alice)
    assert (refused.value.status, refused.value.code) == (409, "not_finished")
    assert not Image.objects.get(pk=image.pk).golden


def test_unmarking_keeps_opinions(truth: AnnotationSet, image: Image, alice: User, bob: User) -> None:
    hand_out(image, bob)
    assert golden.unmark(image, alice)
    assert not golden.unmark(image, alice)
    assert not Image.objects.get(pk=image.pk).golden
    assert set(image.sets.values_list("kind", flat=True)) == {Kind.MAIN, Kind.OPINION}


def image_routes(image: Image) -> list[str]:
    own = f"/api/images/{image.pk}"
    return [
        f"/images/{image.pk}/",
        f"{own}/annotations",
        f"{own}/editor",
        f"{own}/suggestions",
        f"/images/{image.pk}/view",
    ]


def test_annotators_find_nothing_of_it(
    truth: AnnotationSet, image: Image, other: Image, project: Project, bob: User, as_user: AsUser
) -> None:
    client, main = as_user(bob), AnnotationSet.objects.get(main_of=image)
    for url in image_routes(image):
        assert client.get(url).status_code == 404, url
    one = main.annotations.get()
    assert send(client, "PUT", f"/api/annotations/{one.pk}", {"version": 2, "category": 2}).status_code == 404
    assert send(client, "POST", f"/api/images/{image.pk}/annotations", new()).status_code == 404
    listed = client.get(f"/api/projects/{project.pk}/images").json()["results"]
    assert [row["id"] for row in listed] == [other.pk]
    assert counts(project.pk, bob, Standing(Role.ANNOTATOR)).images.total == 1
    assert counts(project.pk, bob, Standing(Role.ANNOTATOR)).images.done == 0
    (card,) = project_cards([project], bob)
    assert (card.tally.total, card.tally.done) == (1, 0)
    assert image.thumbnail_url not in client.get("/").content.decode()


def test_managers_and_reviewers_see_it(
    truth: AnnotationSet, image: Image, other: Image, project: Project, alice: User, rita: User, as_user: AsUser
) -> None:
    for user, role in ((alice, Role.MANAGER), (rita, Role.REVIEWER)):
        assert len(as_user(user).get(f"/api/images/{image.pk}/annotations").json()["annotations"]) == 1
        assert [one.id for one in images_page(project, role).results] == [image.pk, other.pk]
        assert counts(project.pk, user, Standing(role)).images.done == 1
        (card,) = project_cards([project], user)
        assert (card.tally.total, card.tally.done) == (2, 1)


def test_who_was_handed_it_sees_their_own_set_alone(
    truth: AnnotationSet, image: Image, project: Project, bob: User, as_user: AsUser
) -> None:
    mine, client = hand_out(image, bob), as_user(bob)
    assert client.get(f"/api/images/{image.pk}/annotations").json() == {
        "version": 0, "status": "new", "reason": "", "note": "", "round": 0, "annotations": [],
    }  # fmt: skip
    kept = send(client, "POST", f"/api/images/{image.pk}/annotations", new())
    assert kept.status_code == 201
    assert mine.annotations.count() == 1
    main = AnnotationSet.objects.get(main_of=image).annotations.get()
    assert send(client, "PUT", f"/api/annotations/{main.pk}", {"version": 1, "category": 2}).status_code == 404
    (listed,) = client.get(f"/api/projects/{project.pk}/images").json()["results"]
    assert (listed["id"], listed["status"], listed["objects"]) == (image.pk, "in_progress", 1)


def test_heads_don_t_learn_from_it(truth: AnnotationSet, image: Image, alice: User, project: Project) -> None:
    Encoding.objects.filter(image=image).delete()
    Encoding.objects.create(image=image, state="ready", features_version=model.version())
    assert (examples.finished(project), learning.finished_count(project)) == ([], 0)
    golden.unmark(image, alice)
    assert (examples.finished(project), learning.finished_count(project)) == ([image.pk], 1)


# Handing out.


def ready(project: Project, number: int) -> Image:
    image = Image.objects.create(
        project=project, name=f"{number}.png", sha256=f"{number:064}", width=WIDTH, height=HEIGHT, golden=True
    )
    Encoding.objects.update_or_create(image=image, defaults={"state": "ready"})
    return image


def test_one_in_so_many_turns_at_places_that_differ(project: Project, alice: User, bob: User) -> None:
    places = {user: [turn for turn in range(5000) if golden.is_turn(7, user.pk, turn, 50)] for user in (alice, bob)}
    for found in places.values():
        assert 60 < len(found) < 140  # 100 expected, ± 4 standard deviations
    assert places[alice] != places[bob]
    assert places[alice] == [turn for turn in range(5000) if golden.is_turn(7, alice.pk, turn, 50)]
    assert not any(golden.is_turn(7, bob.pk, turn, 0) for turn in range(100))


def test_nobody_is_handed_what_they_know(project: Project, alice: User, bob: User) -> None:
    images = [ready(project, number) for number in range(3)]
    body: dict[str, Any] = new()
    body["uid"] = uuid.UUID(body["uid"])
    services.create(images[0], bob, **body)
    hand_out(images[1], bob)
    assert list(golden.unseen(project.pk, bob)) == [images[2]]
    assert golden.choose(project.pk, bob, 7, 0, every=1) == images[2].pk
    hand_out(images[2], bob)
    assert golden.choose(project.pk, bob, 7, 0, every=1) is None
    assert golden.choose(project.pk, alice, 7, 0, every=0) is None


def test_images_that_are_not_ready_wait(project: Project, bob: User) -> None:
    image = ready(project, 1)
    Encoding.objects.filter(image=image).update(state="queued")
    assert list(golden.unseen(project.pk, bob)) == []
