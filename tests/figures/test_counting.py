"""The counts, held against numbers counted by hand, and against a recount."""

import random
import uuid
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from labeling.accounts.models import User
from labeling.annotations import golden, services, worktime
from labeling.annotations.models import Annotation, AnnotationSet, WorkDay, WorkTime
from labeling.figures import counting, tallies
from labeling.figures.models import NO_DAY, Changed, CountedImage, DailyCount, Ledger
from labeling.images.models import Image
from labeling.images.services import delete_image
from labeling.projects.models import Project
from labeling.review import services as review
from labeling.review import threads
from labeling.review.models import ReviewSettings, Verdict
from labeling.suggestions import services as suggestions
from labeling.suggestions.models import Suggestion
from tests.annotations.conftest import counts
from tests.figures.conftest import NOON, AddImage, keep

At = Callable[..., Any]
State = Suggestion.State


def day(ago: int) -> date:
    return (NOON - timedelta(days=ago)).date()


def counted(project: Project, *starts: str) -> dict[tuple[Any, ...], int]:
    """The counts whose keys start so, by key, days ago (None: no day), person and class, zeros left out."""
    counting.fold_all()
    found: dict[tuple[Any, ...], int] = {}
    for row in DailyCount.objects.filter(project=project):
        ago = None if row.day == NO_DAY else (NOON.date() - row.day).days
        if row.key.startswith(starts):
            found[(row.key, ago, *filter(None, (row.person, row.category)))] = row.count
    return found


def afresh(project: Project) -> dict[Any, int]:
    """All counts, made from nothing."""
    total: tallies.Tally = tallies.Tally()
    for tally in tallies.of_images(Image.objects.filter(project=project)).values():
        total.update(tally)
    return {key: count for key, count in total.items() if count}


def kept(project: Project) -> dict[Any, int]:
    rows = DailyCount.objects.filter(project=project)
    return {(row.day, row.person, row.category, row.key): row.count for row in rows}


def suggest(image: Image, clicks: int = 0, category: int = 1) -> Suggestion:
    return Suggestion.objects.create(
        image=image, method="everything", score=0.9, category=image.project.categories.get(number=category),
        counts=counts(), area=56, bbox_x=5, bbox_y=6, bbox_width=7, bbox_height=8,
        clicks=[[5.0, 6.0, True]] * clicks,
    )  # fmt: skip


def test_states_by_day(project: Project, add_image: AddImage, bob: User, rita: User, at: At) -> None:
    ReviewSettings.objects.create(project=project, enabled=True)
    with at(5):
        image, other = add_image(), add_image()
    with at(4):
        keep(image, bob, 0)
        services.set_status(image, bob, version=1, status="done")
        services.set_status(other, bob, version=0, status="skipped", reason="dark")
    with at(3):
        review.judge(image, rita, review.Said(Verdict.Kind.SENT_BACK, 2, "no"))
    with at(2):
        keep(image, bob, 3)  # stays sent back
        services.set_status(image, bob, version=4, status="done")
    with at(1):
        review.judge(image, rita, review.Said(Verdict.Kind.ACCEPTED, 5))
    assert counted(project, "state", "images") == {
        ("images", 5): 2,
        ("state.done", 4): 1, ("state.skipped", 4): 1,
        ("state.sent_back", 3): 1, ("state.done", 3): -1,
        ("state.done", 2): 1, ("state.sent_back", 2): -1,
        ("state.accepted", 1): 1, ("state.done", 1): -1,
    }  # fmt: skip
    assert counted(project, "finished") == {("finished", 4, bob.pk): 1, ("finished", 2, bob.pk): 1}
    assert counted(project, "first", "rounds") == {("first.sent_back", 3, bob.pk): 1, ("rounds.1", 1): 1}
    assert {status: sum(n for (key, *_), n in counted(project, "state").items() if key == f"state.{status}")
            for status in ("done", "accepted", "sent_back", "in_progress")} == {
        "done": 0, "accepted": 1, "sent_back": 0, "in_progress": 0}  # fmt: skip


def test_a_reviewers_correction_does_not_begin_the_image_again(
    project: Project, add_image: AddImage, bob: User, rita: User
) -> None:
    ReviewSettings.objects.create(project=project, enabled=True)
    image = add_image()
    keep(image, bob, 0)
    services.set_status(image, bob, version=1, status="done")
    review.start(image, rita, correct=True)
    keep(image, rita, 2)
    assert AnnotationSet.objects.get().status == "done"
    assert counted(project, "state") == {("state.done", 0): 1}
    review.judge(image, rita, review.Said(Verdict.Kind.ACCEPTED, 3))
    assert counted(project, "state", "first") == {("state.accepted", 0): 1, ("first.corrected", 0, bob.pk): 1}


