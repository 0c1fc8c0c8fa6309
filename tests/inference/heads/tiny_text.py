"""Sizes of a small LTS, and made-up sentences."""

import numpy as np
from numpy.typing import NDArray

from inference.heads.networks.text import LtsConfig
from inference.heads.sentences import Sentences
from tests.inference.heads.tiny import CHANNELS

TINY = LtsConfig(dim=CHANNELS, words=8, channels=16)


class Words(Sentences):
    """Made-up vectors of words, summed: enough to tell phrases apart. Real ones need the sentence encoder's weights."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def _encode_once(self, text: str) -> NDArray[np.float32]:
        vector = sum(np.random.default_rng(list(word.encode())).normal(size=self.size) for word in text.split())
        return np.asarray(vector / np.linalg.norm(vector), np.float32)
