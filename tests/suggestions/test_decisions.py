"""Accepting, rejecting, and how a suggestion's state follows what becomes of the annotation."""

import uuid
from typing import Any

import pytest

from labeling import masks
from labeling.accounts.models import User
from labeling.annotations import services as annotations
from labeling.annotations.models import Annotation, AnnotationEvent
from labeling.images.models import Image
from labeling.projects.models import Project, Role
from labeling.suggestions import services
from labeling.suggestions.models import Suggestion
from labeling.suggestions.open_suggestions import offered
from labeling.suggestions.services import Choice, Wanted
from labeling.suggestions.statistics import share_untouched
from labeling.web.api import ApiError
from tests.suggestions.conftest import AddImage, Suggest, bits

A, B, C = (1, 1, 6, 6), (10, 1, 16, 6), (20, 1, 26, 6)


@pytest.fixture
def image(add_image: AddImage) -> Image:
    return add_image(state="queued")


def state(row: Suggestion) -> str:
    row.refresh_from_db()
    return row.state


def uids(rows: list[Suggestion]) -> list[uuid.UUID]:
    return [row.uid for row in rows]


def test_accepting_keeps_it_like_any_object(image: Image, bob: User, suggest: Suggest) -> None:
    row = suggest(image, A, clicks=[[2.5, 3.5, True]])
    result = services.accept(image, bob, 0, [Wanted(row.uid)])
    (kept,) = Annotation.objects.all()
    assert (kept.uid, kept.counts, kept.category.name, kept.created_by) == (row.uid, row.counts, "car", bob)
    assert kept.clicks == [[2.5, 3.5, True]]
    assert (result.version, AnnotationEvent.objects.get().kind) == (1, "create")
    assert state(row) == "accepted"
    assert (row.decided_by, row.decided_at) == (bob, AnnotationEvent.objects.get().at)


def test_sent_again_it_changes_nothing(image: Image, bob: User, suggest: Suggest) -> None:
    wanted = [Wanted(suggest(image, A).uid), Wanted(suggest(image, B).uid)]
    first = services.accept(image, bob, 0, wanted)
    assert services.accept(image, bob, 0, wanted).version == first.version == 2
    assert Annotation.objects.count() == 2


def test_in_a_panoptic_project_only_free_pixels_are_kept(
    image: Image, project: Project, bob: User, suggest: Suggest
) -> None:
    Project.objects.filter(pk=project.pk).update(panoptic=True)
    image.refresh_from_db()
    first, over, inside = suggest(image, A), suggest(image, (4, 1, 12, 6), score=0.5), suggest(image, (2, 2, 4, 4))
    result = services.accept_all(image, bob, 0, Choice())
    assert [one.uid for one in result.annotations] == [first.uid, over.uid]
    assert Annotation.objects.get(uid=over.uid).counts == masks.encode(bits((6, 1, 12, 6)))
    with pytest.raises(ApiError) as error:
        services.accept(image, bob, result.version, [Wanted(inside.uid)])
    assert (error.value.status, error.value.code) == (422, "overlap")


def test_all_or_none(image: Image, bob: User, suggest: Suggest) -> None:
    row = suggest(image, A)
    with pytest.raises(ApiError) as error:
        services.accept(image, bob, 0, [Wanted(row.uid), Wanted(suggest(image, B, word="zebra").uid)])
    assert error.value.code == "no_class"
    with pytest.raises(ApiError) as error:
        services.accept(image, bob, 0, [Wanted(row.uid), Wanted(uuid.uuid4())])
    assert error.value.status == 404
    assert not Annotation.objects.exists()
    assert state(row) == "open"


def test_a_stale_version_is_a_conflict_with_what_is_there(
    image: Image, bob: User, alice: User, suggest: Suggest
) -> None:
    row, other = suggest(image, A), suggest(image, B)
    services.accept(image, alice, 0, [Wanted(other.uid)])
    for accept in (
        lambda: services.accept(image, bob, 0, [Wanted(row.uid)]),
        lambda: services.accept_all(image, bob, 0, Choice()),
    ):
        with pytest.raises(ApiError) as error:
            accept()
        assert (error.value.status, error.value.code) == (409, "conflict")
        assert error.value.extra["current"]["version"] == 1
    assert state(row) == "open"


