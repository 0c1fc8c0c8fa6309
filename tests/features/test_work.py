"""Encoding with the real model: what is stored, what fails alone, and what the pages are told."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.conf import settings
from django.core.files.storage import default_storage, storages
from django.test import override_settings

from inference import Click, ClickPredictor
from labeling.features import model, queue, services, store, work
from labeling.features.models import Encoding
from labeling.features.tasks import encode, sweep
from labeling.images.models import Image
from labeling.server.host_lock import only_one
from tests.conftest import picture
from tests.features.conftest import MakeImages, state_of

pytestmark = pytest.mark.django_db(transaction=True)
State = Encoding.State


def feature_files() -> set[str]:
    root = settings.HOME / "features"
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


@pytest.fixture(autouse=True)
def empty_store() -> None:
    shutil.rmtree(settings.HOME / "features", ignore_errors=True)


@pytest.mark.once
def test_images_become_ready_with_features_that_answer_clicks(make_images: MakeImages) -> None:
    images = make_images(2)
    assert encode() == 2
    for number, image in enumerate(images):
        row = Encoding.objects.get(image=image)
        assert (row.state, row.reason, row.lease_owner, row.attempts) == (State.READY, "", "", 0)
        assert row.features_version == model.version()
        assert row.seconds is not None
        assert row.storage_key.startswith(f"{model.version()}/{image.project_id}/{image.pk}-{row.sha256[:8]}")
        features = store.load(image.pk)
        assert (features.width, features.height) == (160, 120)
        assert row.nbytes == storages["features"].size(row.storage_key)
        expected = ClickPredictor().encode(picture(160, 120, seed=number))
        mask, same = (model.predictor().predict(one, [Click(80, 60, True)]) for one in (features, expected))
        assert mask.shape == (120, 160)
        assert np.mean(mask == same) > 0.99
    assert encode() == 0


@pytest.mark.once
def test_a_batch_as_on_a_gpu(make_images: MakeImages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "batch_size", lambda: 4)
    images = make_images(3)
    assert encode() == 3
    assert {state_of(image) for image in images} == {State.READY}


@pytest.mark.once
def test_a_bad_image_fails_alone(make_images: MakeImages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "batch_size", lambda: 4)
    good, lost, damaged = make_images(3)
    default_storage.delete(str(lost.view.name))
    Path(default_storage.path(str(damaged.view.name))).write_bytes(b"not a picture any more")
    encode()
    assert state_of(good) == State.READY
    for image in (lost, damaged):
        row = Encoding.objects.get(image=image)
        assert (row.state, row.attempts) == (State.FAILED, queue.MAX_ATTEMPTS)
        assert "upload it again" in row.reason


@pytest.mark.once
def test_an_image_the_model_refuses_does_not_take_its_batch_along(
    make_images: MakeImages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model, "batch_size", lambda: 4)
    good, bad, fine = make_images(3)
    real, poison = work.pictures.view_pixels, bad.pk

    def with_a_fourth_channel(image: Image) -> Any:
        pixels = real(image)
        return np.dstack([pixels, pixels[..., :1]]) if image.pk == poison else pixels

    monkeypatch.setattr(work.pictures, "view_pixels", with_a_fourth_channel)
    encode()
    assert [state_of(image) for image in (good, bad, fine)] == [State.READY, State.FAILED, State.READY]
    assert "couldn't be prepared" in Encoding.objects.get(image=bad).reason


@pytest.mark.once
def test_missing_weights_say_how_to_get_them(
    make_images: MakeImages, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    [image] = make_images(1)
    (tmp_path / "manifest.json").write_bytes((Path(model.predictor().weights) / "manifest.json").read_bytes())
    monkeypatch.setattr("inference.predictor.WEIGHTS", tmp_path)
    model.predictor.cache_clear()
    try:
        encode()
        sweep()
    finally:
        model.predictor.cache_clear()
    row = Encoding.objects.get()
    assert row.state == State.FAILED
    assert "encoder.onnx" in row.reason
    assert "git checkout inference/weights" in row.reason
    monkeypatch.undo()
    services.retry_image(image)
    assert encode() == 1


def test_an_image_opened_meanwhile_is_next(make_images: MakeImages, monkeypatch: pytest.MonkeyPatch) -> None:
    images = make_images(4)
    order: list[int] = []
    real = work.encode

    def encode_and_open(rows: list[Encoding]) -> int:
        if not order:
            services.open_image(images[3].pk)
        order.extend(row.image_id for row in rows)
        return real(rows)

    monkeypatch.setattr(work, "encode", encode_and_open)
    monkeypatch.setattr(model, "batch_size", lambda: 1)
    encode()
    assert order == [images[n].pk for n in (0, 3, 1, 2)]


def test_a_row_that_comes_while_the_worker_is_about_to_stop(
    make_images: MakeImages, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own task is turned away, as this one still has the lock: this one must look again."""
    make_images(1)
    late: list[Any] = []
    real = work._drain

    def then_one_more(until: float) -> int:
        count = real(until)
        if not late:
            late.extend(make_images(1, first=5))
            assert encode() == 0
        return count

    monkeypatch.setattr(work, "_drain", then_one_more)
    assert encode() == 2