def test_objects_clicks_and_untouched_suggestions(project: Project, add_image: AddImage, bob: User, at: At) -> None:
    with at(2):
        image = add_image()
        one, two, three = suggest(image), suggest(image, clicks=3), suggest(image, clicks=1)
        keep(image, bob, 0, clicks=4)
        deleted = keep(image, bob, 1, clicks=7)
        services.delete(deleted, bob, version=2)
        keep(image, bob, 3, clicks=3, uid=two.uid)  # untouched: its clicks are the method's
    with at(1):
        keep(image, bob, 4, clicks=3, category=2, uid=three.uid)  # edited: another class; 2 clicks by a person
        keep(image, bob, 5, clicks=0)
        suggestions.reject(image, bob, [one.uid])
    assert counted(project, "objects", "untouched", "clicks") == {
        ("objects", 2, 1): 2, ("untouched", 2, 1): 1, ("clicks", 2, 1): 4,
        ("objects", 1, 1): 1, ("objects", 1, 2): 1, ("clicks", 1, 2): 2,
    }  # fmt: skip
    assert counted(project, "suggestion") == {
        ("suggestion.accepted.everything", 2): 1, ("suggestion.edited.everything", 1): 1,
        ("suggestion.rejected.everything", 1): 1,
    }  # fmt: skip
    assert counted(project, "kept", "size") == {
        ("kept", None, 1): 3, ("kept", None, 2): 1, ("size.8", None, 1): 3, ("size.8", None, 2): 1,
    }  # fmt: skip
    suggestions.reopen(image, [one.uid])
    assert ("suggestion.rejected.everything", 1) not in counted(project, "suggestion")


@pytest.mark.parametrize(
    ("area", "name"), [(1, "8"), (64, "8"), (65, "16"), (2048**2, "2048"), (2048**2 + 1, "larger")]
)
def test_size_classes(area: int, name: str) -> None:
    assert tallies.size_of(area) == name


def test_paces(project: Project, add_image: AddImage, alice: User, bob: User, at: At) -> None:
    with at(1):
        image = add_image()
    for version, (seconds, user) in enumerate([(0, bob), (3.5, bob), (30, alice), (31, bob), (400, bob)]):
        with at(1, seconds):
            keep(image, user, version)
    week = 1 + day(1).weekday()  # counted on Mondays
    # bob: 3.5 s, 27.5 s, and 369 s, which is a pause; alice's first object has nothing before it.
    assert counted(project, "pace") == {("pace.4", week, bob.pk, 1): 1, ("pace.32", week, bob.pk, 1): 1}


def test_times(project: Project, add_image: AddImage, bob: User, at: At) -> None:
    image = add_image()
    for ago, seconds in ((3, 30), (2, 100)):
        with at(ago):
            worktime.report(image, bob, uuid.UUID(int=1), seconds)
    assert counted(project, "time") == {("time.label", 3, bob.pk): 30, ("time.label", 2, bob.pk): 70}


def test_old_sessions_are_in_either_the_counts_or_the_sums(
    project: Project, add_image: AddImage, bob: User, at: At
) -> None:
    image = add_image()
    with at(worktime.KEPT_DAYS + 2):
        worktime.report(image, bob, uuid.UUID(int=1), 50)
    worktime.report(image, bob, uuid.UUID(int=2), 20)
    assert sum(counted(project, "time").values()) == 70
    assert counting.sum_up_old_sessions(project) == 1
    assert counted(project, "time") == {("time.label", 0, bob.pk): 20}
    assert [one.seconds for one in WorkDay.objects.all()] == [50]


def test_pins_by_class(project: Project, add_image: AddImage, bob: User, rita: User) -> None:
    ReviewSettings.objects.create(project=project, enabled=True)
    image = add_image()
    car = keep(image, bob, 0)
    services.set_status(image, bob, version=1, status="done")
    review.start(image, rita)
    threads.begin(image, rita, "off", threads.Pin(1, 1, car.uid))
    threads.begin(image, rita, "a point", threads.Pin(1, 1))
    assert counted(project, "pins") == {}  # drafts
    review.judge(image, rita, review.Said(Verdict.Kind.SENT_BACK, 2))
    assert counted(project, "pins") == {("pins", 0, 1): 1}
    services.delete(car, bob, version=3)
    assert counted(project, "pins") == {("pins", 0): 1}


def test_golden_images_are_counted_apart_and_their_copies_not_at_all(
    project: Project, add_image: AddImage, alice: User, bob: User
) -> None:
    image = add_image()
    keep(image, alice, 0)
    services.set_status(image, alice, version=1, status="done")
    golden.mark(image, alice)
    AnnotationSet.objects.create(image=image, kind="opinion", author=bob)
    keep(image, bob, 0)
    counting.begin_recount(project.pk)
    assert counted(project, "images", "state", "kept", "golden.images", "golden.state", "golden.kept") == {
        ("golden.images", 0): 1, ("golden.state.done", 0): 1, ("golden.kept", None, 1): 1,
    }  # fmt: skip
    assert counted(project, "objects", "made") == {
        ("objects", 0, 1): 2,
        ("made", 0, alice.pk): 1,
        ("made", 0, bob.pk): 1,
    }


def test_a_golden_mark_moves_the_image_at_once(project: Project, add_image: AddImage, alice: User) -> None:
    image = add_image()
    services.set_status(image, alice, version=0, status="done")
    assert ("images", 0) in counted(project, "images")
    golden.mark(image, alice)
    assert counted(project, "images", "golden.images") == {("golden.images", 0): 1}


