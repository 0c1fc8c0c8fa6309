"""An image that somebody labels without sight of others has no suggestions for them: those would show what others
kept, and on a golden image what the truth is not."""

import uuid
from collections.abc import Callable

import pytest
from django.test import Client

from labeling.accounts.models import User
from labeling.annotations import services
from labeling.annotations.models import AnnotationSet
from labeling.images.models import Image
from labeling.suggestions.models import Suggestion
from tests.suggestions.conftest import AddImage, Suggest, send

AsUser = Callable[[User | None], Client]


@pytest.fixture
def image(add_image: AddImage, bob: User) -> Image:
    """An image of which bob has an opinion."""
    found = add_image(0, "queued")
    AnnotationSet.objects.create(image=found, kind="opinion", author=bob)
    return found


def test_nothing_is_offered(image: Image, alice: User, bob: User, suggest: Suggest, as_user: AsUser) -> None:
    row = suggest(image)
    url = f"/api/images/{image.pk}/suggestions"
    assert as_user(bob).get(url).json() == {"results": [], "running": [], "looked": []}
    assert [one["uid"] for one in as_user(alice).get(url).json()["results"]] == [str(row.uid)]


def test_nothing_can_be_asked_for_or_decided(image: Image, bob: User, suggest: Suggest, as_user: AsUser) -> None:
    row, client = suggest(image), as_user(bob)
    own = f"/api/images/{image.pk}"
    for path, body in (
        ("suggestions", {"method": "everything"}),
        ("suggestions/accept", {"version": 0, "suggestions": [{"uid": str(row.uid)}]}),
        ("suggestions/accept", {"version": 0, "all": {}}),
        ("suggestions/reject", {"uids": [str(row.uid)]}),
        ("suggestions/reopen", {"uids": [str(row.uid)]}),
        ("text", {"phrase": "car"}),
    ):
        refused = send(client, "POST", f"{own}/{path}", body)
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "blind"), path
    assert Suggestion.objects.get().state == "open"


def test_an_opinion_decides_nothing(image: Image, bob: User, suggest: Suggest) -> None:
    """Whatever is kept in it: the suggestions belong to the image's labels."""
    row = suggest(image)
    services.create(image, bob, version=0, uid=uuid.UUID(str(row.uid)), category=1, counts=row.counts, clicks=[])
    row.refresh_from_db()
    assert row.state == "open"
