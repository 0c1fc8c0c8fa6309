"""Threads of comments, and what people are told of them."""

from typing import Any

from django.utils import timezone

from labeling.accounts.models import User
from labeling.annotations.models import AnnotationSet
from labeling.images.models import Image
from labeling.inbox.models import Notice
from labeling.projects.models import Project, Role
from labeling.review import services
from tests.review.conftest import AsUser, ask


def begin(client: Any, image: Image, text: str = "The edge is off.", **pin: Any) -> Any:
    return ask(client, "POST", f"/api/images/{image.pk}/threads", {"text": text, **pin})


def threads_of(client: Any, image: Image) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"/api/images/{image.pk}/review").json()["threads"]
    return found


def test_a_reviews_comments_are_drafts_until_the_verdict(
    finished: Image, bob: User, rita: User, as_user: AsUser
) -> None:
    services.start(finished, rita)
    made = begin(as_user(rita), finished, x=3.5, y=4.0)
    assert made.status_code == 201
    assert (made.json()["number"], made.json()["draft"], made.json()["x"]) == (1, True, 3.5)
    assert threads_of(as_user(bob), finished) == []
    assert len(threads_of(as_user(rita), finished)) == 1
    sent = {"version": 2, "verdict": "sent_back"}
    assert ask(as_user(rita), "POST", f"/api/images/{finished.pk}/verdict", sent).status_code == 200
    (seen,) = threads_of(as_user(bob), finished)
    assert (seen["draft"], seen["state"], seen["comments"][0]["text"]) == (False, "open", "The edge is off.")
    assert [one.kind for one in Notice.objects.filter(person=bob)] == ["sent_back"]


def test_comments_do_not_raise_the_version(finished: Image, bob: User, as_user: AsUser) -> None:
    begin(as_user(bob), finished)
    assert AnnotationSet.objects.get().version == 2


def test_labelers_fix_reviewers_resolve_and_either_opens_again(
    finished: Image, bob: User, rita: User, as_user: AsUser
) -> None:
    thread = begin(as_user(rita), finished).json()
    url = f"/api/threads/{thread['id']}"
    assert ask(as_user(bob), "PATCH", url, {"state": "resolved"}).status_code == 403
    assert ask(as_user(bob), "PATCH", url, {"state": "fixed"}).json()["state"] == "fixed"
    assert ask(as_user(rita), "PATCH", url, {"state": "open"}).json()["state"] == "open"
    assert ask(as_user(rita), "PATCH", url, {"state": "resolved"}).json()["state"] == "resolved"
    assert ask(as_user(bob), "PATCH", url, {"state": "open"}).json()["state"] == "open"


def test_a_viewer_is_told_what_is_refused_and_who_may(finished: Image, rita: User, as_user: AsUser) -> None:
    vera = User.objects.create_user("vera", password="correct horse battery")
    finished.project.memberships.create(user=vera, role=Role.VIEWER)
    thread = begin(as_user(rita), finished).json()
    words = "Only owners, managers, reviewers and annotators can comment; you are a viewer."
    refused = (
        begin(as_user(vera), finished),
        ask(as_user(vera), "PATCH", f"/api/threads/{thread['id']}", {"state": "fixed"}),
        ask(as_user(vera), "POST", f"/api/threads/{thread['id']}/comments", {"text": "Why?"}),
        ask(as_user(vera), "PUT", f"/api/comments/{thread['comments'][0]['id']}", {"text": "No."}),
    )
    assert [(one.status_code, one.json()["error"]["message"]) for one in refused] == [(403, words)] * 4


def test_nobody_comments_in_an_archived_project(finished: Image, bob: User, as_user: AsUser) -> None:
    Project.objects.update(archived_at=timezone.now())
    refused = begin(as_user(bob), finished)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "archived")


