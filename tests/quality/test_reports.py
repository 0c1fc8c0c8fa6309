"""A project's figures: sums over pairs, each person's own, by week, and their intervals."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from labeling.accounts.models import User
from labeling.annotations.models import AnnotationSet
from labeling.images.models import Image
from labeling.projects.models import Attribute, Project
from labeling.quality import comparing, reports
from labeling.quality.comparison import compare
from labeling.quality.intervals import bootstrap, ratio
from labeling.quality.models import PairScore, Report
from tests.quality.conftest import CAR, PERSON, opinion, truth
from tests.quality.drawing import SIZE, box

NewImage = Callable[[], Image]


def test_sums_are_added_and_divided_once(new_image: NewImage, project: Project, bob: User, dora: User) -> None:
    one, other, empty = new_image(), new_image(), new_image()
    opinion(one, bob, [((0, 0, 10, 10), CAR), ((30, 30, 5, 5), PERSON)])
    opinion(one, dora, [((2, 0, 10, 10), CAR)])  # IoU 2/3
    opinion(other, bob, [((0, 0, 10, 10), CAR)])
    opinion(other, dora, [((0, 0, 10, 10), CAR), ((30, 30, 5, 5), CAR)])
    for user in (bob, dora):
        opinion(empty, user, [])
    comparing.work_off()
    found = reports.make(project)["peers"]
    assert (found["images"], found["pairs"], found["empty"]) == (3, 3, 1)
    overall = found["overall"]
    assert (overall["matched"], overall["segments"]) == (2, 6)
    assert overall["f1"]["value"] == pytest.approx(4 / 6, abs=1e-4)
    assert overall["f1_75"]["value"] == pytest.approx(2 / 6, abs=1e-4)
    assert overall["iou"]["value"] == pytest.approx((2 / 3 + 1) / 2, abs=1e-4)
    car, person = found["classes"]
    assert (car["class"], car["images"], person["class"], person["images"]) == (CAR, 2, PERSON, 1)
    assert car["pq"]["value"] == pytest.approx((2 / 3 + 1) / 2.5, abs=1e-4)
    assert overall["mean_pq"]["value"] == pytest.approx((2 / 3 + 1) / 2.5 / 2, abs=1e-4)
    assert person["f1"] == {"value": 0, "low": None, "high": None}  # one image has no interval
    assert person["iou"] is None
    assert found["confusion"] == [[0, 1, 1], [0, 2, 1], [1, 0, 1], [1, 1, 2], [2, 0, 1]]
    assert found["histogram"] == [0, 0, 0, 1, 0, 0, 0, 0, 0, 1]
    assert found["alpha"]["classes"] == {"units": 2, "value": None}


def test_against_golden_missed_and_extra_are_apart(
    new_image: NewImage, project: Project, alice: User, bob: User, dora: User
) -> None:
    image = new_image()
    truth(image, alice, [((0, 0, 10, 10), CAR), ((30, 30, 5, 5), PERSON)])
    opinion(image, bob, [((0, 0, 10, 10), CAR)])
    opinion(image, dora, [((0, 0, 10, 10), CAR), ((30, 30, 5, 5), PERSON), ((60, 40, 5, 5), CAR)])
    comparing.work_off()
    found = reports.make(project)["golden"]
    assert found["confusion"] == [[0, 1, 1], [1, 1, 2], [2, 0, 1], [2, 2, 1]]
    people = {row["person"]: row for row in found["people"]}
    assert set(people) == {bob.pk, dora.pk}  # nobody who made the truth
    assert (people[bob.pk]["missed"], people[bob.pk]["extra"]) == (1, 0)
    assert (people[dora.pk]["missed"], people[dora.pk]["extra"]) == (0, 1)
    assert people[bob.pk]["f1"]["value"] == pytest.approx(2 / 3, abs=1e-4)


def test_a_pair_counts_for_both_people(
    new_image: NewImage, project: Project, alice: User, bob: User, dora: User
) -> None:
    image = new_image()
    opinion(image, bob, [((0, 0, 10, 10), CAR), ((30, 30, 5, 5), CAR)])
    opinion(image, dora, [((0, 0, 10, 10), CAR)])
    opinion(image, alice, [((0, 0, 10, 10), CAR)])
    comparing.work_off()
    found = reports.make(project)["peers"]
    people = {row["person"]: row for row in found["people"]}
    assert {person: (row["images"], row["pairs"]) for person, row in people.items()} == dict.fromkeys(
        (alice.pk, bob.pk, dora.pk), (1, 2)
    )
    assert (people[bob.pk]["missed"], people[bob.pk]["extra"]) == (0, 2)
    assert (people[dora.pk]["missed"], people[dora.pk]["extra"]) == (1, 0)
    assert people[alice.pk]["f1"]["value"] == pytest.approx(4 / 5, abs=1e-4)
    assert (found["images"], found["pairs"]) == (1, 3)


def test_weeks_begin_on_monday(new_image: NewImage, project: Project, bob: User, dora: User) -> None:
    days = [datetime(2026, 3, 1, 12, tzinfo=UTC), datetime(2026, 3, 2, 12, tzinfo=UTC)]  # a Sunday and a Monday
    for day in days:
        image = new_image()
        for user in (bob, dora):
            opinion(image, user, [((0, 0, 10, 10), CAR)])
        AnnotationSet.objects.filter(image=image).update(finished_at=day)
    comparing.work_off()
    weeks = reports.make(project)["peers"]["weeks"]
    assert [(row["week"], row["images"]) for row in weeks] == [("2026-02-23", 1), ("2026-03-02", 1)]


def test_alpha_of_classes_and_answers_from_30_units(
    new_image: NewImage, project: Project, bob: User, dora: User
) -> None:
    Attribute.objects.create(project=project, number=1, name="light", kind="choice", choices=["day", "night"])
    for number in range(3):
        image = new_image()
        places = [(x, 0, 4, 4) for x in range(0, 80, 8)]
        opinion(image, bob, [(place, CAR) for place in places], attributes={"1": "day"})
        answer = {"1": "night" if number else "day"}
        opinion(image, dora, [(place, PERSON if place[0] == 0 else CAR) for place in places], attributes=answer)
    comparing.work_off()
    found = reports.make(project)["peers"]["alpha"]
    # 30 units, 3 of car and person: 60 values, 57 of car. De = 2·57·3 / (60·59), Do = 6 / 60.
    assert found["classes"] == {"units": 30, "value": pytest.approx(1 - (6 / 60) / (2 * 57 * 3 / (60 * 59)))}
    (light,) = found["choices"]
    assert (light["name"], light["units"]) == ("light", 30)
    assert light["value"] == pytest.approx(1 - (40 / 60) / (2 * 40 * 20 / (60 * 59)))


def score(project: Project, image: Image, sets: list[AnnotationSet], shift: int) -> PairScore:
    found = compare([box(0, 0, 10, 10)], [box(shift, 0, 10, 10)], SIZE)
    return PairScore(
        project=project, image=image, kind="peers", first=sets[0], second=sets[1], first_version=1, second_version=1,
        agreement=found.agreement, sums=found.as_json(), at=timezone.now(),
    )  # fmt: skip


def many(project: Project, count: int) -> None:
    """Pairs of so many images, whose IoU goes from 1 to 0."""
    first = project.images.count()
    images = Image.objects.bulk_create(
        Image(project=project, name=str(i), sha256=f"m{i:063}", width=80, height=60)
        for i in range(first, first + count)
    )
    rows = []
    for index, image in enumerate(images):
        sets = [AnnotationSet.objects.create(image=image, kind="golden"), AnnotationSet.objects.create(image=image)]
        rows.append(score(project, image, sets, index % 6))
    PairScore.objects.bulk_create(rows)


def test_the_interval_is_that_of_the_bootstrap(project: Project) -> None:
    many(project, 30)
    found = reports.make(project)["peers"]["overall"]["f1"]
    sums = np.array([[float(index % 6 < 4), 2.0] for index in range(30)])  # IoU of .5 up to a shift of 3
    expected = bootstrap(sums, ratio(0, 1, 2.0))
    assert expected is not None
    assert found["value"] == pytest.approx(2 / 3, abs=1e-4)
    assert (found["low"], found["high"]) == (
        pytest.approx(expected.low, abs=1e-4),
        pytest.approx(expected.high, abs=1e-4),
    )


def test_images_beyond_the_groups_are_dealt_out(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    many(project, 60)
    exact = reports.make(project)["peers"]["overall"]
    monkeypatch.setattr(reports, "GROUPS", 20)
    grouped = reports.make(project)["peers"]["overall"]
    assert grouped["f1"]["value"] == exact["f1"]["value"]
    assert grouped["images"] == exact["images"] == 60
    assert reports.Sheet(20).sums.shape == (20, reports.COLUMNS)


def test_queries_do_not_grow_with_images(project: Project) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            reports.make(project)
        return len(caught)

    many(project, 5)
    before = queries()
    many(project, 40)
    assert queries() == before


def test_figures_are_made_when_something_changed_and_not_all_the_time(project: Project) -> None:
    assert reports.make_due() == 0
    comparing.ask_report(project.pk)
    assert reports.make_due() == 1
    row = Report.objects.get()
    assert (row.made, row.made_at is not None) == (1, True)
    assert reports.make_due() == 0
    comparing.ask_report(project.pk)
    Report.objects.update(seconds=100.0)
    assert reports.make_due() == 0  # they took long and were made a moment ago
    Report.objects.update(made_at=timezone.now() - timedelta(hours=1))
    assert reports.make_due() == 1


def test_older_figures_do_not_replace_newer_ones(project: Project) -> None:
    comparing.ask_report(project.pk)
    Report.objects.update(made=5, figures={"newer": True})
    assert reports.refresh(project).figures == {"newer": True}
