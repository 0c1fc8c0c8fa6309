"""What happened to an image and in a project, who sees it, and going back."""

import io
import uuid
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from typing import Any

import numpy as np
import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image as Pillow

from labeling.accounts.models import User
from labeling.annotations import golden, panoptic, services
from labeling.annotations.content import Changed, Created, Deleted
from labeling.annotations.log import objects_at
from labeling.annotations.models import Annotation, AnnotationSet
from labeling.history.models import Activity
from labeling.history.services import PAGE, difference, restore
from labeling.images.models import Image
from labeling.projects.models import Attribute, Category, Project
from labeling.review import services as review
from labeling.review import threads
from labeling.review.models import ReviewSettings, Verdict
from labeling.web.api import ApiError
from tests.annotations.conftest import HEIGHT, WIDTH, counts, send

AsUser = Callable[[User | None], Client]
Keep = Callable[..., Annotation]


def post(client: Client, url: str, body: dict[str, Any]) -> Any:
    return send(client, "POST", url, body)


def told(client: Client, image: Image) -> list[tuple[str, str, int, int]]:
    """Who, what, and the versions, the newest first."""
    answer = client.get(f"/api/images/{image.pk}/history")
    assert answer.status_code == 200, answer.content
    return [(one["by"], one["kind"], one["first"], one["last"]) for one in answer.json()["results"]]


def objects_of(image: Image) -> dict[str, tuple[int, str]]:
    return {str(one.uid): (one.category.number, one.counts) for one in image.annotation_set.annotations.all()}


def test_changes_by_one_person_are_one_activity(
    image: Image, keep: Keep, bob: User, alice: User, as_user: AsUser
) -> None:
    first = keep(bob)
    services.change(first, bob, version=1, category=2)
    keep(alice, version=2)
    keep(bob, version=3)
    services.delete(first, bob, version=4)
    Activity.objects.update(at=timezone.now() - timedelta(minutes=11))
    keep(bob, version=5)
    services.set_status(image, bob, version=6, status="done")
    assert told(as_user(bob), image) == [
        ("bob", "status", 7, 7), ("bob", "objects", 6, 6), ("bob", "objects", 4, 5), ("alice", "objects", 3, 3),
        ("bob", "objects", 1, 2),
    ]  # fmt: skip
    burst = Activity.objects.get(first=4)
    assert (burst.created, burst.changed, burst.deleted) == (1, 0, 1)


def test_a_database_of_before_gets_the_same_activities(
    image: Image, keep: Keep, bob: User, alice: User, rita: User
) -> None:
    first = keep(bob)
    services.change(first, bob, version=1, category=2)
    keep(alice, version=2)
    services.set_note(image, alice, version=3, text="Two cars?")
    services.set_status(image, bob, version=4, status="done")
    review.judge(image, rita, review.Said(Verdict.Kind.SENT_BACK, 5, "No"))
    threads.begin(image, rita, "Look here")
    services.delete(first, bob, version=6)
    columns = [one.name for one in Activity._meta.fields if one.name != "id"]
    made = list(Activity.objects.order_by("pk").values_list(*columns))
    Activity.objects.all().delete()
    import_module("labeling.history.migrations.0002_activities_of_before").fill(apps, None)
    assert list(Activity.objects.order_by("pk").values_list(*columns)) == made
    assert len(made) == 7


def test_verdicts_notes_and_comments_are_there(image: Image, bob: User, rita: User, as_user: AsUser) -> None:
    ReviewSettings.objects.create(project=image.project, enabled=True)
    services.set_note(image, bob, version=0, text="Two cars?")
    services.set_status(image, bob, version=1, status="done")
    review.start(image, rita)
    threads.begin(image, rita, "The edge is off", threads.Pin(3, 4))
    assert "The edge is off" not in as_user(bob).get(f"/images/{image.pk}/history").content.decode()  # a draft
    review.judge(image, rita, review.Said(Verdict.Kind.SENT_BACK, 2, "See the pin"))
    page = as_user(bob).get(f"/images/{image.pk}/history").content.decode()
    for text in ("Two cars?", "The edge is off", "See the pin", "sent it back", "finished it", "wrote a note"):
        assert text in page, text
    assert [one.kind for one in Activity.objects.order_by("pk")] == ["note", "status", "verdict", "comment"]


