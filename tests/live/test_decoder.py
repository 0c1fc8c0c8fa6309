"""The decoder service by itself: memory bounded by bytes, one read for many callers, work off the event loop."""

import asyncio
import threading
from collections.abc import Collection, Iterator
from typing import Any

import numpy as np
import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from inference import ClickPredictor, Features
from inference.core.features import PYRAMID
from labeling.features import store
from labeling.images.models import Image
from labeling.live import decoder as service
from labeling.live.decoder import Decoder
from labeling.live.lru import FeaturesLru

pytestmark = pytest.mark.once


@pytest.fixture
def decoder(predictor: ClickPredictor) -> Iterator[Decoder]:
    decoder = Decoder(predictor, threads=2, memory_bytes=2**30)
    yield decoder
    decoder.close()


def test_the_least_recently_used_go_first(features: Features) -> None:
    lru = FeaturesLru(limit=features.nbytes * 2)
    lru.put(1, features)
    lru.put(2, features)
    assert lru.get(1) is features
    lru.put(3, features)
    assert (1 in lru, 2 in lru, 3 in lru) == (True, False, True)
    assert lru.nbytes == 2 * features.nbytes


def test_what_does_not_fit_is_not_kept(features: Features) -> None:
    lru = FeaturesLru(limit=features.nbytes - 1)
    lru.put(1, features)
    assert lru.get(1) is None
    assert lru.nbytes == 0


@given(st.lists(st.tuples(st.sampled_from(["put", "get", "drop"]), st.integers(0, 6), st.integers(1, 60))))
def test_the_limit_holds_whatever_comes(steps: list[tuple[str, int, int]]) -> None:
    """Against a plain model: a list in the order of use."""
    kept: list[Any] = []
    lru = FeaturesLru(limit=100)
    for step, key, size in steps:
        found = next((one for one in kept if one[0] == key), None)
        if step == "get":
            assert (lru.get(key) is None) == (found is None)
            if found:
                kept.remove(found)
                kept.append(found)
            continue
        if found:
            kept.remove(found)
        if step == "drop":
            lru.drop(key)
        else:
            lru.put(key, _sized(size))
            kept.append((key, size))
            while sum(size for _, size in kept) > 100:
                kept.pop(0)
        assert lru.nbytes == sum(size for _, size in kept) <= 100
        assert {key for key in range(7) if key in lru} == {key for key, _ in kept}


def _sized(nbytes: int) -> Features:
    """Features of that many bytes; the cache looks at nothing else."""
    return Features("test", 1, 1, {"s4": np.zeros(nbytes, np.int8)})


async def test_callers_at_once_make_one_read(image: Image, decoder: Decoder, monkeypatch: pytest.MonkeyPatch) -> None:
    reads, loop_thread = [], threading.get_ident()
    read = store.load

    def counted(image_id: int, without: Collection[str]) -> Features:
        reads.append(threading.get_ident())
        return read(image_id, without)

    monkeypatch.setattr(store, "load", counted)
    found = await asyncio.gather(*(decoder.features(image.pk) for _ in range(8)))
    assert len(reads) == 1
    assert loop_thread not in reads
    assert all(one is found[0] for one in found)
    assert set(found[0].maps) == set(PYRAMID)  # tokens are not for clicks, and take no memory
    assert await decoder.features(image.pk) is found[0]
    assert len(reads) == 1


async def test_a_caller_that_goes_away_leaves_the_read_to_the_others(image: Image, decoder: Decoder) -> None:
    leaving = asyncio.create_task(decoder.features(image.pk))
    staying = asyncio.create_task(decoder.features(image.pk))
    await asyncio.sleep(0)
    leaving.cancel()
    assert (await staying).width == image.width


async def test_a_failed_read_is_tried_again(image: Image, decoder: Decoder, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(image_id: int, without: Collection[str]) -> Features:
        raise OSError("the disk does not answer")

    with monkeypatch.context() as broken:
        broken.setattr(store, "load", fail)
        with pytest.raises(OSError, match="does not answer"):
            await decoder.features(image.pk)
        await decoder.prefetch(image.pk)  # logged, not raised
    assert (await decoder.features(image.pk)).width == image.width


async def test_the_first_prefetch_warms_the_model_up(
    image: Image, features: Features, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody's first click waits for the weights."""
    cold = ClickPredictor(threads=1)
    decoder = Decoder(cold, threads=1, memory_bytes=2**30)
    decoded: list[int] = []
    run = cold._decode

    def counted(inputs: Any) -> Any:
        decoded.append(threading.get_ident())
        return run(inputs)

    monkeypatch.setattr(cold, "_decode", counted)
    await decoder.prefetch(image.pk)
    once = len(decoded)
    assert once > 0
    await decoder.prefetch(image.pk)
    assert len(decoded) == once
    assert threading.get_ident() not in decoded
    decoder.close()


async def test_what_is_evicted_is_read_again(image: Image, features: Features, decoder: Decoder) -> None:
    decoder.lru = FeaturesLru(limit=features.nbytes - features.maps["tokens"].nbytes - 1)  # clicks load no tokens
    first = await decoder.features(image.pk)
    second = await decoder.features(image.pk)
    assert first is not second
    assert image.pk not in decoder.lru


async def test_the_event_loop_runs_on_while_decoding(image: Image, decoder: Decoder, features: Features) -> None:
    """A click decodes for tens of milliseconds; the loop must not notice."""
    session = decoder.predictor.session(features)
    work = asyncio.create_task(decoder.run("somebody", session.click, 100.0, 100.0, True))
    turns = 0
    while not work.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 50
    assert (await work).shape == (image.height, image.width)


def test_there_is_one_a_process() -> None:
    assert service.decoder() is service.decoder()
    assert service.decoder().predictor.threads == 1
    assert service.decoder().lru.limit == settings.FEATURES_MEMORY_BYTES