def test_another_class_or_mask_is_an_edit(image: Image, bob: User, suggest: Suggest) -> None:
    first, second, same = suggest(image, A), suggest(image, B), suggest(image, C, word="zebra")
    counts = masks.encode(bits((10, 1, 15, 6)))
    wanted = [Wanted(first.uid, category=2), Wanted(second.uid, counts=counts), Wanted(same.uid, category=2)]
    services.accept(image, bob, 0, wanted)
    assert [state(row) for row in (first, second, same)] == ["edited", "edited", "accepted"]


def test_a_later_change_is_an_edit_and_undone_it_is_none(
    image: Image, bob: User, alice: User, suggest: Suggest
) -> None:
    row = suggest(image, A)
    services.accept(image, bob, 0, [Wanted(row.uid)])
    kept = Annotation.objects.get()
    annotations.change(kept, alice, version=1, category=2)
    assert state(row) == "edited"
    assert row.decided_by == alice
    annotations.change(kept, alice, version=2, category=1)
    assert state(row) == "accepted"
    annotations.delete(kept, alice, version=3)
    assert (state(row), row.decided_by) == ("open", None)
    content: dict[str, Any] = {"category": 1, "counts": row.counts, "clicks": []}
    annotations.create(image, bob, version=4, uid=row.uid, **content)  # undo of the deletion, by the editor
    assert state(row) == "accepted"


def test_another_images_annotation_of_that_uid_decides_nothing(
    image: Image, add_image: AddImage, bob: User, suggest: Suggest
) -> None:
    row = suggest(image, A)
    annotations.create(add_image(1, "queued"), bob, version=0, uid=row.uid, category=1, counts=row.counts, clicks=[])
    assert state(row) == "open"


def test_accept_all_takes_the_best_of_each_object(image: Image, bob: User, suggest: Suggest) -> None:
    best, double = suggest(image, A, score=0.9), suggest(image, (1, 1, 6, 5), score=0.8)
    suggest(image, B, score=0.3)
    nameless = suggest(image, C, word="zebra", score=0.7)
    result = services.accept_all(image, bob, 0, Choice(above=0.5))
    assert [one.uid for one in result.annotations] == [best.uid]
    skipped = {str(one.uid): one.reason for one in result.skipped}
    assert skipped == {str(double.uid): "covered", str(nameless.uid): "no_class"}
    assert state(double) == "open"
    more = services.accept_all(image, bob, 1, Choice(above=0.5, give=2))
    assert [one.category.number for one in more.annotations] == [2]


def test_what_a_phrase_found_is_offered_only_where_it_is_asked_for(image: Image, bob: User, suggest: Suggest) -> None:
    phrase = suggest(image, A, word="the red car", method="text", score=0.99)
    found = suggest(image, A, word="", method="everything", score=0.5)
    assert [row.uid for row in offered(image)] == [found.uid]
    assert [row.uid for row in offered(image, ["text"])] == [phrase.uid]
    result = services.accept_in_project(image.project, bob, Choice(give=1))
    assert [one.accepted for one in result.images] == [1]
    assert (state(phrase), state(found)) == ("open", "accepted")


def test_accept_all_of_a_class_and_of_a_method(image: Image, bob: User, suggest: Suggest) -> None:
    car, person = suggest(image, A), suggest(image, B, word="person")
    everything = suggest(image, C, word="", method="everything")
    assert uids([]) == [one.uid for one in services.accept_all(image, bob, 0, Choice(methods=("text",))).annotations]
    assert [one.uid for one in services.accept_all(image, bob, 0, Choice(category=2)).annotations] == [person.uid]
    result = services.accept_all(image, bob, 1, Choice(methods=("everything",), give=3))
    assert [one.uid for one in result.annotations] == [everything.uid]
    assert state(car) == "open"


