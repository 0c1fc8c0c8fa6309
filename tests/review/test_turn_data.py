"""What an open editor is told of a review beside turns and verdicts: people, counts, moved pins, jumps, notices."""

import pytest
from django.urls import reverse

from labeling.accounts.models import User
from labeling.images.models import Image
from labeling.inbox.models import Notice
from labeling.inbox.services import notify
from labeling.projects.models import Project
from labeling.review import services, threads
from labeling.review.models import ReviewSettings, Thread
from tests.review.conftest import AsUser, ask

pytestmark = pytest.mark.django_db


def test_a_reviewer_is_told_what_waits_and_whose_work_it_is(
    as_user: AsUser, rita: User, bob: User, finished: Image
) -> None:
    told = as_user(rita).get(f"/api/images/{finished.pk}/review").json()

    assert (told["waiting"], told["on_the_way"]) == (1, 0)
    assert told["author"]["username"] == "bob"
    assert "waiting" not in as_user(bob).get(f"/api/images/{finished.pk}/review").json()


def test_what_was_sent_back_waits_for_its_author(as_user: AsUser, rita: User, bob: User, finished: Image) -> None:
    services.judge(finished, rita, services.Said(services.Kind.SENT_BACK, 2, "The edge is off."))

    assert as_user(rita).get(f"/api/images/{finished.pk}/review").json()["worker"]["username"] == "bob"


def test_members_are_named_to_be_mentioned(as_user: AsUser, bob: User, rita: User, project: Project) -> None:
    people = as_user(bob).get(f"/api/projects/{project.pk}/people").json()["people"]

    assert {one["username"] for one in people} >= {"bob", "rita"}


def test_one_moves_ones_own_pin(as_user: AsUser, rita: User, bob: User, finished: Image) -> None:
    thread = threads.begin(finished, rita, "here", threads.Pin(3, 4))
    url = f"/api/threads/{thread.pk}"

    moved = ask(as_user(rita), "PATCH", url, {"x": 7.5, "y": 8}).json()

    assert (moved["x"], moved["y"], moved["state"]) == (7.5, 8, "open")
    assert ask(as_user(bob), "PATCH", url, {"x": 1, "y": 1}).status_code == 403
    assert ask(as_user(rita), "PATCH", url, {"x": 700, "y": 8}).status_code == 400
    assert ask(as_user(rita), "PATCH", url, {}).status_code == 400
    assert Thread.objects.get().x == 7.5


def test_opening_an_image_reads_its_notices_alone(as_user: AsUser, bob: User, rita: User, image: Image) -> None:
    notify(bob, Notice.Kind.MENTION, image.project, image=image, by=rita, subject="comment 1")
    notify(bob, Notice.Kind.ASSIGNED, image.project, by=rita, subject="lot 1")

    told = ask(as_user(bob), "POST", "/api/me/inbox/read", {"image": image.pk}).json()

    assert told["unread"] == 1
    assert ask(as_user(bob), "POST", "/api/me/inbox/read", {}).status_code == 400


def test_the_button_leads_to_what_waits(
    as_user: AsUser, rita: User, finished: Image, project: Project, rules: ReviewSettings
) -> None:
    answer = as_user(rita).get(reverse("pages:next", args=[project.pk]))

    assert answer.headers["Location"] == reverse("pages:editor", args=[finished.pk])


def test_nothing_to_review_is_said(as_user: AsUser, rita: User, project: Project, rules: ReviewSettings) -> None:
    answer = as_user(rita).get(reverse("pages:review", args=[project.pk]), follow=True)

    assert "Nothing to review" in answer.content.decode()


@pytest.mark.parametrize(
    ("wanted", "name"), [("2", "street-2.png"), ("street-2", "street-2.png"), ("EET-3", "street-3.png"), ("9", None)]
)
def test_an_editor_jumps_to_a_number_or_a_name(
    as_user: AsUser, bob: User, project: Project, wanted: str, name: str | None
) -> None:
    for at in (1, 2, 3):
        Image.objects.create(project=project, name=f"street-{at}.png", sha256=str(at) * 64, width=4, height=4)

    answer = as_user(bob).get(f"/api/projects/{project.pk}/jump", {"to": wanted})

    assert answer.status_code == (200 if name else 404)
    assert answer.json().get("name") == name


def test_a_manager_of_a_project_with_review_may_label_and_review(
    as_user: AsUser, alice: User, project: Project, rules: ReviewSettings
) -> None:
    def page() -> str:
        return as_user(alice).get(reverse("pages:project", args=[project.pk])).content.decode()

    review = reverse("pages:review", args=[project.pk])
    assert "Start labeling" in page()
    assert review in page()
    ReviewSettings.objects.update(enabled=False)
    assert review not in page()
