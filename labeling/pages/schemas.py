"""Answers of the pages' API, and what the pages start with."""

from typing import Literal

from labeling.annotations.schemas import StatusName
from labeling.exchange.schemas import ExportData
from labeling.features.schemas import EncodingState
from labeling.images.schemas import BlocksData
from labeling.live.progress_messages import ImageCounts
from labeling.projects.schemas import Abilities, AttributeData, CategoryData, RoleName
from labeling.suggestions.schemas import MethodData
from labeling.web.routes import Answer, Moment, Omitted


class ImageData(Answer):
    """An image of a list. `reason` says why it could not be prepared, `skipped` why it is skipped; both are empty else.
    A long note is cut. `version` is that of its labels, `round` how often they were sent back, `overlay` where its
    masks are as a picture for the thumbnail, empty without any. `people`: for whom it waits, or who holds it. `lot`:
    the name of its lot. `golden`: told to managers only, false for everybody else. `draw`: whether a finished image was
    drawn for review or left out; told to those who review, empty for everybody else and where nothing is reviewed."""

    id: int
    name: str
    width: int
    height: int
    thumbnail: str
    overlay: str
    editor: str
    state: EncodingState
    reason: str
    status: StatusName
    version: int
    round: int
    objects: int
    skipped: str
    note: str
    tags: list[str]
    people: list[str]
    lot: str
    golden: bool
    draw: Literal["", "drawn", "undrawn"]
    changed_at: Moment | None
    changed_by: str | None


class ImagesPage(Answer):
    """A page of a project's images. Forward from `after`: `next` is the next page's `after`, null at the end. Back from
    `before`: `previous` is the next page's `before`, null at the beginning. `total`: how many images the filters
    choose; a first page says so."""

    results: list[ImageData]
    total: Omitted[int] = None
    next: int | None = None
    previous: int | None = None


class NextImage(Answer):
    """The next image for the signed-in person, null when nothing is left; and the ones likely after it."""

    image: int | None
    upcoming: list[int]


class JumpedTo(Answer):
    """The image that was asked for."""

    image: int
    name: str


class DeepData(Answer):
    """An original with more than 8 bits: where to get other windows of it, and which one the view has."""

    url: str
    window: tuple[float, float]


class BootImage(Answer):
    """The image of an editor. `about` says in sentences what its view does not show of the original. `blocks` of a
    large one, null for one that is shown whole."""

    id: int
    name: str
    about: list[str]
    width: int
    height: int
    view: str
    blocks: BlocksData | None
    deep: DeepData | None
    state: EncodingState


class BootProject(Answer):
    """The project of an editor's image."""

    id: int
    name: str
    instructions: str
    url: str
    next: str
    categories: list[CategoryData]
    attributes: list[AttributeData]
    panoptic: bool


class BootUser(Abilities):
    """The person at an editor; `keys` as in `KeysData`."""

    id: int
    name: str
    role: RoleName
    keys: dict[str, list[str]]


class BootAddresses(Answer):
    """Where an editor asks for what."""

    annotations: str
    annotation: str
    changes: str
    status: str
    next: str
    retry: str
    note: str
    time: str
    images: str
    keys: str
    suggestions: str
    text: str
    history: str


class Position(Answer):
    """The place of an image in its project, from 1."""

    index: int
    total: int


class Neighbour(Answer):
    """An image that is likely next."""

    id: int
    view: str
    editor: str


class Boot(Answer):
    """What an editor starts with on an image."""

    image: BootImage
    project: BootProject
    user: BootUser
    socket: str
    api: BootAddresses
    methods: list[MethodData]
    position: Position
    previous: str | None
    following: str | None
    upcoming: list[Neighbour]


class PageProject(Abilities):
    """The project of a project page, and what the person may do in it."""

    id: int
    name: str
    role: RoleName


class PageAddresses(Answer):
    """Where a project page asks for what."""

    images: str
    uploads: str
    resumable: str
    encode: str
    exports: str


class ProjectPage(Answer):
    """What a tab of a project's page starts with. `images`, `exports` and `versions`: null on tabs that list none.
    `last_upload`: the newest upload, if files of it were rejected lately."""

    project: PageProject
    counts: ImageCounts
    images: ImagesPage | None
    last_upload: int | None
    exports: list[ExportData] | None
    versions: list[ExportData] | None
    socket: str
    api: PageAddresses
