"""Skipping for a reason, notes, and time on task."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from labeling.accounts.models import User
from labeling.annotations import worktime
from labeling.annotations.models import Annotation, AnnotationEvent, AnnotationSet, WorkDay, WorkTime
from labeling.images.models import Image
from tests.annotations.conftest import send

Clients = Callable[[User | None], Client]
Keep = Callable[..., Annotation]
BLURRED = {"status": "skipped", "reason": "Blurred"}
SESSION = str(UUID(int=7))


def post(client: Client, image: Image, what: str, **body: Any) -> Any:
    return send(client, "POST", f"/api/images/{image.pk}/{what}", body)


def test_skipping_keeps_the_reason_and_logs_it(bob: User, image: Image, as_user: Clients) -> None:
    answer = post(as_user(bob), image, "status", version=0, status="skipped", reason="  Blurred ")
    assert (answer.status_code, answer.json()) == (200, {"version": 1, **BLURRED})
    again = post(as_user(bob), image, "status", version=0, **BLURRED)  # its answer was lost
    assert again.json() == answer.json()
    assert AnnotationEvent.objects.get().after == BLURRED
    back = post(as_user(bob), image, "status", version=1, status="in_progress")
    assert back.json() == {"version": 2, "status": "in_progress"}
    assert AnnotationSet.objects.get().reason == ""


@pytest.mark.parametrize(
    "body", [{"status": "skipped"}, {"status": "skipped", "reason": "  "}, {"status": "done", "reason": "Blurred"},
             {"status": "skipped", "reason": "x" * 201}],
)  # fmt: skip
def test_skipped_needs_a_reason_and_nothing_else_has_one(
    body: dict[str, str], bob: User, image: Image, as_user: Clients
) -> None:
    answer = post(as_user(bob), image, "status", version=0, **body)
    assert answer.status_code == 400
    assert "reason" in answer.json()["error"]["message"]


def test_an_object_on_a_skipped_image_begins_it_again(bob: User, image: Image, keep: Keep, as_user: Clients) -> None:
    post(as_user(bob), image, "status", version=0, **BLURRED)
    keep(bob, 1)
    kept = AnnotationSet.objects.get()
    assert (kept.status, kept.reason) == ("in_progress", "")


def test_a_note_is_seen_by_everybody(bob: User, rita: User, image: Image, as_user: Clients) -> None:
    assert post(as_user(bob), image, "note", version=0, text=" Two cats? \n").json() == {
        "version": 1,
        "note": "Two cats?",
    }
    found = as_user(rita).get(f"/api/images/{image.pk}/annotations").json()
    assert (found["note"], found["status"]) == ("Two cats?", "new")
    assert AnnotationSet.objects.get().note_by == bob
    assert post(as_user(bob), image, "note", version=0, text="Two cats?").json()["version"] == 1
    stale = post(as_user(bob), image, "note", version=0, text="Three")
    assert (stale.status_code, stale.json()["error"]["current"]["note"]) == (409, "Two cats?")
    assert post(as_user(bob), image, "note", version=1, text="x" * 2001).status_code == 400


def test_the_largest_report_of_a_session_counts(bob: User, alice: User, image: Image, as_user: Clients) -> None:
    for seconds, counts in ((30, 30), (95, 95), (60, 95)):
        answer = post(as_user(bob), image, "time", session=SESSION, seconds=seconds)
        assert (answer.status_code, answer.json()) == (200, {"seconds": counts})
    post(as_user(alice), image, "time", session=SESSION, seconds=5)  # another person's of the same name
    post(as_user(bob), image, "time", session=str(UUID(int=8)), seconds=20)
    assert AnnotationSet.objects.get().opened_by == bob
    assert [worktime.own_seconds(image.project, user) for user in (bob, alice)] == [115, 5]


NIGHT = datetime(2026, 3, 1, 22, 50, tzinfo=UTC)
"""Shortly before midnight in Berlin, an hour before it in London, early in the morning in Kathmandu."""


def test_a_session_over_midnight_counts_for_both_days(bob: User, image: Image, monkeypatch: pytest.MonkeyPatch) -> None:
    for minutes, seconds in ((0, 60), (9, 500), (20, 900)):
        monkeypatch.setattr(timezone, "now", lambda minutes=minutes: NIGHT + timedelta(minutes=minutes))
        worktime.report(image, bob, UUID(SESSION), seconds)

    def days(zone: str) -> dict[str, int]:
        found = worktime.own_days(image.project, bob, ZoneInfo(zone), date(2026, 2, 1))
        return {f"{day:%d.%m.} {activity}": seconds for (day, activity), seconds in found.items()}

    assert days("Europe/Berlin") == {"01.03. label": 500, "02.03. label": 400}
    assert days("Europe/London") == {"01.03. label": 900}
    assert days("Asia/Kathmandu") == {"02.03. label": 900}


def test_what_was_kept_without_parts_counts_for_its_last_day(
    bob: User, image: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    WorkTime.objects.create(image=image, user=bob, session=SESSION, seconds=70, at=NIGHT)
    monkeypatch.setattr(timezone, "now", lambda: NIGHT + timedelta(hours=3))
    worktime.report(image, bob, UUID(SESSION), 100)
    [row] = WorkTime.objects.all()
    parts = [(part.at, part.seconds) for part in worktime.parts_of(row)]
    assert parts == [(NIGHT - timedelta(minutes=5), 70), (NIGHT + timedelta(hours=2, minutes=55), 30)]


def test_fixing_and_reviewing_are_told_apart(bob: User, rita: User, image: Image, as_user: Clients) -> None:
    kept = AnnotationSet.objects.create(image=image, status="done")
    assert post(as_user(rita), image, "time", session=SESSION, seconds=5).status_code == 403  # looking is no work
    kept.opened_by, kept.opened_for, kept.opened_at = rita, "review", timezone.now()
    kept.save()
    assert post(as_user(rita), image, "time", session=SESSION, seconds=5).status_code == 200
    AnnotationSet.objects.update(status="sent_back", round=1, opened_by=None, opened_for="")
    assert post(as_user(bob), image, "time", session=SESSION, seconds=7).status_code == 200
    rows = {row.user.username: [part[1:] for part in row.parts] for row in WorkTime.objects.all()}
    assert rows == {"rita": [["review", 5]], "bob": [["fix", 7]]}


def test_old_sessions_become_sums_of_a_day(bob: User, image: Image) -> None:
    old = timezone.now() - timedelta(days=worktime.KEPT_DAYS + 1)
    for number, at in enumerate((old, old, timezone.now())):
        WorkTime.objects.create(image=image, user=bob, session=UUID(int=number), seconds=10, at=at)
    assert worktime.sum_up(image.project) == [image.pk]
    assert worktime.sum_up(image.project) == []
    assert [(one.day, one.activity, one.seconds) for one in WorkDay.objects.all()] == [(old.date(), "label", 20)]
    assert (WorkTime.objects.count(), worktime.own_seconds(image.project, bob)) == (1, 30)


@pytest.mark.parametrize("seconds", [-1, 24 * 3600 + 1, 1.5, "3"])
def test_a_strange_time_is_refused(seconds: object, bob: User, image: Image, as_user: Clients) -> None:
    assert post(as_user(bob), image, "time", session=SESSION, seconds=seconds).status_code == 400


@pytest.mark.parametrize(
    ("what", "body"),
    [("status", {"version": 0, **BLURRED}), ("note", {"version": 0, "text": "x"}),
     ("time", {"session": SESSION, "seconds": 1})],
)  # fmt: skip
def test_only_labelers_may(
    what: str, body: dict[str, Any], image: Image, rita: User, charlie: User, as_user: Clients
) -> None:
    for user, code in ((None, 401), (charlie, 404), (rita, 403)):
        assert post(as_user(user), image, what, **body).status_code == code
    assert not AnnotationSet.objects.exists()
