"""`touch_open`: who has an image open."""

from typing import Any

from django.utils import timezone

from labeling.accounts.models import User
from labeling.annotations import services
from labeling.annotations.models import Annotation, AnnotationEvent, AnnotationSet
from labeling.images.models import Image


def test_the_last_one_to_open_has_it(image: Image, alice: User, bob: User) -> None:
    services.touch_open(image, alice)
    before = timezone.now()
    services.touch_open(image, bob)
    row = AnnotationSet.objects.get(image=image)
    assert row.opened_by == bob
    assert row.opened_at is not None
    assert row.opened_at >= before


def test_opening_is_no_change(image: Image, bob: User) -> None:
    services.touch_open(image, bob)
    row = AnnotationSet.objects.get(image=image)
    assert (row.version, row.status, row.changed_at) == (0, "new", None)
    assert not AnnotationEvent.objects.exists()


def test_opening_keeps_what_is_there(image: Image, alice: User, bob: User, keep: Any) -> None:
    keep(bob)
    services.touch_open(image, alice)
    row = AnnotationSet.objects.get(image=image)
    assert (row.version, row.changed_by, row.opened_by) == (1, bob, alice)
    assert Annotation.objects.count() == 1
