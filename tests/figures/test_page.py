"""The figures page: what each role sees, its numbers, its CSVs, and what it costs."""

import csv
import io
import re
import uuid
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from labeling.accounts.models import User
from labeling.annotations import golden, services, worktime
from labeling.figures import counting, tables
from labeling.figures.counts import median_of
from labeling.figures.forecast import Forecast, forecast, trimmed
from labeling.figures.models import NO_DAY, DailyCount
from labeling.figures.page import FOR_MANAGERS, TABLES
from labeling.projects.models import Membership, Project
from labeling.review import services as review
from labeling.review.models import ReviewSettings, Verdict
from tests.figures.conftest import NOON, AddImage, keep

AsUser = Callable[[User | None], Client]
At = Callable[..., Any]


def page_of(client: Client, project: Project, query: str = "") -> str:
    counting.fold_all()
    answer = client.get(f"/projects/{project.pk}/figures{query}")
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def rows_of(client: Client, project: Project, table: str, query: str = "") -> list[list[str]]:
    counting.fold_all()
    answer = client.get(f"/projects/{project.pk}/figures/{table}{query}")
    assert answer.status_code == 200, answer.content
    return list(csv.reader(io.StringIO(answer.getvalue().decode())))


def captions(page: str) -> set[str]:
    return set(re.findall(r'chart__head"><h3>(.*?)</h3>', page))


def work(project: Project, add_image: AddImage, people: list[User], at: At) -> None:
    """Each finished an image with two objects yesterday, and it took them a minute or more."""
    for number, user in enumerate(people):
        with at(1):
            image = add_image()
            keep(image, user, 0, clicks=1 + number)
        with at(1, 10):
            keep(image, user, 1, clicks=3)
            services.set_status(image, user, version=2, status="done")
            worktime.report(image, user, uuid.UUID(int=number + 1), 60 + number)


# Privacy.


def test_each_person_sees_their_own_time_and_managers_daily_sums(
    project: Project, add_image: AddImage, alice: User, bob: User, rita: User, as_user: AsUser, at: At
) -> None:
    carla = User.objects.create_user("carla")
    Membership.objects.create(project=project, user=carla, role="annotator")
    work(project, add_image, [bob, carla], at)
    for user, seen, hidden in ((bob, "0:01:00", "0:01:01"), (carla, "0:01:01", "0:01:00")):
        page = page_of(as_user(user), project)
        assert seen in page
        assert hidden not in page
        assert "0:02:01" not in page  # of both together
        others = {one.username for one in (alice, bob, carla, rita)} - {user.username}
        assert not any(f"{other}</th>" in page for other in others)
    page = page_of(as_user(rita), project)
    assert "0:01:0" not in page
    manager = page_of(as_user(alice), project)
    assert all(text in manager for text in ("0:01:00", "0:01:01", "0:02:01"))
    yesterday = (NOON - timedelta(days=1)).date().isoformat()
    assert rows_of(as_user(alice), project, "time") == [
        ["Day and person", "Labeling", "Fixing", "Reviewing"],
        [f"{yesterday} bob", "0:01:00", "0:00:00", "0:00:00"],
        [f"{yesterday} carla", "0:01:01", "0:00:00", "0:00:00"],
    ]


@pytest.mark.parametrize("table", sorted(TABLES))
def test_who_gets_each_csv(
    table: str, project: Project, alice: User, bob: User, rita: User, charlie: User, as_user: AsUser
) -> None:
    url = f"/projects/{project.pk}/figures/{table}"
    member = 403 if table in FOR_MANAGERS else 200
    codes = ((alice, 200), (bob, member), (rita, member), (charlie, 404))
    assert [as_user(user).get(url).status_code for user, _ in codes] == [code for _, code in codes]


def test_every_figure_has_a_csv_and_the_other_way_round(
    project: Project, add_image: AddImage, alice: User, bob: User, as_user: AsUser, at: At
) -> None:
    from labeling.figures import page

    built = {build for builds in (tables.FOR_ALL, tables.OWN, tables.FOR_MANAGERS) for build in builds}
    assert built == set(page.TABLES.values())
    assert {name for name, build in page.TABLES.items() if build in tables.FOR_MANAGERS} == FOR_MANAGERS
    work(project, add_image, [bob, alice], at)
    linked = set(re.findall(r'/figures/([\w-]+)\?days=30" aria-label', page_of(as_user(alice), project)))
    assert linked <= set(TABLES)
    assert {"progress", "own", "time", "work", "clicks", "classes", "sizes"} <= linked
    assert as_user(alice).get(f"/projects/{project.pk}/figures/nothing").status_code == 404


