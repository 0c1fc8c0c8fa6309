"""Every message of the progress socket, docs/reference/protocol.md in types. What apps publish: their `schemas`."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from labeling.annotations.schemas import AnnotationsNews
from labeling.exchange.schemas import ExportMessage, ExportNews
from labeling.features.schemas import ImageMessage
from labeling.images.schemas import UploadMessage, UploadNews
from labeling.inbox.schemas import InboxNews
from labeling.projects.schemas import ProjectJobMessage, ProjectLifeMessage
from labeling.suggestions.schemas import SuggestionsMessage
from labeling.web.events import News

# Client → server


class ProgressPing(BaseModel):
    """The only thing a client says here."""

    model_config = ConfigDict(extra="forbid", strict=True)

    v: Literal[1]
    type: Literal["ping"]
    seq: int = Field(ge=1, le=2**53)


# Server → client


class ImageCounts(BaseModel):
    """How many images of a project are how far; `accepted` ones are also `done`."""

    total: int
    queued: int
    encoding: int
    ready: int
    failed: int
    in_progress: int
    done: int
    accepted: int
    sent_back: int
    skipped: int


class Counts(News):
    """How far a project is: the uploads that are not finished, and the newest exports for those who may export."""

    type: Literal["snapshot", "progress"]
    images: ImageCounts
    uploads: list[UploadNews]
    exports: list[ExportNews]


class ProgressPong(News):
    """The answer to a ping."""

    type: Literal["pong"] = "pong"
    seq: int


class ProgressError(News):
    """A message was refused; `message` says what to do."""

    type: Literal["error"] = "error"
    code: Literal["rate_limited", "too_large", "bad_message"]
    message: str


ProgressMessage = Annotated[
    Counts
    | ImageMessage
    | UploadMessage
    | ExportMessage
    | AnnotationsNews
    | SuggestionsMessage
    | ProjectLifeMessage
    | ProjectJobMessage
    | InboxNews
    | ProgressPong
    | ProgressError,
    Field(discriminator="type"),
]