def test_a_version_is_restored_as_one_batch_and_nothing_is_lost(image: Image, keep: Keep, bob: User) -> None:
    kept, gone = keep(bob), keep(bob, version=1, counts=counts(20, 3))
    services.change(kept, bob, version=2, category=2, counts=counts(1, 1), clicks=[])
    then = objects_of(image)
    new = uuid.uuid4()
    services.change_many(
        image, bob, version=3,
        changes=[Deleted(gone.uid), Changed(kept.uid, category=3), Created(new, 1, counts(30, 2, 4, 4), [])],
    )  # fmt: skip
    now = objects_of(image)
    assert restore(image, bob, version=6, to=3) == (9, 3)
    assert objects_of(image) == then
    assert restore(image, bob, version=9, to=6) == (12, 3)
    assert objects_of(image) == now
    assert restore(image, bob, version=12, to=6) == (12, 0)  # sent again
    assert restore(image, bob, version=12, to=0) == (14, 2)
    assert objects_of(image) == {}


def test_answers_to_questions_of_before_are_left_out(image: Image, keep: Keep, bob: User) -> None:
    ask = image.project.attributes.create
    for number, kind, choices in ((1, Attribute.Kind.FLAG, []), (2, Attribute.Kind.CHOICE, ["red", "blue"])):
        ask(number=number, name=str(number), kind=kind, choices=choices)
    kept = keep(bob, attributes={"1": True, "2": "red"})
    services.delete(kept, bob, version=1)
    Attribute.objects.get(number=1).delete()
    Attribute.objects.update(choices=["blue"])
    restore(image, bob, version=2, to=1)
    assert image.annotation_set.annotations.get().attributes == {}


def test_what_refuses_a_restore(image: Image, keep: Keep, bob: User, rita: User) -> None:
    kept = keep(bob)
    services.delete(kept, bob, version=1)

    def refused(version: int = 2, to: int = 1) -> str:
        with pytest.raises(ApiError) as error:
            restore(image, bob, version=version, to=to)
        return error.value.code

    assert refused(version=1) == "conflict"
    assert refused(to=3) == "bad_version"
    Category.objects.get(number=1).delete()
    assert refused() == "bad_category"
    AnnotationSet.objects.update(status="done", opened_by=rita, opened_for="review", opened_at=timezone.now())
    assert refused(to=0) == "in_review"
    AnnotationSet.objects.update(status="accepted", opened_by=None, opened_for="")
    assert refused(to=0) == "closed"
    assert not image.annotation_set.annotations.exists()


def test_a_restore_keeps_the_rules_of_panoptic_projects(image: Image, keep: Keep, bob: User) -> None:
    keep(bob)
    second = keep(bob, version=1)
    services.delete(second, bob, version=2)
    panoptic.turn_on(image.project)
    image.refresh_from_db()
    image.project.refresh_from_db()
    with pytest.raises(ApiError) as error:
        restore(image, bob, version=3, to=2)
    assert error.value.code == "overlap"
    assert image.annotation_set.annotations.count() == 1


def test_who_may_restore(
    image: Image, keep: Keep, alice: User, bob: User, rita: User, charlie: User, as_user: AsUser
) -> None:
    services.delete(keep(bob), bob, version=1)
    for user, code in ((None, 401), (charlie, 404), (rita, 403)):
        assert post(as_user(user), f"/api/images/{image.pk}/restore", {"version": 2, "to": 1}).status_code == code
    assert b"Restore the objects" not in as_user(rita).get(f"/images/{image.pk}/history").content
    answer = post(as_user(alice), f"/api/images/{image.pk}/restore", {"version": 2, "to": 1})
    assert (answer.status_code, answer.json()) == (200, {"version": 3, "objects": 1})
    # A form, without a script.
    assert b"Restore the objects of version 2" in as_user(bob).get(f"/images/{image.pk}/history").content
    answer = as_user(bob).post(f"/images/{image.pk}/history", {"version": "3", "to": "2"}, follow=True)
    assert "The objects are those of version 2 again" in answer.content.decode()
    for odd in ({}, {"version": "x", "to": "1"}, {"version": "9" * 30, "to": "1"}):
        assert as_user(bob).post(f"/images/{image.pk}/history", odd).status_code == 302
    assert objects_of(image) == {}


