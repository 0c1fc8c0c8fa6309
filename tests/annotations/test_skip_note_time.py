"""Skipping for a reason, notes, and time on task."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from labeling.accounts.models import User
from labeling.annotations import worktime
from labeling.annotations.models import Annotation, AnnotationEvent, AnnotationSet, WorkTime
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
    found = worktime.summary(image.project)
    assert found is not None
    assert [(one.name, one.images, one.seconds) for one in found.people] == [("bob", 1, 115), ("alice", 1, 5)]
    assert (found.seconds, found.a_done_image, found.days[-1][1], len(found.days)) == (120, None, 120, worktime.DAYS)


def test_the_figure_counts_images_that_are_done(bob: User, image: Image, as_user: Clients) -> None:
    assert worktime.summary(image.project) is None
    post(as_user(bob), image, "time", session=SESSION, seconds=90)
    post(as_user(bob), image, "status", version=0, status="done")
    WorkTime.objects.update(at=timezone.now() - timedelta(days=worktime.DAYS + 1))
    found = worktime.summary(image.project)
    assert found is not None
    assert (found.a_done_image, sum(seconds for _, seconds in found.days)) == (90, 0)


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
