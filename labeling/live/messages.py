"""Every message of the click socket, docs/reference/protocol.md in types. Both directions are strict and closed."""

from dataclasses import dataclass
from typing import Annotated, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import from_json

from labeling.annotations.schemas import AnnotationsNews
from labeling.live.rate_limits import CLICKS_PER_OBJECT, PREFETCH_IMAGES
from labeling.web.api import MAX_VALUES, field_errors, has_too_many_values
from labeling.web.routes import Omitted

MESSAGE_LENGTH = 500
"""Characters of an error's text; an answer to nonsense stays small."""

T = TypeVar("T")

Number = Annotated[float, Field(allow_inf_nan=False)]
Pixel = Annotated[int, Field(ge=0, lt=2**31)]
Seq = Annotated[int, Field(ge=1, le=2**53)]
Id = Annotated[int, Field(ge=1, lt=2**63)]
Bbox = tuple[Pixel, Pixel, Pixel, Pixel]
TileName = Annotated[str, Field(pattern=r"^t[1-9]\d?-\d{1,4}-\d{1,4}$")]
StartClick = tuple[Number, Number, bool] | tuple[Number, Number, bool, TileName]
"""A click, and the tile that it was answered on."""
State = Literal["queued", "encoding", "ready", "failed"]
MethodName = str
"""A name of the registry of methods, as `boot.methods` lists them."""
ErrorCode = Literal[
    "bad_message", "too_large", "out_of_image", "unknown_object", "too_many_objects", "too_many_clicks",
    "nothing_to_undo", "nothing_to_redo", "not_ready", "rate_limited", "not_allowed", "internal",
]  # fmt: skip


class Refused(Exception):
    """A request can't be carried out; `code` and the message go to the client, and nothing was changed by it."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class Message(BaseModel):
    """What every message has."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    v: Literal[1]


# Client → server


class Patch(BaseModel):
    """A mask inside its bounding box."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    bbox: Bbox
    counts: str


class ObjectRequest(Message):
    """A request about one object, answered by a mask or an error with its `seq`."""

    object: UUID
    seq: Seq


class Start(ObjectRequest):
    type: Literal["start"]
    clicks: Annotated[list[StartClick], Field(max_length=CLICKS_PER_OBJECT)] = []
    previous: Patch | None = None
    box: tuple[Number, Number, Number, Number] | None = None
    closer: bool = False
    """The newest click may be answered once more on a tile, as a `click` is: not for an object kept as it is."""


class Click(ObjectRequest):
    type: Literal["click"]
    x: Number
    y: Number
    positive: bool


class Undo(ObjectRequest):
    type: Literal["undo"]


class Redo(ObjectRequest):
    type: Literal["redo"]


class Close(Message):
    type: Literal["close"]
    object: UUID


class Prefetch(Message):
    type: Literal["prefetch"]
    images: Annotated[list[Id], Field(max_length=PREFETCH_IMAGES)]


class Ping(Message):
    type: Literal["ping"]
    seq: Seq


class Here(Message):
    """An editor is open. `take`: it wants the lease also from who has it."""

    type: Literal["here"]
    tab: UUID
    take: bool = False


ClientMessage = Start | Click | Undo | Redo | Close | Prefetch | Ping | Here
CLIENT_MESSAGE: TypeAdapter[ClientMessage] = TypeAdapter(Annotated[ClientMessage, Field(discriminator="type")])


@dataclass(frozen=True)
class Head:
    """What can be read of a message that is refused, so that its sender can tell which one it was."""

    type: str | None = None
    seq: int | None = None
    object: UUID | None = None


_SEQ = TypeAdapter(Seq, config=ConfigDict(strict=True))
_UID = TypeAdapter(UUID)


def parse(raw: bytes) -> ClientMessage:
    """A client's message. Raises: Refused `bad_message` that names each wrong field."""
    if has_too_many_values(raw):
        raise Refused("too_large", f"The message has more than {MAX_VALUES} values.")
    try:
        return CLIENT_MESSAGE.validate_json(raw)
    except ValidationError as error:
        raise Refused("bad_message", field_errors(error)[:MESSAGE_LENGTH]) from error


