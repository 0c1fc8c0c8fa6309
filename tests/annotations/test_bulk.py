"""Many changes at once leave what the same changes leave one by one, and cost hardly more than one of them."""

import uuid
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models, transaction
from django.test.utils import CaptureQueriesContext

from labeling.accounts.models import User
from labeling.annotations import services, sets
from labeling.annotations.content import Changed, Created, Deleted, ObjectChange
from labeling.annotations.models import Annotation, AnnotationEvent, AnnotationSet
from labeling.images.models import Image
from labeling.projects.attributes import save_attributes
from labeling.projects.models import Project
from labeling.projects.specs import AttributeSpec
from labeling.review.models import ReviewSettings
from labeling.suggestions.models import Suggestion
from tests.annotations.conftest import counts

pytestmark = pytest.mark.django_db

Way = Callable[[Image, User, list[ObjectChange], str | None], object]


class _Undone(Exception):
    pass


def one_by_one(image: Image, user: User, changes: list[ObjectChange], status: str | None) -> None:
    for one in changes:
        kept = AnnotationSet.objects.filter(main_of=image).first()
        services.change_many(image, user, version=kept.version if kept else 0, changes=[one], main=True)
    if status:
        version = AnnotationSet.objects.get(main_of=image).version
        services.set_status(image, user, version=version, status=status, main=True)


def at_once(image: Image, user: User, changes: list[ObjectChange], status: str | None) -> None:
    with transaction.atomic():
        services.change_locked(sets.locked_main(image.pk), user, changes, status=status)


def _plain(value: Any, field: "models.Field[Any, Any]") -> Any:
    """A column as it is compared: without moments, the ids of new rows, and both of objects in events."""
    if isinstance(value, datetime) or isinstance(field, models.AutoField) or field.related_model is AnnotationSet:
        return None
    if isinstance(value, dict):
        value = {name: one for name, one in value.items() if name not in ("id", "changed_at")}
    return repr(value)


def everything() -> dict[str, list[Any]]:
    """All rows of all tables. That an image is to be counted anew says the same however often it is said."""
    found = {}
    for model in apps.get_models():
        columns = model._meta.concrete_fields
        rows: Iterable[Any] = model._base_manager.values_list(*(one.attname for one in columns))
        plain = [tuple(_plain(value, field) for value, field in zip(row, columns, strict=True)) for row in rows]
        found[model._meta.label] = sorted(set(plain) if model._meta.label == "figures.Changed" else plain, key=repr)
    return found


def left_by(way: Way, *given: Any) -> dict[str, list[Any]]:
    """What is in the database after one way; it is undone then."""
    found: dict[str, list[Any]] = {}
    try:
        with transaction.atomic():
            way(*given)
            found = everything()
            raise _Undone
    except _Undone:
        return found


def _suggestion(image: Image, category: int) -> Suggestion:
    mask = counts(1, 1, 3, 3)
    return Suggestion.objects.create(
        image=image, uid=uuid.uuid4(), method="everything", counts=mask, area=9, bbox_x=1, bbox_y=1, bbox_width=3,
        bbox_height=3, score=0.5, category=image.project.categories.get(number=category),
    )  # fmt: skip


def _mixed(image: Image, kept: list[Annotation]) -> list[ObjectChange]:
    """Of every kind, the highest object going and coming back among them."""
    first, second, third = _suggestion(image, 1), _suggestion(image, 2), uuid.uuid4()
    return [
        Created(first.uid, 1, first.counts, []),
        Deleted(kept[-1].uid),
        Created(uuid.uuid4(), 3, counts(2, 2, 2, 2), [(2.5, 2.5, True)], attributes={"1": True}, crowd=True),
        Changed(kept[0].uid, category=2, z=2**20),
        Created(second.uid, 3, second.counts, [], attributes={"1": None}),
        Changed(kept[1].uid, category=kept[1].category.number),  # nothing
        Created(third, 2, counts(9, 9, 4, 4), [], z=-5),
        Changed(kept[2].uid, counts=counts(0, 0, 9, 9), attributes={"1": False}),
    ]


@pytest.mark.parametrize("status", [None, "done"])
@pytest.mark.parametrize("before", ["in_progress", "done", "sent_back"])
def test_both_ways_leave_the_same(before: str, status: str | None, project: Project, image: Image, bob: User) -> None:
    save_attributes(project, [AttributeSpec(name="far", kind="flag")])
    ReviewSettings.objects.update_or_create(project=project, defaults={"enabled": True, "rate": 100})
    one_by_one(image, bob, [Created(uuid.uuid4(), 1, counts(one, 1, 5, 5), []) for one in range(4)], "done")
    AnnotationSet.objects.filter(main_of=image).update(status=before)
    changes = _mixed(image, list(Annotation.objects.select_related("category")))
    singly, together = (left_by(way, image, bob, changes, status) for way in (one_by_one, at_once))
    assert together == singly
    assert [len(together[name]) for name in ("annotations.Annotation", "annotations.AnnotationEvent")] == [
        7, 13 if status else 12
    ]  # fmt: skip
    assert any("'accepted'" in row for row in together["suggestions.Suggestion"])


def test_of_an_image_that_nobody_touched(image: Image, bob: User) -> None:
    changes: list[ObjectChange] = [Created(uuid.uuid4(), 1, counts(one, 1, 5, 5), []) for one in range(3)]
    for status in (None, "done"):
        singly, together = (left_by(way, image, bob, changes, status) for way in (one_by_one, at_once))
        assert together == singly
    assert left_by(at_once, image, bob, [], "done") == left_by(
        lambda *_: services.set_status(image, bob, version=0, status="done")
    )


def test_what_is_refused_leaves_nothing(image: Image, bob: User) -> None:
    """Also in the caller's transaction, which goes on."""
    there = uuid.uuid4()
    at_once(image, bob, [Created(there, 1, counts(), [])], None)
    before = everything()
    for last in (Created(there, 1, counts(), []), Deleted(uuid.uuid4()), Created(uuid.uuid4(), 99, counts(), [])):
        with pytest.raises(services.ApiError), transaction.atomic():
            services.change_locked(sets.locked_main(image.pk), bob, [Deleted(uuid.uuid4()), last])
    with transaction.atomic():
        kept = sets.locked_main(image.pk)
        with pytest.raises(services.ApiError):
            services.change_locked(kept, bob, [Created(uuid.uuid4(), 1, counts(), []), Deleted(uuid.uuid4())])
    assert everything() == before


def test_the_queries_do_not_grow_with_the_objects(project: Project, bob: User) -> None:
    asked = []
    for number, size in enumerate((2, 40)):
        image = Image.objects.create(project=project, name=f"{number}", sha256=f"{number:064}", width=40, height=30)
        changes: list[ObjectChange] = [
            Created(uuid.uuid4(), 1 + one % 3, counts(one % 30, 1, 5, 5), []) for one in range(size)
        ]
        with CaptureQueriesContext(connection) as queries:
            at_once(image, bob, changes, None)
        asked.append(len(queries))
    assert asked[0] == asked[1] < 25
    assert AnnotationEvent.objects.count() == 42
