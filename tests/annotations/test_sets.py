"""An image's sets: its labels, and people's own opinions of it."""

import uuid
from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from labeling.accounts.models import User
from labeling.annotations import services, sets
from labeling.annotations.models import Annotation, AnnotationSet
from labeling.images.models import Image
from tests.annotations.conftest import send

Clients = Callable[[User | None], Client]
Keep = Callable[..., Annotation]


@pytest.fixture
def opinion(image: Image, bob: User) -> AnnotationSet:
    """Bob labels the image by himself."""
    return AnnotationSet.objects.create(image=image, kind="opinion", author=bob)


def test_an_image_has_one_main_set_and_one_opinion_a_person(
    image: Image, bob: User, alice: User, opinion: AnnotationSet
) -> None:
    main = AnnotationSet.objects.create(image=image)
    assert main.main_of == image
    assert Image.objects.get(pk=image.pk).annotation_set == main
    AnnotationSet.objects.create(image=image, kind="opinion", author=alice)
    for doubled in ({}, {"kind": "opinion", "author": bob}):
        with pytest.raises(IntegrityError), transaction.atomic():
            AnnotationSet.objects.create(image=image, **doubled)
    with pytest.raises(IntegrityError), transaction.atomic():
        AnnotationSet.objects.filter(pk=opinion.pk).update(main_of=image)


def test_an_opinion_takes_the_changes_of_its_author(
    image: Image, bob: User, opinion: AnnotationSet, keep: Keep
) -> None:
    kept = keep(bob)
    assert kept.set == opinion
    services.set_status(image, bob, version=1, status="done")
    opinion.refresh_from_db()
    assert (opinion.version, opinion.status, opinion.finished_by) == (2, "done", bob)
    assert not AnnotationSet.objects.filter(main_of=image).exists()
    services.touch_open(image, bob)
    assert not AnnotationSet.objects.filter(main_of=image).exists()


def test_nobody_else_sees_or_changes_an_opinion(
    image: Image, bob: User, alice: User, opinion: AnnotationSet, keep: Keep, as_user: Clients
) -> None:
    mine = keep(bob)
    assert services.overview(image, alice).annotations == []
    assert services.overview(image, bob).annotations[0].uid == mine.uid
    for answer in (
        send(as_user(alice), "PUT", f"/api/annotations/{mine.pk}", {"version": 1, "category": 2}),
        send(as_user(alice), "DELETE", f"/api/annotations/{mine.pk}", {"version": 1}),
    ):
        assert answer.status_code == 404
    hers = keep(alice)
    assert hers.set.kind == "main"
    refused = send(as_user(bob), "DELETE", f"/api/annotations/{hers.pk}", {"version": 1})
    assert refused.status_code == 404, "who has an opinion works on that alone"
    assert Annotation.objects.count() == 2


def test_an_opinion_is_no_label(
    image: Image, bob: User, alice: User, opinion: AnnotationSet, keep: Keep, as_user: Clients
) -> None:
    keep(bob)
    services.set_status(image, bob, version=1, status="done")
    listed = as_user(alice).get(f"/api/projects/{image.project_id}/images").json()["results"][0]
    assert (listed["status"], listed["objects"]) == ("new", 0)
    assert as_user(alice).get(f"/api/projects/{image.project_id}/images?filter=done").json()["results"] == []


def test_what_many_changes_name_is_looked_up_in_the_own_set(
    image: Image, bob: User, alice: User, opinion: AnnotationSet, keep: Keep
) -> None:
    hers = keep(alice)
    from labeling.annotations.content import Deleted
    from labeling.web.api import ApiError

    with pytest.raises(ApiError, match="deleted this object"):
        services.change_many(image, bob, version=0, changes=[Deleted(hers.uid)])
    assert sets.working_set(image, alice) == hers.set
    assert uuid.UUID(str(hers.uid))