def test_members_see_no_ranking(
    project: Project, add_image: AddImage, alice: User, bob: User, rita: User, as_user: AsUser, at: At
) -> None:
    work(project, add_image, [rita, bob, alice, bob], at)
    people = [row[0].split()[1] for row in rows_of(as_user(alice), project, "work")[1:]]
    assert people == ["alice", "bob", "rita"]  # by name, whoever did most
    assert captions(page_of(as_user(bob), project)) <= {
        "Images by state", "Your work", "Your time per object", "Your first reviews", "Objects by class",
        "Sizes of objects", "Clicks per object", "Suggestions by method", "Clicks per object by class",
    }  # fmt: skip


def test_golden_images_do_not_show_to_who_is_measured(
    project: Project, add_image: AddImage, alice: User, bob: User, rita: User, as_user: AsUser
) -> None:
    image, _ = add_image(), add_image()
    keep(image, alice, 0)
    services.set_status(image, alice, version=1, status="done")
    golden.mark(image, alice)
    assert "<b>1</b> of 1 image left" in page_of(as_user(bob), project)
    assert rows_of(as_user(bob), project, "classes") == [["Class", "Objects", "Share"]]
    assert rows_of(as_user(bob), project, "progress")[-1][1:] == ["0", "0", "0", "0", "0", "1", "1"]
    for user in (alice, rita):
        assert "<b>1</b> of 2 images left" in page_of(as_user(user), project)
        assert rows_of(as_user(user), project, "classes")[1] == ["car", "1", "100.0 %"]


def test_own_days_are_those_of_the_browser(
    project: Project, add_image: AddImage, bob: User, as_user: AsUser, at: At
) -> None:
    image = add_image()
    with at(2, 11 * 3600):  # 23:00 in UTC
        keep(image, bob, 0)
        services.set_status(image, bob, version=1, status="done")
        worktime.report(image, bob, uuid.UUID(int=1), 90)
    client = as_user(bob)

    def busy() -> dict[str, list[str]]:
        return {row[0]: row[1:] for row in rows_of(client, project, "own")[1:] if row[1] != "0"}

    utc = (NOON - timedelta(days=2)).date()
    worked = ["1", "1", "0:01:30", "0:00:00", "0:00:00"]
    assert busy() == {utc.isoformat(): worked}
    client.cookies["time-zone"] = "Europe%2FBerlin"
    assert busy() == {(utc + timedelta(days=1)).isoformat(): worked}
    client.cookies["time-zone"] = "../../etc/passwd"
    assert busy() == {utc.isoformat(): worked}


# Numbers.


def test_progress_starts_with_what_was_before_the_period(
    project: Project, add_image: AddImage, bob: User, as_user: AsUser, at: At
) -> None:
    with at(60):
        first, second = add_image(), add_image()
        services.set_status(first, bob, version=0, status="done")
    with at(1):
        keep(second, bob, 0)
    rows = rows_of(as_user(bob), project, "progress")
    assert rows[0] == ["Day", "Done", "Accepted", "Sent back", "In progress", "Skipped", "Not started", "All"]
    assert (len(rows), rows[1][1:], rows[-1][1:]) == (
        31, ["1", "0", "0", "0", "0", "1", "2"], ["1", "0", "0", "1", "0", "0", "2"]
    )  # fmt: skip
    assert len(rows_of(as_user(bob), project, "progress", "?days=365")) == 366
    assert len(rows_of(as_user(bob), project, "progress", "?days=7")) == 31  # not one of the periods


def test_clicks_per_object(project: Project, add_image: AddImage, bob: User, as_user: AsUser, at: At) -> None:
    work(project, add_image, [bob, bob], at)  # 1 + 3, and 2 + 3 clicks
    [_, week] = rows_of(as_user(bob), project, "clicks")
    assert week[1:] == ["4", "0", "4", "9", "2.25"]
    assert rows_of(as_user(bob), project, "clicks-by-class")[1:] == [["car", "4", "0", "9", "2.25"]]