def head_of(raw: bytes) -> Head:
    """Type, seq and object of a message as far as they are right; never raises."""
    if has_too_many_values(raw):
        return Head()
    try:
        sent = from_json(raw)
    except ValueError:
        return Head()
    if not isinstance(sent, dict):
        return Head()
    kind = sent.get("type")
    return Head(
        kind if isinstance(kind, str) else None, _valid(_SEQ, sent.get("seq")), _valid(_UID, sent.get("object"))
    )


def _valid(adapter: TypeAdapter[T], value: object) -> T | None:
    try:
        return adapter.validate_python(value)
    except ValidationError:
        return None


# Server → client


class ServerMessage(Message):
    v: Literal[1] = 1

    def frame(self) -> str:
        """The message as a text frame; fields that are not set are left out."""
        return self.model_dump_json(exclude_none=True)


class Limits(BaseModel):
    message_bytes: int
    clicks_per_second: int
    clicks_per_object: int


class Hello(ServerMessage):
    type: Literal["hello"] = "hello"
    image: Id
    width: Pixel
    height: Pixel
    state: State
    features_version: Omitted[str] = None
    limits: Limits


class ImageState(ServerMessage):
    type: Literal["state"] = "state"
    state: State
    reason: Omitted[str] = None
    ahead: Omitted[int] = None


class AnnotationsChanged(ServerMessage, AnnotationsNews):
    model_config = ConfigDict(strict=False)


class SuggestionsChanged(ServerMessage):
    type: Literal["suggestions"] = "suggestions"
    image: Id
    method: MethodName
    found: int
    reason: Omitted[str] = None


class Took(BaseModel):
    """Milliseconds."""

    queue: float
    decode: float


class Mask(ServerMessage):
    type: Literal["mask"] = "mask"
    object: UUID
    seq: Seq
    clicks: int
    can_redo: bool
    bbox: Bbox
    counts: str
    tiles: Omitted[list[TileName | None]] = None
    stage: Literal["coarse", "final"] = "final"
    ms: Took


class Pong(ServerMessage):
    type: Literal["pong"] = "pong"
    seq: Seq


class Error(ServerMessage):
    type: Literal["error"] = "error"
    code: ErrorCode
    message: str
    seq: Omitted[Seq] = None
    object: Omitted[UUID] = None


class Person(BaseModel):
    """An open editor of the image. Times in seconds."""

    tab: UUID
    user: Id
    name: str
    initials: str
    hue: int
    holds: bool
    away: bool
    idle: int


class People(ServerMessage):
    type: Literal["presence"] = "presence"
    you: UUID
    people: list[Person]


class PresenceChanged(ServerMessage):
    """For the server's own sockets: look again who is there. Not passed on."""

    type: Literal["presence"] = "presence"


class TileReady(ServerMessage):
    """For the server's own sockets: a tile that was asked for can be had. Not passed on."""

    type: Literal["tile"] = "tile"
    tile: TileName


class ProjectChanged(ServerMessage):
    """Classes, attributes, settings or the reader's own role changed: load the project again."""

    type: Literal["project"] = "project"


class Gone(ServerMessage):
    """The image was deleted, by itself or with its project. The socket ends after it."""

    type: Literal["gone"] = "gone"
    what: Literal["image", "project"]


class ReviewChanged(ServerMessage):
    """Whose turn it is to review the image, a verdict or a thread changed: load the review again."""

    type: Literal["review"] = "review"
    image: Id


class InboxChanged(ServerMessage):
    """The reader's inbox changed: load it again."""

    type: Literal["inbox"] = "inbox"
    user: Id


class MembershipChanged(ServerMessage):
    """For the server's own sockets: that user's, or everybody's, look again what they may. Not passed on."""

    type: Literal["membership"] = "membership"
    user: Id | None = None


ToEditor = (
    Hello
    | ImageState
    | Mask
    | Pong
    | Error
    | AnnotationsChanged
    | People
    | ProjectChanged
    | Gone
    | SuggestionsChanged
    | ReviewChanged
    | InboxChanged
)
SERVER_MESSAGE: TypeAdapter[ToEditor] = TypeAdapter(Annotated[ToEditor, Field(discriminator="type")])
"""What an editor is told."""

Event = (
    ImageState | AnnotationsChanged | SuggestionsChanged | TileReady | PresenceChanged
    | ProjectChanged | Gone | MembershipChanged | ReviewChanged | InboxChanged
)  # fmt: skip
EVENT: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="type")])
"""What is published to an image's group (`labeling.web.events`) and passed on to its open editors."""
