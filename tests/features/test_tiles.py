"""Tiles: asked for, encoded, served, made anew, and cleared away."""

import io
import os
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.files.storage import default_storage
from django.db import connections
from PIL import Image as Pillow

from inference.clicks.tiles import Grid
from inference.clicks.tiles import Tile as Place
from labeling.features import services, store, tiles, work
from labeling.features.models import Encoding, Tile
from labeling.images import blocks, pictures
from labeling.images.models import Image
from labeling.images.services import delete_image
from tests.features.conftest import MakeImages

pytestmark = pytest.mark.django_db(transaction=True)
NAME = "t1-0-1"


@pytest.fixture
def image(make_images: MakeImages) -> Image:
    """Large enough for a level of tiles."""
    return make_images(sizes=[(1000, 700)])[0]


def wanted(image: Image, name: str = NAME) -> Tile:
    """Ask for a tile and have the worker encode it."""
    with pytest.raises(store.FeaturesLost):
        tiles.load(image.pk, name)
    tiles.work_off()
    return Tile.objects.get(image=image, name=name)


@pytest.mark.once
def test_a_tile_is_encoded_before_images_and_served(image: Image) -> None:
    with pytest.raises(store.FeaturesLost):
        tiles.load(image.pk, NAME)
    assert tiles.is_waiting()
    assert work.work_off() == 1
    row = Tile.objects.get(image=image, name=NAME)
    assert row.state == "ready"
    assert row.storage_key.rpartition("/")[2].startswith(f"{image.pk}-{NAME}-")
    features = tiles.load(image.pk, NAME)
    assert features.box == Grid(700, 1000).box(Place.of(NAME))
    assert Encoding.objects.get(image=image).state == "ready"


@pytest.mark.once
def test_a_lost_or_damaged_tile_is_made_anew(image: Image) -> None:
    row = wanted(image)
    path = store.storage().path(row.storage_key)
    with open(path, "r+b") as file:
        file.seek(1000)
        file.write(b"xxxx")
    row = wanted(image)
    tiles.load(image.pk, NAME)
    store.delete(row.storage_key)
    assert wanted(image).state == "ready"
    tiles.load(image.pk, NAME)


def test_a_tile_goes_with_its_image_and_with_its_version(image: Image) -> None:
    row = wanted(image)
    Tile.objects.update(features_version="older-1")
    services.sweep()
    assert not Tile.objects.exists()
    assert not store.storage().exists(row.storage_key)
    row = wanted(image)
    delete_image(image)
    assert not Tile.objects.exists()
    assert not store.storage().exists(row.storage_key)


def test_a_tile_goes_with_its_project(image: Image) -> None:
    row = wanted(image)
    image.project.delete()
    assert not Tile.objects.exists()
    assert not store.storage().exists(row.storage_key)


@pytest.mark.once
def test_a_tile_of_an_older_model_is_never_served_but_made_anew(image: Image) -> None:
    row = wanted(image)
    Tile.objects.update(features_version="older-1")
    with pytest.raises(store.FeaturesLost):
        tiles.load(image.pk, NAME)  # the sweep has not come by yet
    assert Tile.objects.get().state == "queued"
    assert tiles.work_off() == 1
    assert Tile.objects.get().features_version == row.features_version
    assert tiles.load(image.pk, NAME).version == row.features_version


@pytest.mark.once
def test_files_of_older_versions_are_tidied_with_those_of_tiles(image: Image) -> None:
    row = wanted(image)
    services.tidy()  # what other tests left
    folder = Path(store.storage().path("")) / "older-1" / str(image.project_id)
    folder.mkdir(parents=True)
    names = [
        f"{image.pk}-0a1b2c3d.safetensors",
        f"{image.pk}-{NAME}-0a1b2c3d.safetensors",
        f"{image.pk}-{NAME}-7.draft",
    ]
    for name in [*names, "not ours"]:
        (folder / name).write_bytes(b"x")
    assert services.tidy() == len(names)
    assert [path.name for path in folder.iterdir()] == ["not ours"]
    assert store.storage().exists(row.storage_key)


@pytest.mark.once
def test_a_draft_of_a_tile_is_not_taken_for_one_of_its_image(image: Image) -> None:
    """Another worker may be at it."""
    row = wanted(image)
    path = Path(store.storage().path(row.storage_key))
    draft, dead = path.with_name(f"{image.pk}-{NAME}-123456.draft"), path.with_name(f"{image.pk}-123456.draft")
    draft.touch()
    dead.touch()
    work.work_off()
    assert draft.exists()
    assert not dead.exists()
    draft.unlink()


def test_what_nobody_wanted_for_longest_makes_room(image: Image, settings: Any) -> None:
    first, second = wanted(image, "t1-0-0"), wanted(image, "t1-0-1")
    tiles.load(image.pk, "t1-0-0")
    settings.TILES_BYTES = first.nbytes + second.nbytes
    wanted(image, "t1-1-0")
    assert set(Tile.objects.values_list("name", flat=True)) == {"t1-0-0", "t1-1-0"}
    assert not store.storage().exists(second.storage_key)


@pytest.mark.once
def test_the_newest_tile_stays_however_little_room_there_is(image: Image, settings: Any) -> None:
    """It would be asked for again by who waits for it, for ever."""
    settings.TILES_BYTES = 0
    wanted(image, "t1-0-0")
    wanted(image, "t1-0-1")
    assert [row.name for row in Tile.objects.all()] == ["t1-0-1"]