@pytest.mark.once
def test_one_encode_task_on_a_host(make_images: MakeImages) -> None:
    make_images(1)
    with only_one("encode") as first:
        assert first
        assert encode() == 0
    assert encode() == 1


def test_a_worker_that_shuts_down_leaves_the_rest(make_images: MakeImages, monkeypatch: pytest.MonkeyPatch) -> None:
    make_images(2)
    monkeypatch.setattr(work.leases, "stopping", lambda: Encoding.objects.filter(state=State.READY).exists())
    assert encode() == 1
    assert Encoding.objects.filter(state=State.QUEUED).count() == 1


# The feature store


@pytest.mark.once
@pytest.mark.parametrize("harm", ["lost", "damaged", "cut", "other version"])
def test_lost_or_damaged_features_are_made_anew_and_never_served(make_images: MakeImages, harm: str) -> None:
    other, image = make_images(2)
    encode()
    make_images(1, first=7)
    row = Encoding.objects.get(image=image)
    path = Path(storages["features"].path(row.storage_key))
    data = path.read_bytes()
    if harm == "lost":
        path.unlink()
    elif harm == "damaged":
        path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    elif harm == "cut":
        path.write_bytes(data[:1000])
    else:
        Encoding.objects.filter(pk=row.pk).update(features_version="older")
    for _ in range(3):
        with pytest.raises(store.FeaturesLost):
            store.load(image.pk)
    assert state_of(image) == State.QUEUED
    assert [row.image_id for row in queue.claim(1)] == [image.pk], "first in line"
    Encoding.objects.filter(state=State.ENCODING).update(state=State.QUEUED)
    encode()
    assert store.load(image.pk).version == model.version()
    assert feature_files() == {one.storage_key for one in Encoding.objects.filter(state=State.READY)}
    assert store.load(other.pk)


@pytest.mark.once
def test_features_that_are_not_made_yet(make_images: MakeImages) -> None:
    [image] = make_images(1)
    with pytest.raises(store.FeaturesLost, match="queued"):
        store.load(image.pk)
    with pytest.raises(store.FeaturesLost):
        store.load(image.pk + 1)


@pytest.mark.once
def test_a_storage_that_does_not_answer_loses_nothing(make_images: MakeImages, monkeypatch: pytest.MonkeyPatch) -> None:
    [image] = make_images(1)
    encode()

    def down(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(storages["features"], "open", down)
    with pytest.raises(OSError, match="Input/output"):
        store.load(image.pk)
    assert state_of(image) == State.READY


@pytest.mark.once
def test_a_full_disk_is_told(make_images: MakeImages, monkeypatch: pytest.MonkeyPatch) -> None:
    [image] = make_images(1)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store.os, "fsync", full)
    encode()
    row = Encoding.objects.get(image=image)
    assert row.state == State.FAILED
    assert "No space left" in row.reason


@pytest.mark.once
def test_drafts_of_a_killed_worker_are_removed(make_images: MakeImages) -> None:
    [image] = make_images(1)
    folder = Path(storages["features"].path(f"{model.version()}/{image.project_id}"))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{image.pk}-99.draft").write_bytes(b"half")
    encode()
    assert feature_files() == {Encoding.objects.get().storage_key}


@pytest.mark.once
def test_a_storage_that_is_no_filesystem(make_images: MakeImages) -> None:
    memory = {"default": {"BACKEND": "django.core.files.storage.FileSystemStorage"}}
    memory["features"] = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    memory["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(STORAGES=memory):
        [image] = make_images(1)
        assert encode() == 1
        assert store.load(image.pk).width == 160
        queue.requeue_lost(Encoding.objects.get())
        assert encode() == 1
        assert store.load(image.pk).width == 160
    assert not feature_files()


def test_deleting_an_image_deletes_its_features(make_images: MakeImages) -> None:
    [image] = make_images(1)
    encode()
    assert len(feature_files()) == 1
    image.delete()
    assert not feature_files()


def test_an_image_deleted_while_it_is_encoded(make_images: MakeImages) -> None:
    [image] = make_images(1)
    rows = queue.claim(1)
    Image.objects.get(pk=image.pk).delete()
    assert work.encode(rows) == 0
    assert not feature_files()


@pytest.mark.once
def test_old_features_go_when_the_new_ones_are_there(make_images: MakeImages) -> None:
    [image] = make_images(1)
    encode()
    new, old = (
        Path(storages["features"].path(key)) for key in (Encoding.objects.get().storage_key, "old/1.safetensors")
    )
    old.parent.mkdir()
    new.rename(old)
    Encoding.objects.update(features_version="old", storage_key="old/1.safetensors")
    sweep()
    encode()
    assert feature_files() == {Encoding.objects.get().storage_key}
