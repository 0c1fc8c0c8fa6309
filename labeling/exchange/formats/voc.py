"""Pascal VOC segmentation: what torchvision, mmsegmentation, Datumaro and CVAT (“Segmentation mask”) read.

It can't say: what is under another object, more than 254 classes or objects of an image, which class an object has
that is covered entirely, attributes, crowds, and which objects are stuff.
"""

import cv2
import numpy as np
import numpy.typing as npt
from pydantic import Field

from labeling.exchange import names, painting
from labeling.exchange.archive import Archive
from labeling.exchange.codecs import index_png
from labeling.exchange.codecs.index_png import VOID
from labeling.exchange.dataset import Dataset, Item
from labeling.exchange.registry import Advance, Options, register

_MOST = 254  # 0 is background, 255 void

README = """Pascal VOC segmentation of the project “{project}”: {images} images, {objects} objects

SegmentationClass/    palette PNG: 0 background, then the classes in the order of labelmap.txt; 255 void
SegmentationObject/   palette PNG: 0 background, then the objects of the image from 1, in drawing order; 255 void
ImageSets/Segmentation/{split}.txt   the images, without suffix
labelmap.txt          name:red,green,blue:parts:actions of each class; the first line is index 0
{pictures}
- Colours are Pascal VOC's own palette by index, so readers of colours and readers of indices find the same.
- Where objects overlap, the upper one in the editor's order is on top. {hidden} objects are covered entirely.
- Void: {void}
{renamed}"""


class VocOptions(Options):
    """`border`: how many pixels around every object's edge, on both sides, are void, as in Pascal VOC's own files."""

    border: int = Field(default=0, ge=0, le=10)


@register(
    name="voc",
    title="Pascal VOC segmentation",
    options=VocOptions,
    cannot=("overlap", "order", "attributes", "crowd", "classes"),
)
def write(dataset: Dataset, options: VocOptions, archive: Archive, advance: Advance) -> None:
    """Palette PNGs of classes and of objects, with ImageSets and labelmap.txt."""
    index = painting.class_indices(dataset, 1, _MOST, "Pascal VOC")
    labels = names.plain([one.name for one in dataset.categories], ":,#", ["background"])
    colors = index_png.voc_palette()
    stems: dict[str, list[str]] = {}
    objects = hidden = 0
    for item in dataset:
        pixels = painting.instances(item, _MOST, "Pascal VOC")
        classes = painting.by_object(pixels, [index[kept.category_id] for kept in item.objects])
        void = _border(pixels, options.border)
        for folder, values in (("SegmentationClass", classes), ("SegmentationObject", pixels)):
            values[void] = VOID
            archive.write(f"{folder}/{item.stem}.png", index_png.write(values.astype(np.uint8), colors), compress=False)
        if options.include_images:
            item.copy_view(archive, f"JPEGImages/{item.file_name}")
        stems.setdefault(item.split, []).append(item.stem)
        objects, hidden = objects + len(item.objects), hidden + _hidden(item, pixels)
        advance()
    for split, found in sorted(stems.items() or [("train", [])]):
        archive.write_text(f"ImageSets/Segmentation/{split}.txt", "".join(f"{stem}\n" for stem in found))
    archive.write_text("labelmap.txt", _labelmap(labels, colors))
    renamed = [
        f"- The class “{one.name}” is called “{label}” here, as labelmap.txt can't have its name.\n"
        for one, label in zip(dataset.categories, labels, strict=True)
        if one.name != label
    ]
    archive.write_text(
        "README.txt",
        README.format(
            project=dataset.project.name,
            images=sum(map(len, stems.values())),
            objects=objects,
            hidden=hidden,
            split=", ".join(sorted(stems)) or "train",
            pictures="JPEGImages/           the upright pictures\n" if options.include_images else "",
            void=f"{options.border} pixels on both sides of every edge." if options.border else "none.",
            renamed="".join(renamed),
        ),
    )


def _border(pixels: index_png.Index, width: int) -> npt.NDArray[np.bool_]:
    """The pixels that are at most `width` pixels from one of another object or of none, `height×width`."""
    if not width:
        return np.zeros(pixels.shape, bool)
    kernel = np.ones((2 * width + 1, 2 * width + 1), np.uint8)
    numbers = pixels.astype(np.uint8)
    edge: npt.NDArray[np.bool_] = cv2.dilate(numbers, kernel) != cv2.erode(numbers, kernel)
    return edge


def _hidden(item: Item, pixels: index_png.Index) -> int:
    """How many objects have no pixel left for themselves."""
    return painting.visible(pixels, max(VOID, len(item.objects)))[: len(item.objects)].count(0)


def _labelmap(labels: list[str], colors: index_png.Palette) -> str:
    rows = ["# label:color_rgb:parts:actions"]
    for at, label in enumerate(["background", *labels]):
        rows.append(f"{label}:{','.join(map(str, colors[at].tolist()))}::")
    return "\n".join(rows) + "\n"
