"""Who labels an image without sight of others learns nothing of its labels from its review."""

from collections.abc import Callable

import pytest
from django.test import Client

from labeling.accounts.models import User
from labeling.annotations import golden, services
from labeling.annotations.models import AnnotationSet
from labeling.images.models import Image
from labeling.review import threads
from labeling.review.models import ReviewSettings, Thread
from tests.review.conftest import AsUser, ask


@pytest.fixture
def talked_about(image: Image, alice: User, rules: ReviewSettings, keep: Callable[..., object]) -> Thread:
    """A finished image that alice has labeled and said something about; bob has an opinion of it."""
    keep(image, alice)
    services.set_status(image, alice, version=1, status="done")
    return threads.begin(image, alice, "The left edge is off.")


@pytest.fixture
def blind(talked_about: Thread, image: Image, bob: User, as_user: AsUser) -> Client:
    AnnotationSet.objects.create(image=image, kind="opinion", author=bob)
    return as_user(bob)


def test_versions_and_threads_are_not_there(blind: Client, image: Image, talked_about: Thread) -> None:
    own = f"/api/images/{image.pk}"
    assert blind.get(f"{own}/versions?version=1").status_code == 404
    assert ask(blind, "POST", f"{own}/threads", {"text": "What is this?"}).status_code == 404
    assert ask(blind, "PATCH", f"/api/threads/{talked_about.pk}", {"state": "fixed"}).status_code == 404
    assert ask(blind, "POST", f"/api/threads/{talked_about.pk}/comments", {"text": "Fixed"}).status_code == 404
    comment = talked_about.comments.get()
    assert ask(blind, "PUT", f"/api/comments/{comment.pk}", {"text": "mine"}).status_code == 404
    assert Thread.objects.get().state == "open"


def test_the_review_is_that_of_their_own_set(blind: Client, image: Image) -> None:
    found = blind.get(f"/api/images/{image.pk}/review").json()
    assert (found["status"], found["threads"], found["verdicts"], found["waits"]) == ("new", [], [], False)
    assert "author" not in found


def test_reviewers_see_it_though_they_have_an_opinion(
    talked_about: Thread, image: Image, rita: User, as_user: AsUser
) -> None:
    AnnotationSet.objects.create(image=image, kind="opinion", author=rita)
    assert as_user(rita).get(f"/api/images/{image.pk}/versions?version=1").status_code == 200
    assert len(as_user(rita).get(f"/api/images/{image.pk}/review").json()["threads"]) == 1


def test_a_golden_image_s_threads_are_hidden_from_annotators(
    talked_about: Thread, image: Image, alice: User, bob: User, as_user: AsUser
) -> None:
    golden.mark(image, alice)
    client = as_user(bob)
    assert client.get(f"/api/images/{image.pk}/review").status_code == 404
    assert ask(client, "PATCH", f"/api/threads/{talked_about.pk}", {"state": "fixed"}).status_code == 404