def test_labels_without_a_log_count_from_the_last_change(project: Project, add_image: AddImage, at: At) -> None:
    image = add_image()
    AnnotationSet.objects.create(image=image, status="done", changed_at=NOON - timedelta(days=2))
    counting.begin_recount(project.pk)
    assert counted(project, "state") == {("state.done", 2): 1}


# Keeping them.


def random_work(project: Project, people: list[User], add_image: AddImage, at: At, seed: int) -> None:
    """Whatever people do, in no order."""
    dice = random.Random(seed)
    images = [add_image() for _ in range(6)]
    for step in range(120):
        image, user = dice.choice(images), dice.choice(people)
        main = AnnotationSet.objects.filter(main_of=image).first()
        version = main.version if main else 0
        with at(dice.randrange(4), step):
            match dice.randrange(8):
                case 0 | 1 | 2:
                    keep(image, user, version, clicks=dice.randrange(4), category=dice.randrange(1, 4))
                case 3:
                    found = Annotation.objects.filter(set=main).order_by("?").first()
                    if found is not None:
                        services.delete(found, user, version=version)
                case 4:
                    services.set_status(
                        image, user, version=version, status=dice.choice(["done", "new", "in_progress"])
                    )
                case 5:
                    worktime.report(image, user, uuid.UUID(int=dice.randrange(3)), dice.randrange(200))
                case 6:
                    suggestions.reject(image, user, [suggest(image).uid])
                case 7 if step > 100 and len(images) > 3:
                    images.remove(image)
                    delete_image(image)
        if step % 10 == 0:
            counting.fold_all()
    counting.fold_all()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_counts_are_those_of_a_recount(
    project: Project, add_image: AddImage, alice: User, bob: User, at: At, seed: int
) -> None:
    random_work(project, [alice, bob], add_image, at, seed)
    before = kept(project)
    assert before == afresh(project)
    assert counting.put_right(project.pk) == 0
    counting.begin_recount(project.pk)
    counting.fold_all()
    counting.end_recounts()
    assert kept(project) == before
    assert Ledger.objects.get().corrected == 0
    for image in Image.objects.all():
        delete_image(image)
    counting.fold_all()
    assert kept(project) == {}
    assert not CountedImage.objects.exists()


def test_folding_twice_changes_nothing(project: Project, add_image: AddImage, bob: User) -> None:
    image = add_image()
    keep(image, bob, 0)
    counting.fold_all()
    before = kept(project)
    for _ in range(2):
        counting.note(project.pk, image.pk)
        counting.note(project.pk, image.pk)
        assert counting.fold_all() == 1
        assert kept(project) == before
    assert not Changed.objects.exists()


def test_a_worker_that_is_killed_leaves_all_or_nothing(
    project: Project, add_image: AddImage, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(add_image(), bob, 0)

    def die(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(counting, "_add", die)
        with pytest.raises(KeyboardInterrupt):
            counting.fold(project.pk)
    assert Changed.objects.exists()
    assert not CountedImage.objects.exists()
    counting.fold_all()
    assert kept(project) == afresh(project)


def test_the_nightly_recount_puts_wrong_counts_right(project: Project, add_image: AddImage, bob: User) -> None:
    keep(add_image(), bob, 0)
    counting.fold_all()
    right = kept(project)
    DailyCount.objects.filter(key="objects").update(count=77)
    DailyCount.objects.filter(key="clicks").delete()
    DailyCount.objects.create(project=project, day=day(3), key="made-up", count=5)
    assert counting.due() == [project.pk]
    assert counting.begin_recount(project.pk) == 1
    assert counting.due() == []
    counting.fold_all()
    counting.end_recounts()
    assert kept(project) == right
    ledger = Ledger.objects.get()
    assert (ledger.corrected, ledger.recounted_at is not None) == (3, True)
    Ledger.objects.update(begun_at=timezone.now() - counting.RECOUNT_AFTER * 1.1)
    assert counting.due() == [project.pk]


def test_a_database_of_before_is_counted(project: Project, add_image: AddImage, bob: User) -> None:
    keep(add_image(), bob, 0)
    Changed.objects.all().delete()  # nobody noted anything then
    assert counting.due() == [project.pk]
    counting.begin_recount(project.pk)
    counting.fold_all()
    assert kept(project) == afresh(project) != {}


def test_folding_asks_as_much_for_many_images_as_for_few(project: Project, add_image: AddImage, bob: User) -> None:
    def queries(images: int) -> int:
        for _ in range(images):
            keep(add_image(), bob, 0)
        with CaptureQueriesContext(connection) as found:
            assert counting.fold(project.pk) == images
        return len(found)

    queries(1)
    assert queries(2) == queries(40) <= 26


def test_a_deleted_project_leaves_nothing(project: Project, add_image: AddImage, bob: User) -> None:
    keep(add_image(), bob, 0)
    counting.fold_all()
    keep(add_image(), bob, 0)
    project.delete()
    assert counting.fold_all() == 0
    assert not any(model.objects.exists() for model in (Changed, CountedImage, DailyCount, Ledger))
    assert not WorkTime.objects.exists()
