"""The object that a phrase means (`labeling.suggestions.text` asks)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from labeling.features import store
from labeling.suggestions import heads
from labeling.suggestions.registry import Method, register

if TYPE_CHECKING:
    from inference.heads.text import Located, Text

TEXT = register(Method("text", "Text", "Finds what a phrase describes.", order=40, rank=4, weights="text"))


def locate(image_id: int, phrase: str) -> Located:
    """Where on an image a phrase is. Raises: FeaturesLost, inference.heads.sentences.TextError, FileNotFoundError."""
    return finder().locate(store.load(image_id), phrase)


@cache
def finder() -> Text:
    """This process's finder of phrases, one thread a request."""
    from inference import ClickPredictor
    from inference.heads.sentences import Sentences
    from inference.heads.text import Text

    sentences = Sentences(heads.starter_folder("sentences"))
    return Text(ClickPredictor(threads=1), heads.starter_folder("text"), sentences)
