"""Turns at reviewing and verdicts, over the API and below it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from labeling.accounts.models import User
from labeling.annotations import merging
from labeling.annotations import services as annotations
from labeling.annotations.models import Annotation, AnnotationEvent, AnnotationSet
from labeling.assignment import queue as labeling_queue
from labeling.assignment.models import Slot
from labeling.images.models import Image
from labeling.inbox.models import Notice
from labeling.projects.models import Membership, Project
from labeling.review import queue, samples, services, tasks
from labeling.review.models import Draw, ReviewSettings, Verdict
from labeling.web.api import ApiError
from tests.review.conftest import AsUser, ask

Keep = Callable[..., Annotation]


def give(client: Any, image: Image, verdict: str, version: int = 2, **more: Any) -> Any:
    return ask(client, "POST", f"/api/images/{image.pk}/verdict", {"version": version, "verdict": verdict, **more})


def the_set() -> AnnotationSet:
    return AnnotationSet.objects.get()


def test_finished_work_waits_for_a_reviewer_and_is_accepted(
    finished: Image, project: Project, bob: User, rita: User, as_user: AsUser
) -> None:
    found = ask(as_user(rita), "POST", f"/api/projects/{project.pk}/review/next").json()
    assert found == {"image": finished.pk, "waiting": 0, "on_the_way": 0}
    review = as_user(rita).get(f"/api/images/{finished.pk}/review").json()
    assert (review["waits"], review["own_work"], review["author"]["name"]) == (True, False, "bob")
    started = ask(as_user(rita), "POST", f"/api/images/{finished.pk}/review").json()
    assert (started["mine"], started["correcting"], started["holder"]) == (True, False, None)
    answer = give(as_user(rita), finished, "accepted")
    assert answer.status_code == 200, answer.json()
    assert answer.json()["verdict"]["kind"] == "accepted"
    kept = the_set()
    assert (kept.status, kept.version, kept.round, kept.opened_by) == ("accepted", 3, 0, None)
    assert not Slot.objects.exclude(state="closed").exists()
    event = AnnotationEvent.objects.get(version=3)
    assert (event.kind, event.before, event.after) == (
        "verdict", {"status": "done"}, {"status": "accepted", "verdict": "accepted", "summary": ""},
    )  # fmt: skip
    assert not Notice.objects.exclude(kind="finished").exists(), "nobody is mailed that all is well"


def test_a_verdict_sent_twice_counts_once(finished: Image, rita: User, dora: User, as_user: AsUser) -> None:
    first, again = give(as_user(rita), finished, "accepted"), give(as_user(rita), finished, "accepted")
    assert (again.status_code, again.json()) == (200, first.json())
    other = give(as_user(dora), finished, "accepted")
    assert (other.status_code, other.json()["error"]["code"]) == (409, "not_done")
    assert Verdict.objects.count() == 1


def test_work_is_sent_back_to_its_author_and_comes_back_to_the_reviewer(
    finished: Image, project: Project, alice: User, bob: User, rita: User, dora: User, as_user: AsUser, keep: Keep
) -> None:
    refused = give(as_user(rita), finished, "sent_back")
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "no_reason")
    answer = give(as_user(rita), finished, "sent_back", summary="The roof is missing.")
    assert (answer.json()["status"], answer.json()["round"]) == ("sent_back", 1)
    fix = Slot.objects.get(kind="fix")
    assert (fix.member, fix.state) == (bob, "open")
    notice = Notice.objects.exclude(kind="finished").get()
    assert (notice.person, notice.kind, notice.by, notice.text) == (bob, "sent_back", rita, "The roof is missing.")
    assert labeling_queue.claim(project, alice) is None, "it waits for its author"
    assert labeling_queue.claim(project, bob) == finished.pk
    annotations.touch_open(finished, bob)
    keep(finished, bob)
    assert the_set().status == "sent_back"
    annotations.set_status(finished, bob, version=4, status="done")
    assert queue.claim(project, dora) is None, "the same reviewer looks again"
    assert queue.claim(project, rita) == finished.pk
    assert give(as_user(rita), finished, "accepted", version=5).status_code == 200
    assert [one.round for one in AnnotationEvent.objects.order_by("version")] == [0, 0, 0, 1, 1, 1]


def test_nobody_judges_their_own_work(
    finished: Image, project: Project, alice: User, as_user: AsUser, keep: Keep
) -> None:
    keep(finished, alice)
    annotations.set_status(finished, alice, version=3, status="done")
    assert queue.claim(project, alice) is None
    refused = give(as_user(alice), finished, "accepted", version=4)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "own_work")
    assert "say why" in refused.json()["error"]["message"]
    accepted = give(as_user(alice), finished, "accepted", version=4, override="Nobody else is here today.")
    assert accepted.status_code == 200
    assert Verdict.objects.get().override == "Nobody else is here today."


def test_two_reviewers_do_not_meet(finished: Image, project: Project, rita: User, dora: User, as_user: AsUser) -> None:
    assert queue.claim(project, rita) == finished.pk
    assert queue.claim(project, dora) is None
    ask(as_user(rita), "POST", f"/api/images/{finished.pk}/review")
    for answer in (
        ask(as_user(dora), "POST", f"/api/images/{finished.pk}/review"),
        give(as_user(dora), finished, "accepted"),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "in_review")
        assert "rita" in answer.json()["error"]["message"]
    assert as_user(dora).get(f"/api/images/{finished.pk}/review").json()["holder"] == "rita"
    ask(as_user(rita), "DELETE", f"/api/images/{finished.pk}/review")
    assert give(as_user(dora), finished, "accepted").status_code == 200


def test_a_verdict_on_another_version_is_refused(
    finished: Image, alice: User, bob: User, rita: User, as_user: AsUser
) -> None:
    annotations.set_note(finished, alice, version=2, text="Look at the left.")
    answer = give(as_user(rita), finished, "accepted", version=2)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conflict")
    assert the_set().status == "done"


def test_an_annotator_changes_nothing_meanwhile(finished: Image, bob: User, rita: User, keep: Keep) -> None:
    services.start(finished, rita)
    with pytest.raises(ApiError, match="rita is reviewing"):
        keep(finished, bob)
    AnnotationSet.objects.update(opened_at=timezone.now() - timedelta(hours=1))
    keep(finished, bob)
    assert the_set().status == "in_progress"
    assert not Slot.objects.filter(kind="review").exclude(state="closed").exists()


def test_a_reviewer_corrects_and_accepts(finished: Image, bob: User, rita: User, as_user: AsUser, keep: Keep) -> None:
    annotation = Annotation.objects.get()
    url = f"/api/annotations/{annotation.pk}"
    assert ask(as_user(rita), "PUT", url, {"version": 2, "category": 2}).status_code == 403
    services.start(finished, rita)
    assert ask(as_user(rita), "PUT", url, {"version": 2, "category": 2}).status_code == 403
    started = ask(as_user(rita), "POST", f"/api/images/{finished.pk}/review", {"correct": True}).json()
    assert started["correcting"]
    assert ask(as_user(rita), "PUT", url, {"version": 2, "category": 2}).status_code == 200
    assert the_set().status == "done"
    answer = give(as_user(rita), finished, "accepted", version=3)
    assert answer.json()["verdict"]["kind"] == "corrected"
    assert Notice.objects.exclude(kind="finished").get().kind == "corrected"
    assert Notice.objects.exclude(kind="finished").get().person == bob
    assert the_set().status == "accepted"


def test_a_project_may_allow_no_corrections(
    finished: Image, rules: ReviewSettings, rita: User, as_user: AsUser
) -> None:
    ReviewSettings.objects.update(may_correct=False)
    answer = ask(as_user(rita), "POST", f"/api/images/{finished.pk}/review", {"correct": True})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "no_corrections")


def test_strict_projects_want_a_second_reviewer(
    finished: Image, project: Project, rita: User, dora: User, as_user: AsUser
) -> None:
    ReviewSettings.objects.update(strict=True)
    services.start(finished, rita, correct=True)
    ask(as_user(rita), "PUT", f"/api/annotations/{Annotation.objects.get().pk}", {"version": 2, "category": 2})
    assert give(as_user(rita), finished, "accepted", version=3).json()["status"] == "done"
    assert queue.claim(project, rita) is None
    assert give(as_user(rita), finished, "accepted", version=4).json()["error"]["code"] == "own_work"
    assert queue.claim(project, dora) == finished.pk
    assert give(as_user(dora), finished, "accepted", version=4).json()["status"] == "accepted"


def test_accepted_work_is_sent_back_for_a_reason(finished: Image, rita: User, bob: User, as_user: AsUser) -> None:
    give(as_user(rita), finished, "accepted")
    assert give(as_user(rita), finished, "sent_back", version=3).status_code == 400
    assert give(as_user(rita), finished, "sent_back", version=3, summary="The truth changed.").status_code == 200
    assert (the_set().status, the_set().round) == ("sent_back", 1)
    assert Slot.objects.get(kind="fix").member == bob


def test_without_review_finished_work_waits_for_nobody(image: Image, bob: User, rita: User, keep: Keep) -> None:
    keep(image, bob)
    annotations.set_status(image, bob, version=1, status="done")
    assert not Slot.objects.filter(kind="review").exists()


def test_turned_on_later_what_is_finished_waits(
    image: Image, project: Project, alice: User, bob: User, rita: User, as_user: AsUser, keep: Keep
) -> None:
    keep(image, bob)
    annotations.set_status(image, bob, version=1, status="done")
    url = f"/api/projects/{project.pk}/review/settings"
    assert ask(as_user(rita), "PATCH", url, {"enabled": True}).status_code == 403
    assert ask(as_user(alice), "PATCH", url, {"enabled": True}).json()["enabled"]
    assert queue.claim(project, rita) == image.pk
    ask(as_user(alice), "PATCH", url, {"enabled": False})
    assert queue.claim(project, rita) is None


def test_a_share_is_drawn_and_drawn_the_same_again(project: Project, bob: User, rules: ReviewSettings) -> None:
    ReviewSettings.objects.update(rate=30, newcomers=0)
    for number in range(60):
        image = Image.objects.create(project=project, name=f"{number}", sha256=f"{number:064}", width=9, height=9)
        annotations.set_status(image, bob, version=0, status="done")
    drawn = set(Slot.objects.filter(kind="review", state="open").values_list("image", flat=True))
    assert 8 <= len(drawn) <= 30
    for image in project.images.all():
        annotations.set_status(image, bob, version=1, status="in_progress")
        annotations.set_status(image, bob, version=2, status="done")
    again = set(Slot.objects.filter(kind="review", state="open").values_list("image", flat=True))
    assert again == drawn
    assert Draw.objects.count() == 60


def test_a_newcomers_first_images_are_all_reviewed(project: Project, bob: User, rules: ReviewSettings) -> None:
    ReviewSettings.objects.update(rate=0, newcomers=3)
    for number in range(5):
        image = Image.objects.create(project=project, name=f"{number}", sha256=f"{number:064}", width=9, height=9)
        annotations.set_status(image, bob, version=0, status="done")
    assert Slot.objects.filter(kind="review").count() == 3


def test_the_rest_is_accepted_by_sample(
    project: Project, bob: User, rita: User, rules: ReviewSettings, as_user: AsUser
) -> None:
    ReviewSettings.objects.update(rate=0, newcomers=1)
    images = []
    for number in range(3):
        image = Image.objects.create(project=project, name=f"{number}", sha256=f"{number:064}", width=9, height=9)
        annotations.set_status(image, bob, version=0, status="done")
        images.append(image.pk)
    answer = ask(as_user(rita), "POST", f"/api/projects/{project.pk}/review/sample", {"images": images}).json()
    assert (answer["done"], [one["image"] for one in answer["refused"]]) == (2, images[:1])
    assert set(Verdict.objects.values_list("kind", flat=True)) == {"sample"}


def test_a_lot_is_judged_by_its_sample_in_parts(
    project: Project, alice: User, bob: User, rita: User, rules: ReviewSettings, as_user: AsUser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("labeling.review.samples.AT_ONCE", 2)
    ReviewSettings.objects.update(rate=0, newcomers=1)
    images = [
        Image.objects.create(project=project, name=f"{n}", sha256=f"{n:064}", width=9, height=9) for n in range(6)
    ]
    for image in images:
        annotations.set_status(image, bob, version=0, status="done")
    services.judge(images[0], rita, services.Said(Verdict.Kind.ACCEPTED, 1))
    [sample] = samples.samples_of(project)
    assert (sample.undrawn, sample.judged, sample.passed) == (5, 1, 1)
    page = as_user(alice).get(f"/projects/{project.pk}/lots").content.decode()
    assert "Reviewed in part" in page
    assert "1 of 1" in page
    url, lot = f"/api/projects/{project.pk}/review/sample", sample.lot.pk
    first = ask(as_user(rita), "POST", url, {"lot": lot, "draw": True}).json()
    assert first == {"done": 2, "refused": [], "next": images[2].pk}
    assert Slot.objects.filter(kind="review", state="open").count() == 2
    rest = ask(as_user(rita), "POST", url, {"lot": lot, "after": first["next"]}).json()
    assert (rest["done"], rest["next"]) == (2, images[4].pk)
    last = ask(as_user(rita), "POST", url, {"lot": lot, "after": rest["next"]}).json()
    assert last == {"done": 1, "refused": [], "next": None}
    assert samples.samples_of(project) == []
    for bad in ({}, {"lot": lot, "images": [1]}, {"lot": "x"}):
        assert ask(as_user(rita), "POST", url, bad).status_code == 400
    assert ask(as_user(rita), "POST", url, {"lot": 2**60}).json() == {"done": 0, "refused": [], "next": None}
    ReviewSettings.objects.update(enabled=False)
    assert ask(as_user(rita), "POST", url, {"lot": lot, "draw": True}).json()["error"]["code"] == "no_review"


def test_what_lies_too_long_is_open_to_all(
    finished: Image, project: Project, alice: User, rita: User, as_user: AsUser
) -> None:
    give(as_user(rita), finished, "sent_back", summary="No.")
    assert tasks.open_to_all() == 0
    Slot.objects.update(made_at=timezone.now() - timedelta(days=4))
    assert tasks.open_to_all() == 1
    assert labeling_queue.claim(project, alice) == finished.pk


def test_who_leaves_frees_the_image(finished: Image, project: Project, rita: User, dora: User, as_user: AsUser) -> None:
    services.start(finished, rita)
    Membership.objects.get(user=rita).delete()
    assert give(as_user(dora), finished, "accepted").status_code == 200


def test_managers_learn_of_the_third_round(
    finished: Image, alice: User, bob: User, rita: User, as_user: AsUser
) -> None:
    version = 2
    for _ in range(3):
        assert give(as_user(rita), finished, "sent_back", version=version, summary="No.").status_code == 200
        annotations.set_status(finished, bob, version=version + 1, status="done")
        version += 2
    told = Notice.objects.get(kind="attention")
    assert (told.person, told.text) == (alice, "a.png was sent back 3 times.")
    assert Notice.objects.filter(kind="sent_back", person=bob).count() == 3


def test_an_earlier_version_can_be_seen(finished: Image, bob: User, rita: User, as_user: AsUser, keep: Keep) -> None:
    first = Annotation.objects.get()
    keep(finished, bob)
    annotations.delete(first, bob, version=3)
    url = f"/api/images/{finished.pk}/versions?version="
    seen = [as_user(rita).get(f"{url}{version}").json()["annotations"] for version in (0, 2, 3, 4)]
    assert [len(one) for one in seen] == [0, 1, 2, 1]
    assert seen[1][0]["uid"] == str(first.uid)
    assert seen[3][0]["uid"] != str(first.uid)


def test_reviewers_need_not_know_the_author(
    finished: Image, rules: ReviewSettings, alice: User, bob: User, rita: User, as_user: AsUser
) -> None:
    ReviewSettings.objects.update(blind=True)
    url = f"/api/images/{finished.pk}/review"
    assert "author" not in as_user(rita).get(url).json()
    assert as_user(alice).get(url).json()["author"]["name"] == "bob"
    assert as_user(bob).get(url).json()["author"]["name"] == "bob"


def test_annotators_and_outsiders_give_no_verdict(
    finished: Image, project: Project, bob: User, charlie: User, as_user: AsUser
) -> None:
    image, in_project = f"/api/images/{finished.pk}", f"/api/projects/{project.pk}/review"
    for method, url, body in (
        ("POST", f"{image}/verdict", {"version": 2, "verdict": "accepted"}),
        ("POST", f"{image}/review", {}),
        ("DELETE", f"{image}/review", {}),
        ("POST", f"{in_project}/next", {}),
        ("POST", f"{in_project}/sample", {"images": [finished.pk]}),
    ):
        assert ask(as_user(bob), method, url, body).status_code == 403, url
        assert ask(as_user(charlie), method, url, body).status_code == 404, url
        assert ask(as_user(None), method, url, body).status_code == 401, url
    assert the_set().status == "done"


def test_merging_classes_is_no_labeling(
    finished: Image, project: Project, alice: User, rita: User, as_user: AsUser
) -> None:
    kept = the_set()
    car, person = project.categories.get(number=1), project.categories.get(number=2)
    assert merging.move(kept.pk, alice, car, person) == 1
    assert queue.claim(project, alice) == finished.pk
    services.leave(finished, alice)
    answer = give(as_user(alice), finished, "accepted", version=3)
    assert (answer.status_code, answer.json()["verdict"]["kind"]) == (200, "accepted"), "nobody corrected it"
