"""A project's finished images as the library's training examples (`inference.heads.data.examples`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from inference.core.geometry import Frame
from inference.heads.proposals import Rle, mask_iou
from labeling.annotations.models import FINISHED, Annotation, AnnotationEvent
from labeling.features import model, store
from labeling.features.models import Encoding
from labeling.images import blocks
from labeling.images.models import Image
from labeling.projects.models import Category, Project
from labeling.suggestions import registry
from labeling.suggestions.models import HeadVersion, Suggestion

if TYPE_CHECKING:
    from inference.core.features import Half
    from inference.heads.data.examples import Example, Labelled, Vocabulary

CORRECTED = 2.0
"""Weight of an object that somebody corrected: the head, or a colleague, was wrong there."""

IN_MEMORY = 256
"""Images whose tokens are kept in memory while training: 0.9 MiB each."""

HELD_OUT = 0.2
"""Share of the images that a head is measured by and never learns from."""

REPLACED = 0.5
"""IoU with a kept object above which a rejected suggestion only had a bad mask: the object is there after all."""


class TokensLost(store.FeaturesLost):
    """An image's features can't be read now; `row` says which."""

    def __init__(self, row: Encoding, why: str) -> None:
        super().__init__(f"The features of image {row.image_id} can't be had now: {why}.")
        self.row = row


def finished(project: Project) -> list[int]:
    """Ids of the images that are done and have features of the installed model, in order.

    Golden ones are not among them: a head that has learned them would suggest the truth that people are measured by.
    """
    done = Image.objects.filter(
        project=project,
        golden=False,
        annotation_set__status__in=FINISHED,
        encoding__state=Encoding.State.READY,
        encoding__features_version=model.version(),
    )
    return list(done.order_by("pk").values_list("pk", flat=True))


def vocabulary_of(head: HeadVersion) -> Vocabulary:
    """The head's words in its order, with those that are stuff in the project."""
    from inference.heads.data.examples import Vocabulary

    stuff = head.mappings.filter(category__kind=Category.Kind.STUFF).values_list("word", flat=True)
    return Vocabulary(
        tuple(head.classes), frozenset() if registry.named(head.kind).head == "instances" else frozenset(stuff)
    )


def split(examples: Sequence[Example]) -> tuple[list[Example], list[Example]]:
    """Examples to learn from and to measure by; at least one of each when there are two.

    Which side an image is on depends on its content alone, so a later head never learns from what an earlier one was
    measured by; only where chance puts all on one side, the last one is moved.
    """
    from inference.heads.data.examples import hold_out

    learned, measured = hold_out(examples, HELD_OUT)
    if not measured and len(learned) > 1:
        measured.append(learned.pop())
    elif not learned and measured:
        learned.append(measured.pop())
    return learned, measured


def examples_of(project: Project, ids: Sequence[int], names: dict[int, str]) -> list[Example]:
    """An example for each image that is still there. names: what a category (by its primary key) was called when the
    head was asked for; objects of others count as unknown.

    Everything but tokens and pictures is read here: the library loads those in a thread of its own, which should not
    have a database connection. `Example.tokens` raises TokensLost.
    """
    images = Image.objects.filter(project=project, pk__in=ids).select_related("encoding").order_by("pk")
    version = model.version()
    load = lru_cache(IN_MEMORY)(partial(_tokens, version=version))
    return [_example(image, names, load) for image in images]


def _tokens(row: Encoding, version: str) -> Half:
    """Raises: TokensLost."""
    from inference.core.features import Features, FeaturesError

    if row.state != Encoding.State.READY:
        raise TokensLost(row, f"it is {row.state}")
    try:
        return Features.from_bytes(store.read(row), version).tokens
    except (FileNotFoundError, FeaturesError) as error:
        raise TokensLost(row, str(error)) from error


def encode(picture: NDArray[np.uint8], frame: Frame) -> Half:
    """Tokens of a picture that is no image of a project, like a turned one; it may be a smaller copy of the frame's."""
    return model.predictor().encode_batch([picture], [(frame.height, frame.width)])[0].tokens


def _example(image: Image, names: dict[int, str], load: Callable[[Encoding], Half]) -> Example:
    from inference.heads.data.examples import Example

    kept = list(Annotation.objects.filter(set__main_of=image))
    return Example(
        name=image.name,
        group=image.sha256,
        frame=Frame.of(image.height, image.width),
        tokens=lambda: load(image.encoding),
        objects=tuple(_labelled(image, kept, names)),
        rejected=tuple(_rejected(image, kept)),
        picture=lambda: np.asarray(blocks.overview_pixels(image)),
    )


def _labelled(image: Image, kept: Sequence[Annotation], names: dict[int, str]) -> list[Labelled]:
    from inference.heads.data.examples import Labelled

    corrected = _corrected(image)
    return [
        Labelled(
            _rle(image, one.counts),
            names.get(one.category_id, ""),
            CORRECTED if str(one.uid) in corrected else 1.0,
        )
        for one in kept
    ]


def _corrected(image: Image) -> set[str]:
    """Uids of annotations that were suggested otherwise, or that somebody else than their maker changed."""
    edited = Suggestion.objects.filter(image=image, state=Suggestion.State.EDITED).values_list("uid", flat=True)
    found = {str(uid) for uid in edited}
    changes = AnnotationEvent.objects.filter(set__main_of=image, kind=AnnotationEvent.Kind.CHANGE)
    made = dict(Annotation.objects.filter(set__main_of=image).values_list("uid", "created_by_id"))
    makers = {str(uid): maker for uid, maker in made.items()}
    for user, after in changes.values_list("user_id", "after"):
        uid = (after or {}).get("uid", "")
        if uid in makers and makers[uid] != user:
            found.add(uid)
    return found


def _rejected(image: Image, kept: Sequence[Annotation]) -> list[Labelled]:
    """Rejected suggestions, but those where the object was kept after all."""
    from inference.heads.data.examples import Labelled

    rows = list(Suggestion.objects.filter(image=image, state=Suggestion.State.REJECTED))
    masks = [_rle(image, row.counts) for row in rows]
    if masks and kept:
        most = mask_iou(masks, [_rle(image, one.counts) for one in kept]).max(1)
        rows = [row for row, overlap in zip(rows, most, strict=True) if overlap <= REPLACED]
    return [Labelled(_rle(image, row.counts), row.word) for row in rows]


def _rle(image: Image, counts: str) -> Rle:
    rle: dict[str, Any] = {"size": [image.height, image.width], "counts": counts}
    return rle
