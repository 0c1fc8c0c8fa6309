"""The decoder service: one model a process, its features in memory, its work in threads off the event loop.

One ONNX Runtime thread a request and several requests at once serve many annotators better than many threads for
one request at a time, and a single thread makes every answer repeatable bit for bit.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import ParamSpec, TypeVar

from django.conf import settings
from django.db import close_old_connections

from inference import Click, ClickPredictor, Features
from inference.clicks.tiles import TileFeatures
from inference.core.features import TOKENS
from labeling.features import store, tiles
from labeling.live.lru import FeaturesLru, Key
from labeling.live.round_robin import FairThreads

logger = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

LOADING_THREADS = 2
"""Reading features is waiting for a disk or an object store; it must not take a thread from decoding."""


class Decoder:
    """Features by image id, and a thread pool for whatever is done with them."""

    def __init__(self, predictor: ClickPredictor, threads: int, memory_bytes: int) -> None:
        self.predictor = predictor
        self.lru = FeaturesLru(memory_bytes)
        self._threads = FairThreads(threads, "decode")
        self._loaders = ThreadPoolExecutor(LOADING_THREADS, thread_name_prefix="features")
        self._loading: dict[Key, Future[Features]] = {}
        self._renderings: dict[int, str] = {}
        self._lock = threading.Lock()
        self._warm = False

    async def run(self, owner: Hashable, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`work(...)` in a decode thread, when it is the owner's turn."""
        return await asyncio.wrap_future(self._threads.submit(owner, work, *args, **kwargs))

    async def features(self, image_id: int) -> Features:
        """The image's features, from memory or the store. Several callers at once make one read.

        Raises: labeling.features.store.FeaturesLost when they are not there or damaged (the image is queued again).
        """
        # Shielded: the read goes on for the others when one caller goes away.
        return await asyncio.shield(asyncio.wrap_future(self._request(image_id)))

    def forget(self, image_id: int) -> None:
        """Its features and those of its tiles are made anew: read them from the store when they are wanted."""
        with self._lock:
            self.lru.drop_image(image_id)

    def see(self, image_id: int, rendering: str) -> None:
        """Which view the image has (`Image.rendering`): features of another one are forgotten."""
        with self._lock:
            before = self._renderings.pop(image_id, "")
            if rendering:
                self._renderings[image_id] = rendering
            if before != rendering:
                self.lru.drop_image(image_id)

    def tile_in_memory(self, image_id: int, name: str) -> TileFeatures | None:
        """A tile's features if they are here."""
        with self._lock:
            found = self.lru.get((image_id, name))
        return found if isinstance(found, TileFeatures) else None

    async def tile(self, image_id: int, name: str) -> TileFeatures:
        """A tile's features, from memory or the store. Raises: FeaturesLost when they have to be made; that is asked
        for, and an event `tile` says when it is done."""
        found = await asyncio.shield(asyncio.wrap_future(self._request((image_id, name))))
        assert isinstance(found, TileFeatures)
        return found

    async def prefetch(self, image_id: int) -> None:
        """Bring features to memory if they can be had, and the model if it is not there yet. Never raises."""
        try:
            features = await self.features(image_id)
            if not self._warm:
                self._warm = True
                await self.run("warm-up", self._warm_up, features)
        except store.FeaturesLost:
            logger.info("image %d was not prefetched: its features are not there", image_id)
        except Exception:
            logger.exception("image %d was not prefetched", image_id)

    def _request(self, key: Key) -> "Future[Features]":
        """A future of the features: done already, on its way, or begun now."""
        with self._lock:
            found = self.lru.get(key)
            if found is not None:
                done: Future[Features] = Future()
                done.set_result(found)
                return done
            if key not in self._loading:
                self._loading[key] = self._loaders.submit(self._load, key)
            return self._loading[key]

    def _load(self, key: Key) -> Features:
        close_old_connections()
        try:
            features = store.load(key, without=(TOKENS,)) if isinstance(key, int) else tiles.load(*key)
            with self._lock:
                self.lru.put(key, features)
            return features
        finally:
            with self._lock:
                del self._loading[key]
            close_old_connections()

    def _warm_up(self, features: Features) -> None:
        """Load the model and decode once for nothing: the first run of a process takes several times as long."""
        self.predictor.session(features).add(Click(features.width / 2, features.height / 2, True))

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown()
        self._loaders.shutdown(cancel_futures=True)


@cache
def decoder() -> Decoder:
    """This process's decoder. Made at the first use, so that a worker or a command without clicks has none."""
    return Decoder(ClickPredictor(threads=1), settings.DECODE_THREADS, settings.FEATURES_MEMORY_BYTES)
