"""What is compared when, and that doing it again changes nothing."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from labeling.accounts.models import User
from labeling.annotations import golden, services
from labeling.annotations.models import AnnotationSet
from labeling.images.models import Image
from labeling.projects.models import Attribute, Project
from labeling.quality import comparing, tasks
from labeling.quality.comparison import Comparison
from labeling.quality.models import ImageCheck, PairScore, Report
from tests.quality.conftest import CAR, PERSON, keep, opinion, truth

Kind = PairScore.Kind


def test_nothing_is_compared_before_two_are_finished(image: Image, bob: User, dora: User) -> None:
    opinion(image, bob, [((0, 0, 10, 10), CAR)])
    opinion(image, dora, [((0, 0, 10, 10), CAR)], done=False)
    assert comparing.work_off() == 1
    assert not PairScore.objects.exists()
    assert not ImageCheck.objects.exists()


def test_two_finished_opinions_make_a_pair(image: Image, bob: User, dora: User) -> None:
    first = opinion(image, bob, [((0, 0, 10, 10), CAR), ((30, 30, 5, 5), PERSON)])
    second = opinion(image, dora, [((2, 0, 10, 10), CAR)])
    comparing.work_off()
    row = PairScore.objects.get()
    assert (row.kind, row.first_id, row.second_id) == (Kind.PEERS, first.pk, second.pk)
    assert (row.first_author, row.second_author) == (bob, dora)
    assert row.agreement == pytest.approx((2 / 3) / 1.5)
    assert Comparison.from_json(row.sums).confusion == {(1, 1): 1, (2, 0): 1}
    assert row.at == second.finished_at
    assert Report.objects.get(project=image.project).asked == 1


def test_main_is_nobody_s_opinion(image: Image, alice: User, bob: User) -> None:
    keep(image, alice, [((0, 0, 10, 10), CAR)])
    services.set_status(image, alice, version=1, status="done")
    opinion(image, bob, [((0, 0, 10, 10), CAR)])
    comparing.work_off()
    assert not PairScore.objects.exists()


def test_the_golden_set_is_first(image: Image, alice: User, bob: User, dora: User) -> None:
    golden_set = truth(image, alice, [((0, 0, 10, 10), CAR)])
    opinion(image, bob, [((0, 0, 10, 10), CAR)])
    opinion(image, dora, [])
    comparing.work_off()
    against = PairScore.objects.filter(kind=Kind.GOLDEN)
    assert {(row.first_id, row.first_author_id, row.second_author_id) for row in against} == {
        (golden_set.pk, None, bob.pk), (golden_set.pk, None, dora.pk),
    }  # fmt: skip
    assert PairScore.objects.filter(kind=Kind.PEERS).count() == 1


def test_again_compares_nothing(image: Image, bob: User, dora: User) -> None:
    opinion(image, bob, [((0, 0, 10, 10), CAR)])
    opinion(image, dora, [((0, 0, 10, 10), CAR)])
    assert len(comparing.compare_image(image)) == 1
    before = PairScore.objects.values().get()
    assert comparing.compare_image(image) == []
    assert PairScore.objects.values().get() == before
    assert Report.objects.get().asked == 1


def test_a_change_takes_the_pair_away_until_it_is_finished_again(image: Image, bob: User, dora: User) -> None:
    opinion(image, bob, [((0, 0, 10, 10), CAR)])
    opinion(image, dora, [((0, 0, 10, 10), CAR)])
    comparing.work_off()
    version = keep(image, dora, [((30, 30, 5, 5), CAR)])
    comparing.work_off()
    assert not PairScore.objects.exists()  # dora's is in progress again
    services.set_status(image, dora, version=version, status="done")
    comparing.work_off()
    assert PairScore.objects.get().agreement == pytest.approx(2 / 3)
    assert Report.objects.get().asked == 3


def test_a_new_truth_is_compared_anew(image: Image, alice: User, bob: User) -> None:
    truth(image, alice, [((0, 0, 10, 10), CAR)])
    opinion(image, bob, [((0, 0, 10, 10), CAR)])
    comparing.work_off()
    assert PairScore.objects.get().agreement == 1
    version = keep(image, alice, [((30, 30, 5, 5), CAR)])
    services.set_status(image, alice, version=version, status="done")
    golden.mark(image, alice)
    comparing.work_off()
    assert PairScore.objects.get().agreement == pytest.approx(2 / 3)


def test_unmarking_takes_its_pairs_away(image: Image, alice: User, bob: User) -> None:
    truth(image, alice, [])
    opinion(image, bob, [])
    comparing.work_off()
    assert PairScore.objects.get().agreement is None
    asked = Report.objects.get().asked
    golden.unmark(image, alice)
    assert not PairScore.objects.exists()
    assert Report.objects.get().asked == asked + 1


def test_answers_to_choices_are_compared(image: Image, project: Project, bob: User, dora: User) -> None:
    Attribute.objects.create(project=project, number=1, name="light", kind="choice", choices=["day", "night"])
    Attribute.objects.create(project=project, number=2, name="plate", kind="text")
    project.next_attribute_number = 3
    project.save()
    opinion(image, bob, [((0, 0, 10, 10), CAR)], attributes={"1": "day", "2": "x"})
    opinion(image, dora, [((0, 0, 10, 10), CAR)], attributes={"1": "night", "2": "y"})
    comparing.work_off()
    assert Comparison.from_json(PairScore.objects.get().sums).choices == {1: {("day", "night"): 1}}


def test_what_is_asked_for_while_it_is_compared_is_done_again(
    image: Image, bob: User, dora: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    opinion(image, bob, [((0, 0, 10, 10), CAR)])
    opinion(image, dora, [((0, 0, 10, 10), CAR)])
    looked: list[int] = []
    real = comparing.compare_image

    def compare_image(one: Image) -> list[PairScore]:
        looked.append(one.pk)
        found = real(one)
        if len(looked) == 1:
            comparing.ask(one.pk)
        return found

    monkeypatch.setattr(comparing, "compare_image", compare_image)
    comparing.work_off()
    assert looked == [image.pk, image.pk]
    assert not ImageCheck.objects.exists()


def test_a_killed_worker_s_image_is_compared_by_the_next(image: Image, bob: User, dora: User) -> None:
    opinion(image, bob, [((0, 0, 10, 10), CAR)])
    opinion(image, dora, [((0, 0, 10, 10), CAR)])
    comparing.jobs.claim()
    assert comparing.work_off() == 0
    ImageCheck.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert comparing.work_off() == 1
    assert PairScore.objects.count() == 1


def test_an_image_that_kills_workers_is_given_up(image: Image, bob: User, dora: User) -> None:
    opinion(image, bob, [])
    opinion(image, dora, [])
    ImageCheck.objects.update(attempts=3)
    assert comparing.work_off() == 0
    assert not ImageCheck.objects.exists()


def test_the_task_compares_and_makes_figures(image: Image, bob: User, dora: User) -> None:
    opinion(image, bob, [((0, 0, 10, 10), CAR)])
    opinion(image, dora, [((0, 0, 10, 10), CAR)])
    assert tasks.compare() == 1
    report = Report.objects.get()
    assert (report.asked, report.made) == (1, 1)
    assert report.figures["peers"]["images"] == 1


def test_queries_do_not_grow_with_objects(new_image: Callable[[], Image], bob: User, dora: User) -> None:
    def queries(objects: int) -> int:
        image = new_image()
        for user in (bob, dora):
            opinion(image, user, [((x, 0, 1, 1), CAR) for x in range(objects)])
        with CaptureQueriesContext(connection) as caught:
            comparing.compare_image(image)
        return len(caught)

    queries(1)  # makes the report's row
    assert queries(30) == queries(2)


def test_sets_of_deleted_people_stay_compared(image: Image, bob: User, dora: User) -> None:
    opinion(image, bob, [((0, 0, 10, 10), CAR)])
    opinion(image, dora, [((0, 0, 10, 10), CAR)])
    comparing.work_off()
    AnnotationSet.objects.filter(author=dora).update(author=None)
    PairScore.objects.update(second_author=None)
    assert comparing.compare_image(image) == []
    assert tasks.compare() == 0
    assert [row["person"] for row in Report.objects.get().figures["peers"]["people"]] == [bob.pk]