# What is hidden.


def opinion_of(image: Image, user: User) -> None:
    """An opinion of somebody with a change in its history."""
    AnnotationSet.objects.create(image=image, kind="opinion", author=user)
    services.create(image, user, version=0, uid=uuid.uuid4(), category=1, counts=counts(), clicks=[])


def test_opinions_and_golden_images_are_not_told_of(
    project: Project, image: Image, keep: Keep, alice: User, bob: User, rita: User, as_user: AsUser
) -> None:
    keep(alice)
    services.set_status(image, alice, version=1, status="done")
    golden.mark(image, alice)
    feed = f"/api/projects/{project.pk}/activity"
    assert as_user(bob).get(feed).json()["results"] == []
    for url in (f"/api/images/{image.pk}/history", f"/images/{image.pk}/history", f"/images/{image.pk}/history/1/1"):
        assert as_user(bob).get(url).status_code == 404, url
        assert b"alice" not in as_user(bob).get(feed).content
    opinion_of(image, bob)  # they were handed it
    assert told(as_user(bob), image) == [("bob", "objects", 1, 1)]
    assert [one["by"] for one in as_user(bob).get(feed).json()["results"]] == ["bob"]
    assert as_user(bob).get(f"/images/{image.pk}/history/1/2").status_code == 404  # versions of the labels
    assert [one["by"] for one in as_user(rita).get(feed).json()["results"]] == ["alice", "alice"]
    sees = [(one["by"], one["kind"]) for one in as_user(alice).get(feed).json()["results"]]
    assert sees == [("bob", "objects"), ("alice", "status"), ("alice", "status"), ("alice", "objects")]


def test_who_has_an_opinion_does_not_see_what_others_did(
    project: Project, image: Image, keep: Keep, alice: User, bob: User, as_user: AsUser
) -> None:
    keep(alice)
    opinion_of(image, bob)
    assert [one["by"] for one in as_user(bob).get(f"/api/projects/{project.pk}/activity").json()["results"]] == ["bob"]
    page = as_user(bob).get(f"/projects/{project.pk}/activity").content.decode()
    assert "<b>alice</b>" not in page
    assert "<b>bob</b>" in page


def test_blind_reviewers_do_not_learn_who_labeled(
    project: Project, image: Image, keep: Keep, alice: User, bob: User, rita: User, as_user: AsUser
) -> None:
    ReviewSettings.objects.create(project=project, enabled=True, blind=True)
    keep(bob)
    assert told(as_user(rita), image)[0][0] == "An annotator"
    assert told(as_user(alice), image)[0][0] == "bob"
    by_bob = as_user(rita).get(f"/api/projects/{project.pk}/activity?person={bob.pk}").json()
    assert by_bob["results"] == []


def test_somebody_who_left_has_no_name(image: Image, keep: Keep, alice: User, bob: User, as_user: AsUser) -> None:
    keep(bob)
    bob.delete()
    assert told(as_user(alice), image)[0][0] == "A former member"


# Pages, filters, cost.


def test_the_activity_is_filtered_and_paged(
    project: Project, image: Image, alice: User, bob: User, as_user: AsUser
) -> None:
    for number in range(PAGE + 5):
        Activity.objects.create(
            project=project, image=image, user=bob if number % 2 else alice, kind="note", at=timezone.now(), text="x"
        )
    client, feed = as_user(bob), f"/api/projects/{project.pk}/activity"
    first = client.get(feed).json()
    rest = client.get(feed, {"before": first["before"]}).json()
    assert (len(first["results"]), len(rest["results"]), rest["before"]) == (PAGE, 5, None)
    ids = [one["id"] for one in first["results"] + rest["results"]]
    assert ids == sorted(set(ids), reverse=True)
    assert len(client.get(feed, {"person": bob.pk}).json()["results"]) == (PAGE + 5) // 2
    assert client.get(feed, {"kind": "verdict"}).json()["results"] == []
    assert client.get(feed, {"kind": "nothing"}).status_code == 400
    page = client.get(f"/projects/{project.pk}/activity?person={bob.pk}&kind=verdict").content.decode()
    assert "Nothing matches this filter" in page
    for odd in ("?person=x&kind=y&before=z", f"?before={'9' * 40}", "?before=-1"):
        assert client.get(f"/projects/{project.pk}/activity{odd}").status_code == 200


