"""Features in memory, bounded by bytes."""

from collections import OrderedDict

from inference import Features

Key = int | tuple[int, str]
"""An image by its id, or a tile by its image's id and its name."""


class FeaturesLru:
    """Features of images and tiles; the least recently used go when `limit` bytes are passed. Its user locks.

    The limit is for what is kept for later. An open object holds its image's features on its own, so an eviction
    never takes them away from a running session.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.nbytes = 0
        self._kept: OrderedDict[Key, Features] = OrderedDict()

    def __contains__(self, key: Key) -> bool:
        return key in self._kept

    def get(self, key: Key) -> Features | None:
        """The features, now the most recently used; None when they are not here."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def put(self, key: Key, features: Features) -> None:
        """Keep features. Those that alone pass the limit are not kept."""
        self.drop(key)
        if features.nbytes > self.limit:
            return
        self._kept[key] = features
        self.nbytes += features.nbytes
        while self.nbytes > self.limit:
            _, oldest = self._kept.popitem(last=False)
            self.nbytes -= oldest.nbytes

    def drop_image(self, image_id: int) -> None:
        """Forget the features of an image and of its tiles."""
        for key in [key for key in self._kept if image_id in (key, key[0] if isinstance(key, tuple) else key)]:
            self.drop(key)

    def drop(self, key: Key) -> None:
        """Forget features, if they are here."""
        found = self._kept.pop(key, None)
        if found is not None:
            self.nbytes -= found.nbytes
