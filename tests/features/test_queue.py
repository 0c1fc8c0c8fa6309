"""The encode queue in its rows: who gets what, in which order, and what becomes of rows whose worker is gone."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from labeling.features import queue, services
from labeling.features.models import Encoding
from labeling.features.tasks import sweep
from labeling.images.models import Image
from labeling.jobs import leases
from tests.features.conftest import MakeImages, state_of

pytestmark = pytest.mark.django_db(transaction=True)
State = Encoding.State


def kill_owner(row: Encoding) -> None:
    """Make the row's owner a process that is no more."""
    host, _, token = row.lease_owner.rsplit(":", 2)
    Encoding.objects.filter(pk=row.pk).update(lease_owner=f"{host}:4194304:{token}")


def test_an_accepted_image_is_queued(make_images: MakeImages) -> None:
    [image] = make_images(1)
    assert state_of(image) == State.QUEUED


def test_adding_twice_is_harmless(make_images: MakeImages) -> None:
    images = make_images(2)
    [row] = queue.claim(1)
    queue.add(images)
    assert Encoding.objects.count() == 2
    row.refresh_from_db()
    assert row.state == State.ENCODING


def test_first_in_first_out_and_each_once(make_images: MakeImages) -> None:
    images = make_images(3)
    claimed = [queue.claim(1)[0].image_id for _ in range(3)]
    assert claimed == [image.pk for image in images]
    assert queue.claim(1) == []
    row = Encoding.objects.get(image=images[0])
    assert row.attempts == 1
    assert row.lease_until is not None
    assert timedelta(seconds=50) < row.lease_until - timezone.now() <= leases.LEASE


def test_an_opened_image_goes_first(make_images: MakeImages) -> None:
    images = make_images(4)
    services.open_image(images[2].pk)
    services.open_image(images[3].pk)
    services.open_image(images[3].pk)
    assert [queue.claim(1)[0].image_id for _ in range(4)] == [images[n].pk for n in (3, 2, 0, 1)]


def test_how_many_are_ahead(make_images: MakeImages) -> None:
    images = make_images(3)
    assert [queue.ahead(row) for row in Encoding.objects.order_by("id")] == [0, 1, 2]
    assert queue.ahead(services.open_image(images[2].pk)) == 0


def test_opening_an_image_that_was_never_queued(make_images: MakeImages) -> None:
    [image] = make_images(1)
    Encoding.objects.all().delete()
    assert services.open_image(image.pk).state == State.QUEUED
    with pytest.raises(Image.DoesNotExist):
        services.open_image(image.pk + 1)


def test_a_batch_is_of_one_size_and_keeps_the_order(make_images: MakeImages) -> None:
    images = make_images(4, sizes=[(160, 120), (100, 100), (160, 120), (160, 120)])
    assert [row.image_id for row in queue.claim(2)] == [images[0].pk, images[2].pk]
    assert [row.image_id for row in queue.claim(2)] == [images[1].pk]


def test_what_was_tried_before_goes_alone(make_images: MakeImages) -> None:
    make_images(3)
    suspect = Encoding.objects.order_by("id")[0]
    Encoding.objects.filter(pk=suspect.pk).update(attempts=1, priority=5)
    assert [row.pk for row in queue.claim(3)] == [suspect.pk]
    assert len(queue.claim(3)) == 2


def test_a_dead_worker_on_this_host_is_seen_at_once(make_images: MakeImages) -> None:
    living, dead = make_images(2)
    queue.claim(1)
    [row] = queue.claim(1)
    kill_owner(row)
    assert queue.release_lost() == 1
    assert state_of(dead) == State.QUEUED
    assert state_of(living) == State.ENCODING


def test_a_lease_that_ran_out_is_claimed_again(make_images: MakeImages) -> None:
    [image] = make_images(1)
    [slow] = queue.claim(1)
    Encoding.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    sweep()
    assert state_of(image) == State.QUEUED
    [quick] = queue.claim(1)
    assert not queue.finish(slow, version="v", key="slow", sha256="", nbytes=0, seconds=1)
    queue.fail(slow, "too late", final=True)
    assert state_of(image) == State.ENCODING
    assert queue.finish(quick, version="v", key="quick", sha256="", nbytes=0, seconds=1)
    assert Encoding.objects.get().storage_key == "quick"


def test_an_image_that_kills_its_worker_ends_as_failed(make_images: MakeImages) -> None:
    [image] = make_images(1)
    for attempt in range(queue.MAX_ATTEMPTS):
        assert state_of(image) == State.QUEUED, attempt
        [row] = queue.claim(1)
        kill_owner(row)
        sweep()
    row = Encoding.objects.get()
    assert row.state == State.FAILED
    assert "the worker crashed 3 times" in row.reason.lower()
    assert queue.claim(1) == []


def test_failing_and_retrying(make_images: MakeImages) -> None:
    [image] = make_images(1)
    for _ in range(queue.MAX_ATTEMPTS):
        [row] = queue.claim(1)
        queue.fail(row, "no luck")
    failed = Encoding.objects.get()
    assert (failed.state, failed.reason, failed.attempts) == (State.FAILED, "no luck", 3)
    assert services.retry_image(image) == 1
    assert services.retry_image(image) == 0
    [row] = queue.claim(1)
    assert row.attempts == 1
    assert row.reason == ""


def test_the_sweep_queues_what_the_signal_missed(make_images: MakeImages) -> None:
    [image] = make_images(1)
    Encoding.objects.all().delete()
    sweep()
    assert state_of(image) == State.QUEUED


def test_features_of_another_version_are_made_anew_behind_everything_else(make_images: MakeImages) -> None:
    old, new = make_images(2)
    [row] = queue.claim(1)
    queue.finish(row, version="an older model", key="k", sha256="s", nbytes=1, seconds=1)
    sweep()
    assert state_of(old) == State.QUEUED
    assert [queue.claim(1)[0].image_id for _ in range(2)] == [new.pk, old.pk]


def test_only_one_reader_queues_lost_features(make_images: MakeImages) -> None:
    make_images(1)
    [row] = queue.claim(1)
    queue.finish(row, version="v", key="k", sha256="s", nbytes=1, seconds=1)
    row.refresh_from_db()
    assert queue.requeue_lost(row)
    assert not queue.requeue_lost(row)


def test_many_workers_at_once_share_the_queue(make_images: MakeImages) -> None:
    images = make_images(12)

    def work(_: int) -> list[int]:
        try:
            taken: list[int] = []
            while rows := queue.claim(1):
                taken += [row.image_id for row in rows]
            return taken
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        shares = list(pool.map(work, range(4)))
    assert sorted(pk for share in shares for pk in share) == [image.pk for image in images]