def test_a_rejection_is_kept_until_it_is_taken_back(image: Image, bob: User, suggest: Suggest) -> None:
    row, kept = suggest(image, A), suggest(image, B)
    services.accept(image, bob, 0, [Wanted(kept.uid)])
    assert services.reject(image, bob, uids([row, kept])) == 1
    assert [state(row), state(kept), row.decided_by] == ["rejected", "accepted", bob]
    assert services.reopen(image, uids([row, kept])) == 1
    assert [state(row), state(kept)] == ["open", "accepted"]
    with pytest.raises(ApiError):
        services.reject(image, bob, [uuid.uuid4()])


def test_nothing_is_offered_over_a_kept_object(image: Image, bob: User, suggest: Suggest) -> None:
    over, part, whole, beside = (
        suggest(image, A),
        suggest(image, (2, 2, 4, 4)),
        suggest(image, (0, 0, 16, 9)),
        suggest(image, B),
    )
    assert len(offered(image)) == 4
    _, kept, _ = annotations.create(image, bob, version=0, uid=uuid.uuid4(), category=1, counts=over.counts, clicks=[])
    assert {row.pk for row in offered(image)} == {whole.pk, beside.pk}
    annotations.delete(kept, bob, version=1)
    assert {row.pk for row in offered(image)} == {over.pk, part.pk, whole.pk, beside.pk}


def test_of_one_object_only_the_method_that_says_more_is_offered(image: Image, suggest: Suggest) -> None:
    suggest(image, A, method="everything", word="", score=0.99)
    car = suggest(image, A, score=0.6)
    other = suggest(image, B, method="everything", word="", score=0.5)
    assert [row.pk for row in offered(image)] == [car.pk, other.pk]
    assert len(offered(image, ["everything"])) == 2
    assert [row.pk for row in offered(image, above=0.55)] == [car.pk]


def test_accepting_in_a_project(
    project: Project, add_image: AddImage, alice: User, bob: User, suggest: Suggest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "IMAGES_AT_ONCE", 3)
    images = [add_image(seed, "queued") for seed in range(5)]
    rows = [suggest(image, A) for image in images]
    annotations.set_status(images[1], bob, version=0, status="done")
    annotations.touch_open(images[2], bob)
    first = services.accept_in_project(project, alice, Choice(above=0.5))
    assert [one.accepted for one in first.images] == [1, 0, 0]
    assert [one.reason for one in first.images] == [
        None,
        "The image is done.",
        "Someone else has the image open.",
    ]
    second = services.accept_in_project(project, alice, Choice(above=0.5), first.next or 0)
    assert ([one.accepted for one in second.images], second.next) == ([1, 1], None)
    assert [state(row) for row in rows] == ["accepted", "open", "open", "accepted", "accepted"]


def test_the_share_kept_untouched(image: Image, bob: User, suggest: Suggest) -> None:
    assert share_untouched(image.project).untouched is None
    rows = [suggest(image, (x, 1, x + 2, 4)) for x in range(1, 17, 4)]
    everything = suggest(image, C, method="everything", word="")
    wanted = [Wanted(row.uid) for row in rows[:2]]
    services.accept(image, bob, 0, [*wanted, Wanted(rows[2].uid, category=2), Wanted(everything.uid, category=1)])
    services.reject(image, bob, [rows[3].uid])
    found = share_untouched(image.project).plain()
    assert (found["accepted"], found["edited"], found["rejected"], found["untouched"]) == (3, 1, 1, 0.75)
    assert found["by_method"]["instances"]["untouched"] == round(2 / 3, 4)
    assert found["by_method"]["everything"] == {"accepted": 1, "edited": 0, "rejected": 0, "untouched": 1.0}
    assert found["by_category"]["1"]["accepted"] == 2


def test_suggestions_are_no_labels(bob: User, image: Image, suggest: Suggest) -> None:
    from labeling.pages.gallery import images_page

    suggest(image, A)
    (shown,) = images_page(image.project, Role.MANAGER).plain()["results"]
    assert (shown["objects"], shown["status"]) == (0, "new")
    assert annotations.overview(image, bob).annotations == []