def test_a_share_of_a_few_has_no_percent(
    project: Project, add_image: AddImage, alice: User, bob: User, rita: User, as_user: AsUser
) -> None:
    ReviewSettings.objects.create(project=project, enabled=True)

    def reviewed(good: int, bad: int) -> None:
        for number in range(good + bad):
            image = add_image()
            services.set_status(image, bob, version=0, status="done")
            kind = Verdict.Kind.ACCEPTED if number < good else Verdict.Kind.SENT_BACK
            review.judge(image, rita, review.Said(kind, 1, "why"))

    reviewed(3, 1)
    assert rows_of(as_user(alice), project, "review")[1:] == [
        ["All", "3", "0", "1", "3 of 4"], ["bob", "3", "0", "1", "3 of 4"]
    ]  # fmt: skip
    assert "data-chart" not in page_of(as_user(alice), project).partition("First review")[0].rpartition("<figure")[2]
    reviewed(15, 1)
    assert rows_of(as_user(bob), project, "own-review")[1:] == [["You", "18", "0", "2", "90 % (70–97 %)"]]
    assert rows_of(as_user(alice), project, "rounds")[1:] == [["0", "18"]]


def test_the_median_lies_inside_its_class() -> None:
    assert median_of({}) is None
    assert median_of({4: 10}) == 2.0
    assert median_of({2: 1, 4: 2, 8: 1}) == 3.0
    assert median_of({2: 1, 3: 0, 64: 3}) == pytest.approx(3 + 61 / 3)


# The forecast.

TODAY = date(2026, 3, 2)


def test_too_few_days_have_no_forecast() -> None:
    assert forecast([0] * 20 + [9, 9, 9, 9], 100, TODAY) is None
    assert forecast([9] * 28, 0, TODAY) is None
    assert forecast([9, 9, 9, 9, 9], 100, TODAY) is not None


def test_an_even_pace_has_a_narrow_forecast() -> None:
    day = TODAY + timedelta(days=10)
    assert forecast([10] * 28, 100, TODAY) == Forecast(day, day, day)


def test_an_uneven_pace_has_a_wide_one_around_the_mean() -> None:
    found = forecast([30, 0, 0, 10, 0, 0, 0] * 4, 200, TODAY)
    assert found is not None
    assert found.early is not None
    assert found.middle is not None
    assert found.late is not None
    assert abs((found.middle - TODAY).days - 35) <= 5
    assert (found.middle - found.early).days > 5
    assert (found.late - found.middle).days > 10


def test_a_pace_that_leads_nowhere_says_later() -> None:
    found = forecast([1, -1] * 14, 100, TODAY)
    assert found is not None
    assert found.late is None
    assert trimmed([0, -2, 0, 3, 0]) == [3, 0]


def test_the_page_tells_the_forecast(project: Project, add_image: AddImage, bob: User, as_user: AsUser, at: At) -> None:
    for ago in range(1, 7):
        with at(ago):
            services.set_status(add_image(), bob, version=0, status="done")
            add_image()
    page = page_of(as_user(bob), project)
    expected = NOON.date() + timedelta(days=6)
    assert f"done around <b>{expected.day} {expected:%b %Y}</b>" in page


# Cost.


def test_the_page_asks_as_much_for_many_images_days_and_people_as_for_few(
    project: Project, alice: User, as_user: AsUser
) -> None:
    client = as_user(alice)

    def queries(people: int, days: int) -> int:
        DailyCount.objects.all().delete()
        users = [User.objects.create_user(f"u{User.objects.count()}") for _ in range(people)]
        rows = [
            DailyCount(project=project, day=day, person=user.pk, category=1, key=key, count=9)
            for day in [(NOON - timedelta(days=ago)).date() for ago in range(days)]
            for user in users
            for key in ("finished", "objects", "untouched", "clicks", "pace.4", "time.label", "first.accepted")
        ]  # fmt: skip
        rows += [DailyCount(project=project, day=NO_DAY, category=1, key=key, count=9) for key in ("kept", "size.8")]
        DailyCount.objects.bulk_create(rows)
        with CaptureQueriesContext(connection) as found:
            assert client.get(f"/projects/{project.pk}/figures").status_code == 200
        return len(found)

    queries(1, 1)
    assert queries(2, 2) == queries(20, 25) <= 48


def test_an_empty_project_says_so(project: Project, bob: User, as_user: AsUser) -> None:
    page = as_user(bob).get(f"/projects/{project.pk}/figures").content.decode()
    assert "The first count is being made" in page
    assert "not enough days" not in page
    assert "Nothing to count yet." in page
