"""Answers of the encode queue's API."""

from typing import Annotated, Literal

from labeling.features.models import Encoding
from labeling.web.events import News
from labeling.web.routes import Answer, Omitted, values_of

EncodingState = Annotated[Encoding.State, values_of(Encoding.State)]


class Queued(Answer):
    """How many images are queued now."""

    queued: int


class ImageMessage(News):
    """How far an image is prepared; `reason` says why it could not be."""

    type: Literal["image"] = "image"
    id: int
    name: str
    width: int
    height: int
    state: EncodingState
    reason: Omitted[str] = None
    thumbnail: str
