"""GET /api/images/<id>/annotations: what a reload shows."""

from collections.abc import Callable

import pytest
from django.test import Client

from labeling.accounts.models import User
from labeling.annotations.models import Annotation, AnnotationSet
from labeling.images.models import Image

Clients = Callable[[User | None], Client]


@pytest.fixture
def url(image: Image) -> str:
    return f"/api/images/{image.pk}/annotations"


@pytest.mark.parametrize("name", ["alice", "bob", "rita"])
def test_every_role_may_look(name: str, url: str, as_user: Clients) -> None:
    answer = as_user(User.objects.get(username=name)).get(url)
    assert answer.status_code == 200
    assert answer.json() == {"version": 0, "status": "new", "reason": "", "note": "", "round": 0, "annotations": []}


def test_looking_writes_nothing(bob: User, url: str, as_user: Clients) -> None:
    as_user(bob).get(url)
    assert not AnnotationSet.objects.exists()


def test_it_lists_in_the_order_of_keeping(
    bob: User, alice: User, url: str, keep: Callable[..., Annotation], as_user: Clients
) -> None:
    uids = [str(keep(user, version).uid) for version, user in enumerate([bob, alice, bob])]
    found = as_user(bob).get(url).json()
    assert found["version"] == 3
    assert [one["uid"] for one in found["annotations"]] == uids
    assert [one["created_by"] for one in found["annotations"]] == ["bob", "alice", "bob"]


def test_the_number_of_queries_does_not_grow(
    bob: User, url: str, keep: Callable[..., Annotation], as_user: Clients, django_assert_max_num_queries: Callable
) -> None:
    for version in range(12):
        keep(bob, version)
    client = as_user(bob)
    with django_assert_max_num_queries(8):
        client.get(url)


def test_a_deleted_user_leaves_the_work(bob: User, url: str, keep: Callable[..., Annotation], as_user: Clients) -> None:
    keep(bob)
    admin = User.objects.create_superuser("root")
    bob.delete()
    assert as_user(admin).get(url).json()["annotations"][0]["created_by"] is None


def test_signed_out_is_refused(url: str, as_user: Clients) -> None:
    assert as_user(None).get(url).status_code == 401


def test_an_outsider_finds_nothing(charlie: User, url: str, as_user: Clients) -> None:
    assert as_user(charlie).get(url).status_code == 404
