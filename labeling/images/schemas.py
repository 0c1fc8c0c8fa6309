"""Answers of the images' API."""

from typing import Annotated, Literal

from labeling.images.models import UploadItem
from labeling.web.events import News
from labeling.web.routes import Answer, Omitted, values_of

UploadState = Literal["receiving", "processing", "done"]
ItemState = Annotated[UploadItem.State, values_of(UploadItem.State)]


class UploadStarted(Answer):
    """The id of a new upload."""

    id: int


class ItemData(Answer):
    """A file of an upload. `image` is the id of the image that it became; `reason` and `message` say why it is
    rejected, and are empty else."""

    id: int
    name: str
    state: ItemState
    reason: str
    message: str
    image: int | None

    @classmethod
    def of(cls, item: UploadItem) -> "ItemData":
        return cls(
            id=item.pk,
            name=item.name,
            state=UploadItem.State(item.state),
            reason=item.reason,
            message=item.message,
            image=item.image_id,
        )


class ItemsAdded(Answer):
    """The files that one request added to an upload."""

    items: list[ItemData]


class UploadNews(Answer):
    """How far an upload is, in files. A zip counts as its files once it is unpacked."""

    id: int
    state: UploadState
    total: int
    accepted: int
    rejected: int


class UploadData(UploadNews):
    """An upload with its files."""

    items: list[ItemData]


class ItemNews(Answer):
    """What became of a file of an upload."""

    name: str
    state: ItemState
    reason: Omitted[str] = None
    message: Omitted[str] = None


class UploadMessage(News, UploadNews):
    """How far an upload is; `item` is the newest file of it, four times a second at most."""

    type: Literal["upload"] = "upload"
    item: Omitted[ItemNews] = None


class TagData(Answer):
    """A tag of a project, and how many images have it."""

    id: int
    name: str
    images: int


class TagList(Answer):
    """The tags of a project by name."""

    results: list[TagData]


class LevelData(Answer):
    """A level of an image's blocks; one of its pixels is `factor` × `factor` pixels of the view."""

    name: str
    factor: int


class BlocksData(Answer):
    """Where the blocks of a large image are. `levels`: the finest first; none while the blocks are being made, and then
    `done` says how far that is, and `failed` whether it was given up.

    `url` has `{level}`, `{row}` and `{column}` in it; `status` is where to ask for this again.
    """

    status: str
    url: str
    side: int
    levels: list[LevelData]
    done: Omitted[float] = None
    failed: Omitted[bool] = None
