"""Several writers at the same moment: each version is made once, and who loses is told."""

import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from labeling.accounts.models import User
from labeling.annotations import panoptic, services
from labeling.annotations.models import Annotation, AnnotationEvent, AnnotationSet
from labeling.images.models import Image
from labeling.web.api import ApiError
from tests.annotations.conftest import counts, new
from tests.patience import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*work: Callable[[], object]) -> list[object]:
    """Run each in a thread of its own, begun together; what it returned or raised."""
    results: list[object] = [None] * len(work)
    ready = threading.Barrier(len(work))

    def run(index: int) -> None:
        ready.wait()
        try:
            results[index] = work[index]()
        except Exception as error:  # noqa: BLE001 - handed to the test
            results[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(work))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    return results


def create(image: Image, user: User, version: int, uid: uuid.UUID | None = None) -> Callable[[], object]:
    body = new(version) | {"uid": uid or uuid.uuid4()}
    return lambda: services.create(image, user, **body)


def test_of_writers_with_one_version_one_wins(image: Image, alice: User, bob: User) -> None:
    results = at_once(*(create(image, user, 0) for user in (alice, bob, alice, bob, alice, bob)))
    lost = [one for one in results if isinstance(one, ApiError)]
    assert len(lost) == 5, results
    assert {(one.status, one.code) for one in lost} == {(409, "conflict")}
    assert all(one.extra["current"]["version"] == 1 for one in lost)
    assert Annotation.objects.count() == AnnotationEvent.objects.count() == 1
    assert AnnotationSet.objects.get().version == 1


def test_one_object_sent_many_times_at_once_is_kept_once(image: Image, bob: User) -> None:
    results = at_once(*[create(image, bob, 0, uuid.UUID(int=7))] * 6)
    assert not [one for one in results if isinstance(one, Exception)], results
    kept: list[Any] = [one for one in results if isinstance(one, tuple)]
    assert {version for version, _, _ in kept} == {1}
    assert sorted(new for _, _, new in kept) == [False] * 5 + [True]
    assert Annotation.objects.count() == AnnotationEvent.objects.count() == 1


def test_writers_that_look_again_all_get_through(image: Image, alice: User, bob: User) -> None:
    """The client's way with a conflict: look at what is there now and save again. No work is lost, no version twice."""

    def persistent(user: User) -> Callable[[], object]:
        def write() -> None:
            for _ in range(4):
                version, uid = 0, uuid.uuid4()
                while True:
                    try:
                        services.create(image, user, **(new(version) | {"uid": uid}))
                        break
                    except ApiError as conflict:
                        version = conflict.extra["current"]["version"]

        return write

    results = at_once(*(persistent(user) for user in (alice, bob, alice)))
    assert results == [None] * 3
    assert AnnotationSet.objects.get().version == Annotation.objects.count() == 12
    assert list(AnnotationEvent.objects.order_by("version").values_list("version", flat=True)) == list(range(1, 13))


def test_delete_against_change(image: Image, alice: User, bob: User) -> None:
    kept = services.create(image, bob, **(new(0) | {"uid": uuid.uuid4()}))[1]
    results = at_once(
        lambda: services.delete(kept, alice, version=1),
        lambda: services.change(kept, bob, version=1, counts=counts(0, 0, 3, 3)),
    )
    assert len([one for one in results if isinstance(one, ApiError) and one.code == "conflict"]) == 1
    assert AnnotationSet.objects.get().version == 2


def test_different_images_do_not_wait_for_each_other(image: Image, bob: User) -> None:
    other = Image.objects.create(project=image.project, name="b", sha256="1" * 64, width=40, height=30)
    results = at_once(create(image, bob, 0), create(other, bob, 0))
    assert not [one for one in results if isinstance(one, Exception)], results


def test_a_project_is_not_made_panoptic_over_an_overlap_that_is_just_kept(image: Image, alice: User, bob: User) -> None:
    """Either the overlap is there first and the switch is refused, or the switch is, and the overlap."""
    project = image.project
    services.create(image, bob, **(new(0) | {"uid": uuid.uuid4()}))
    switched, kept = at_once(lambda: panoptic.turn_on(project), create(image, alice, 1))
    codes = {one.code for one in (switched, kept) if isinstance(one, ApiError)}
    project.refresh_from_db()
    assert codes == ({"overlap"} if project.panoptic else {"overlaps"}), (switched, kept)
    assert Annotation.objects.count() == (1 if project.panoptic else 2)