def test_a_failed_tile_is_forgotten_also_when_it_is_wanted_all_the_time(image: Image) -> None:
    tiles.ask(image.pk, "t9-0-0")
    tiles.work_off()
    asked_at = Tile.objects.get().asked_at
    with pytest.raises(store.FeaturesLost):
        tiles.load(image.pk, "t9-0-0")
    assert (Tile.objects.get().state, Tile.objects.get().asked_at) == ("failed", asked_at)
    Tile.objects.update(asked_at="2020-01-01T00:00Z")
    services.sweep()
    assert not Tile.objects.exists()


@pytest.mark.once
def test_a_tile_that_can_not_be_encoded_fails_alone(image: Image) -> None:
    tiles.ask(image.pk, "t9-0-0")
    tiles.ask(image.pk, NAME)
    tiles.work_off()
    assert dict(Tile.objects.values_list("name", "state")) == {"t9-0-0": "failed", NAME: "ready"}
    tiles.ask(image.pk + 1, NAME)  # gone meanwhile
    assert Tile.objects.count() == 2


def test_a_dead_workers_tile_is_queued_again(image: Image) -> None:
    tiles.ask(image.pk, NAME)
    claimed = tiles.jobs.claim()
    assert claimed is not None
    assert tiles.release_lost() == 0
    Tile.objects.update(lease_until="2020-01-01T00:00Z")
    assert tiles.release_lost() == 1
    assert tiles.is_waiting()
    assert not tiles._encode(claimed)  # it comes too late, and leaves nothing behind
    assert Tile.objects.get().state == "queued"
    assert not Tile.objects.get().storage_key


def test_a_worker_killed_at_a_tile_loses_nothing(image: Image, monkeypatch: pytest.MonkeyPatch) -> None:
    """`kill -9` of a real process in the middle of it."""
    tiles.ask(image.pk, NAME)
    connections.close_all()  # a child must not share them
    worker = os.fork()
    if worker == 0:
        monkeypatch.setattr(blocks, "view_part", lambda *_: time.sleep(600))
        try:
            tiles.work_off()
        finally:
            os._exit(1)
    try:
        deadline = time.monotonic() + 60
        while Tile.objects.get().state != "encoding" and time.monotonic() < deadline:
            time.sleep(0.05)
        assert Tile.objects.get().state == "encoding"
        assert tiles.release_lost() == 0, "it lives"
    finally:
        os.kill(worker, signal.SIGKILL)
        os.waitpid(worker, 0)
    assert tiles.release_lost() == 1
    assert tiles.work_off() == 1
    tiles.load(image.pk, NAME)


@pytest.mark.once
def test_parts_of_a_large_view_come_from_its_blocks(make_images: MakeImages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCKS_FROM", 500_000)
    monkeypatch.setattr(blocks, "SIDE", 128)
    image = make_images(sizes=[(1001, 701)])[0]
    name = pictures.blocks_name(image)
    assert default_storage.exists(name)
    view = Pillow.fromarray(pictures.view_pixels(image))
    whole = pictures.open_view
    for box, size in (
        ((0, 0, 1001, 701), (320, 224)),
        ((130, 250, 391, 511), (448, 448)),
        ((500, 300, 1001, 701), (200, 160)),
        ((999, 699, 1001, 701), (2, 2)),
    ):
        monkeypatch.setattr(pictures, "open_view", None)  # decoding the whole would fail
        part = blocks.view_part(image, box, size)
        monkeypatch.setattr(pictures, "open_view", whole)
        expected = np.asarray(view.resize(size, Pillow.Resampling.BOX, box=box), np.int16)
        assert part.shape == expected.shape
        assert np.abs(part - expected).mean() < 6
    assert blocks.overview_pixels(image).shape == (round(701 * 1280 / 1001), 1280, 3)
    work.work_off()
    assert store.load(image.pk).width == 1001

    default_storage.delete(name)
    assert blocks.view_part(image, (0, 0, 100, 100), (100, 100)).shape == (100, 100, 3)
    default_storage.save(name, io.BytesIO(b"no zip"))
    assert blocks.view_part(image, (0, 0, 100, 100), (100, 100)).shape == (100, 100, 3)
    delete_image(image)
    assert not default_storage.exists(name)


@pytest.mark.once
def test_an_opened_image_takes_turns_with_tiles_and_others_wait(
    image: Image, make_images: MakeImages, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many clicks on large images must not keep somebody who opens another one waiting for all their tiles."""
    bulk, opened = make_images(2, first=10)
    names = ["t1-0-0", "t1-0-1", "t1-1-0"]
    for name in names:
        tiles.ask(image.pk, name)
    services.open_image(opened.pk)
    done: list[object] = []
    encode_tile, encode_images = tiles._encode, work.encode

    def tile(row: Any) -> bool:
        done.append(row.name)
        return encode_tile(row)

    def whole(rows: Any) -> int:
        done.extend(row.image_id for row in rows)
        return encode_images(rows)

    monkeypatch.setattr(tiles, "_encode", tile)
    monkeypatch.setattr(work, "encode", whole)
    assert work.work_off() == 3
    assert done == ["t1-1-0", opened.pk, "t1-0-1", "t1-0-0", image.pk, bulk.pk]
