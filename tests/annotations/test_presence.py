"""Who has an image open, and who of them works on it."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from labeling.accounts.models import User
from labeling.annotations import presence
from labeling.annotations.models import AnnotationSet, Presence
from labeling.images.models import Image
from labeling.web.api import ApiError

ONE, OTHER = UUID(int=1), UUID(int=2)


def arrive(image: Image, user: User, tab: UUID, **more: Any) -> bool:
    return presence.arrive(image, user, tab, more.pop("channel", f"c{tab.int}"), may_hold=more.pop("may", True), **more)


def holder(image: Image) -> str | None:
    return next((one["name"] for one in presence.present(image) if one["holds"]), None)


def test_the_first_has_the_lease_and_the_second_looks_on(image: Image, alice: User, bob: User) -> None:
    assert arrive(image, alice, ONE)
    assert not arrive(image, bob, OTHER)
    assert [(one["name"], one["holds"], one["away"]) for one in presence.present(image)] == [
        ("alice", True, False),
        ("bob", False, False),
    ]
    assert AnnotationSet.objects.get(image=image).opened_by == alice


def test_it_is_taken_over_and_back(image: Image, alice: User, bob: User) -> None:
    arrive(image, alice, ONE)
    assert arrive(image, bob, OTHER, take=True)
    assert holder(image) == "bob"
    assert not arrive(image, alice, ONE)  # a reload is no take-over
    assert arrive(image, alice, ONE, take=True)
    assert holder(image) == "alice"


def test_who_may_only_look_never_has_it(image: Image, rita: User, bob: User) -> None:
    assert not arrive(image, rita, ONE, may=False, take=True)
    assert arrive(image, bob, OTHER)


def test_two_tabs_of_a_person_are_two(image: Image, bob: User) -> None:
    assert arrive(image, bob, ONE)
    assert not arrive(image, bob, OTHER)


def test_closing_frees_it_a_lost_connection_does_not(image: Image, alice: User, bob: User) -> None:
    arrive(image, alice, ONE)
    presence.leave(image, ONE, "c1", for_good=False)
    assert presence.present(image)[0]["away"]
    assert not arrive(image, bob, OTHER)
    assert arrive(image, alice, ONE, channel="new")
    presence.leave(image, ONE, "c1", for_good=True)  # the old socket, ending late
    assert holder(image) == "alice"
    presence.leave(image, ONE, "new", for_good=True)
    assert holder(image) is None
    assert arrive(image, bob, OTHER)


def test_what_is_not_renewed_is_gone(image: Image, alice: User, bob: User) -> None:
    arrive(image, alice, ONE)
    arrive(image, bob, OTHER)
    Presence.objects.filter(user=alice).update(seen_at=timezone.now() - presence.STALE - timedelta(seconds=1))
    assert [one["name"] for one in presence.present(image)] == ["bob"]
    assert presence.renew(image, OTHER, "c2")
    assert not presence.renew(image, ONE, "c1")
    assert arrive(image, bob, OTHER)


def test_somebody_elses_tab_is_refused(image: Image, alice: User, bob: User) -> None:
    arrive(image, alice, ONE)
    with pytest.raises(ApiError, match="tab"):
        arrive(image, bob, ONE, take=True)
    assert holder(image) == "alice"


def test_an_image_that_is_gone_has_nobody(image: Image, bob: User) -> None:
    Image.objects.filter(pk=image.pk).delete()
    assert not presence.arrive(image, bob, uuid4(), "c", may_hold=True)
    assert not Presence.objects.exists()
