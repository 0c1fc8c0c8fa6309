"""Features in memory, bounded by bytes."""

from collections import OrderedDict

from inference import Features


class FeaturesLru:
    """Features by image id; the least recently used go when `limit` bytes are passed. Its user locks.

    The limit is for what is kept for later. An open object holds its image's features on its own, so an eviction
    never takes them away from a running session.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.nbytes = 0
        self._kept: OrderedDict[int, Features] = OrderedDict()

    def __contains__(self, image_id: int) -> bool:
        return image_id in self._kept

    def get(self, image_id: int) -> Features | None:
        """The features, now the most recently used; None when they are not here."""
        found = self._kept.get(image_id)
        if found is not None:
            self._kept.move_to_end(image_id)
        return found

    def put(self, image_id: int, features: Features) -> None:
        """Keep features. Those that alone pass the limit are not kept."""
        self.drop(image_id)
        if features.nbytes > self.limit:
            return
        self._kept[image_id] = features
        self.nbytes += features.nbytes
        while self.nbytes > self.limit:
            _, oldest = self._kept.popitem(last=False)
            self.nbytes -= oldest.nbytes

    def drop(self, image_id: int) -> None:
        """Forget features, if they are here."""
        found = self._kept.pop(image_id, None)
        if found is not None:
            self.nbytes -= found.nbytes