def test_answers_and_mentions_reach_people(
    finished: Image, alice: User, bob: User, rita: User, charlie: User, as_user: AsUser
) -> None:
    thread = begin(as_user(rita), finished, "Is this a car? @alice @charlie").json()
    assert {(one.person, one.kind) for one in Notice.objects.exclude(kind="finished")} == {(alice, "mention")}
    ask(as_user(bob), "POST", f"/api/threads/{thread['id']}/comments", {"text": "Yes, @rita."})
    assert {(one.person, one.kind) for one in Notice.objects.exclude(kind="finished").filter(by=bob)} == {
        (rita, "mention")
    }
    ask(as_user(bob), "POST", f"/api/threads/{thread['id']}/comments", {"text": "I am sure."})
    assert Notice.objects.get(kind="reply").person == rita


def test_own_drafts_can_be_taken_back_and_own_words_changed(
    finished: Image, bob: User, rita: User, as_user: AsUser
) -> None:
    services.start(finished, rita)
    draft = begin(as_user(rita), finished).json()
    assert ask(as_user(bob), "DELETE", f"/api/threads/{draft['id']}").status_code == 404
    assert ask(as_user(rita), "DELETE", f"/api/threads/{draft['id']}").status_code == 200
    services.leave(finished, rita)
    told = begin(as_user(rita), finished).json()
    assert ask(as_user(rita), "DELETE", f"/api/threads/{told['id']}").status_code == 409
    url = f"/api/comments/{told['comments'][0]['id']}"
    assert ask(as_user(bob), "PUT", url, {"text": "No."}).status_code == 403
    changed = ask(as_user(rita), "PUT", url, {"text": "The left edge is off."}).json()
    assert (changed["text"], changed["changed"]) == ("The left edge is off.", True)


def test_odd_pins_and_texts_are_refused(finished: Image, rita: User, as_user: AsUser) -> None:
    for body in (
        {"text": ""}, {"text": "  "}, {"text": "a", "x": 1.0}, {"text": "a", "x": 41.0, "y": 1.0},
        {"text": "a", "x": -1.0, "y": 1.0}, {"text": "a" * 2001},
        {"text": "a", "object": "11111111-1111-4111-8111-111111111111"}, {"text": "a\0"},
    ):  # fmt: skip
        answer = ask(as_user(rita), "POST", f"/api/images/{finished.pk}/threads", body)
        assert answer.status_code == 400, body
        assert answer.json()["error"]["message"]


def test_outsiders_see_and_say_nothing(finished: Image, rita: User, charlie: User, as_user: AsUser) -> None:
    thread = begin(as_user(rita), finished).json()
    comment = thread["comments"][0]["id"]
    for who, expected in ((charlie, 404), (None, 401)):
        client = as_user(who)
        answers = [
            client.get(f"/api/images/{finished.pk}/review"), begin(client, finished),
            client.get(f"/api/images/{finished.pk}/versions?version=1"),
            ask(client, "PATCH", f"/api/threads/{thread['id']}", {"state": "fixed"}),
            ask(client, "DELETE", f"/api/threads/{thread['id']}"),
            ask(client, "POST", f"/api/threads/{thread['id']}/comments", {"text": "a"}),
            ask(client, "PUT", f"/api/comments/{comment}", {"text": "a"}),
        ]  # fmt: skip
        assert [one.status_code for one in answers] == [expected] * len(answers)


def test_the_inbox_is_read_page_by_page(
    finished: Image, project: Project, bob: User, rita: User, as_user: AsUser
) -> None:
    services.judge(finished, rita, services.Said(services.Kind.SENT_BACK, 2, "No."))
    (one,) = as_user(bob).get("/api/me/inbox").json()["results"]
    assert (one["kind"], one["image_name"], one["by"], one["read"]) == ("sent_back", "a.png", "rita", False)
    assert one["url"] == f"/images/{finished.pk}/"
    assert as_user(bob).get("/api/me/inbox").json()["unread"] == 1
    answer = ask(as_user(bob), "POST", "/api/me/inbox/read", {"up_to": one["id"]}).json()
    assert (answer["unread"], answer["results"][0]["read"]) == (0, True)
    project.memberships.filter(user=bob).delete()
    assert as_user(bob).get("/api/me/inbox").json()["results"] == []
    assert as_user(rita).get("/api/me/inbox").json() == {"unread": 0, "results": [], "next": None}