@pytest.mark.parametrize("role", ["alice", "bob", "rita"])
def test_pages_cost_the_same_at_10_and_at_1000_images(
    project: Project, alice: User, bob: User, rita: User, as_user: AsUser, role: str
) -> None:
    client = as_user({"alice": alice, "bob": bob, "rita": rita}[role])

    def fill(first: int, last: int) -> int:
        images = [
            Image(project=project, name=f"{number}.png", sha256=f"{number:064}", width=WIDTH, height=HEIGHT)
            for number in range(first, last)
        ]
        Image.objects.bulk_create(images)
        sets = AnnotationSet.objects.bulk_create(AnnotationSet(image=one, main_of=one) for one in images)
        Activity.objects.bulk_create(
            Activity(project=project, image=one.image, set=one, user=bob, kind="objects", at=timezone.now(), created=1)
            for one in sets
        )
        with CaptureQueriesContext(
            connection,
        ) as found:
            assert client.get(f"/projects/{project.pk}/activity").status_code == 200
            assert client.get(f"/images/{images[0].pk}/history").status_code == 200
        return len(found)

    assert fill(0, 10) == fill(10, 1000) <= 36


def test_a_difference_reads_only_what_changed(image: Image, keep: Keep, bob: User) -> None:
    kept = keep(bob)
    services.change(kept, bob, version=1, counts=counts(1, 1))
    services.change(kept, bob, version=2, counts=counts(2, 2))
    keep(bob, version=3)
    before, after = difference(image.annotation_set, 2, 3)
    assert (list(before), list(after)) == ([str(kept.uid)], [str(kept.uid)])
    assert (before[str(kept.uid)]["counts"], after[str(kept.uid)]["counts"]) == (counts(), counts(2, 2))
    assert difference(image.annotation_set, 1, 1)[0] == {}
    assert objects_at(image.annotation_set, 3)[0]["counts"] == counts(2, 2)


def test_the_picture_shows_both_outlines(image: Image, keep: Keep, bob: User, as_user: AsUser) -> None:
    white = io.BytesIO()
    Pillow.new("RGB", (WIDTH, HEIGHT), "white").save(white, "WEBP", lossless=True)
    image.view.save("a.webp", ContentFile(white.getvalue()))
    kept = keep(bob)
    services.change(kept, bob, version=1, counts=counts(16, 6))
    services.set_status(image, bob, version=2, status="done")
    client, url = as_user(bob), f"/images/{image.pk}/history"
    answer = client.get(f"{url}/2/2")
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/webp")
    pixels = np.asarray(Pillow.open(io.BytesIO(answer.content)).convert("RGB")).astype(int)
    orange = (pixels[..., 0] > 180) & (pixels[..., 2] < 90)
    blue = (pixels[..., 0] < 90) & (pixels[..., 2] > 180)
    columns = [np.flatnonzero(one.any(0)).mean() / pixels.shape[1] for one in (blue, orange)]
    assert columns[0] < 0.5 < columns[1]  # before: on the left; after: on the right
    assert client.get(f"{url}/2/2", headers={"If-None-Match": answer["ETag"]}).status_code == 304
    for bad in ("3/3", "0/1", "2/1", "1/9"):
        assert client.get(f"{url}/{bad}").status_code == 404, bad


def test_the_picture_is_where_the_page_says(image: Image, keep: Keep, bob: User, as_user: AsUser) -> None:
    keep(bob)
    results: list[dict[str, Any]] = as_user(bob).get(f"/api/images/{image.pk}/history").json()["results"]
    assert results[0]["picture"] == f"/images/{image.pk}/history/1/1"
