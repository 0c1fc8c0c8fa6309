"""Answers of the annotation endpoints."""

from typing import Annotated, Literal
from uuid import UUID

from labeling.annotations.models import Annotation, AnnotationSet
from labeling.web.errors import ErrorBody
from labeling.web.events import News
from labeling.web.routes import Answer, Moment, Omitted, values_of

Status = AnnotationSet.Status
StatusName = Annotated[AnnotationSet.Status, values_of(AnnotationSet.Status)]
ClickData = tuple[float, float, bool]
"""x, y in pixels of the view, and whether it says what belongs to the object or what does not."""

Box = tuple[int, int, int, int]
"""x, y, width and height in pixels of the view."""


class AnnotationData(Answer):
    """A kept object. `counts` is its mask as compressed COCO RLE of the whole view; `clicks` made it.
    `crowd`: it is a region of several objects that were not told apart."""

    id: int
    uid: UUID
    category: int
    counts: str
    bbox: Box
    area: int
    clicks: list[ClickData]
    z: int
    attributes: dict[str, bool | int | float | str]
    crowd: bool
    created_by: str | None
    changed_at: Moment

    @classmethod
    def of(cls, annotation: Annotation) -> "AnnotationData":
        return cls(
            id=annotation.pk,
            uid=annotation.uid,
            category=annotation.category.number,
            counts=annotation.counts,
            bbox=(annotation.bbox_x, annotation.bbox_y, annotation.bbox_width, annotation.bbox_height),
            area=annotation.area,
            clicks=annotation.clicks,
            z=annotation.z,
            attributes={name: value for name, value in annotation.attributes.items() if value is not None},
            crowd=annotation.crowd,
            created_by=annotation.created_by.shown_name if annotation.created_by else None,
            changed_at=annotation.changed_at.isoformat(),
        )


class Overview(Answer):
    """All kept objects of an image, in drawing order. An image that nobody touched has version 0; `reason` says why an
    image is skipped and is empty else; `round` says how often a reviewer sent it back."""

    version: int
    status: StatusName
    reason: str
    note: str
    round: int
    annotations: list[AnnotationData]


class KeptOne(Answer):
    """An object as it is kept now, and the version that this made."""

    version: int
    annotation: AnnotationData


class KeptMany(Answer):
    """The objects that several changes made or changed, and the version that this made."""

    version: int
    annotations: list[AnnotationData]


class NewVersion(Answer):
    """The version that a deletion made."""

    version: int


class StatusSet(Answer):
    """How far an image is now; `reason` says why it is skipped."""

    version: int
    status: StatusName
    reason: Omitted[str] = None


class NoteSet(Answer):
    """The note on an image, as it is kept now."""

    version: int
    note: str


class TimeKept(Answer):
    """How long the signed-in person has worked on an image, in seconds, over all sessions."""

    seconds: int


class AnnotationsNews(News):
    """Somebody changed the annotations of an image: load them again unless `version` is known."""

    type: Literal["annotations"] = "annotations"
    image: int
    version: int
    status: StatusName
    objects: int
    by: str


class PanopticState(Answer):
    """Whether no pixel of a project's images may belong to two objects."""

    panoptic: bool


class ConflictBody(ErrorBody):
    """`conflict` or `exists`: what is there now is in `current`. Nothing was overwritten."""

    current: Omitted[Overview] = None


class Conflict(Answer):
    """The image was changed since the client loaded it."""

    error: ConflictBody


class OverlapData(Answer):
    """An object that was to be kept, the object that it would share pixels with, and how many."""

    uid: UUID
    other: UUID
    category: int
    pixels: int


class OverlapBody(ErrorBody):
    """`overlap`, in a panoptic project."""

    objects: Omitted[list[OverlapData]] = None


class OverlapError(Answer):
    """The change would give pixels to two objects of a panoptic project."""

    error: OverlapBody


class OverlapsOnImage(Answer):
    """An image on which objects overlap, how many pixels they share, and pairs of them, the lower one first."""

    image: int
    name: str
    pixels: int
    objects: list[tuple[UUID, UUID]]


class OverlapsBody(ErrorBody):
    """`overlaps`: how many pairs of objects on how many images, and the first of these."""

    pairs: Omitted[int] = None
    images: Omitted[int] = None
    first: Omitted[list[OverlapsOnImage]] = None


class OverlapsError(Answer):
    """A project in which objects overlap can't become panoptic."""

    error: OverlapsBody
