"""What there is to export: the images of a project with their kept objects, and a file name for each."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath
from typing import IO

from django.db.models import QuerySet

from labeling import masks
from labeling.annotations.models import Annotation, AnnotationSet
from labeling.assignment.filters import ImageFilter, chosen
from labeling.exchange import facts
from labeling.exchange.archive import Archive
from labeling.exchange.errors import ExportProblem
from labeling.exchange.facts import Facts
from labeling.exchange.label_sets import MAIN, ImageChoice, Labels
from labeling.exchange.names import SUFFIX, FileNames, key
from labeling.exchange.splits import Division, Split
from labeling.images.models import Image
from labeling.projects.models import Attribute, Category, Project
from labeling.storage.roots import OriginalGone

MOST_CHOSEN = 20_000
"""Images that can be chosen one by one; a filter chooses any number."""

_CHUNK = 200  # images that one query loads with their objects


@dataclass(frozen=True)
class Item:
    """An image of the dataset. `objects` are in drawing order, the lowest first; `number` counts the dataset from 1."""

    number: int
    image: Image
    file_name: str
    objects: list[Annotation]
    split: Split = "train"
    _checked: set[int] = field(default_factory=set, repr=False, compare=False)

    @property
    def stem(self) -> str:
        """The file name without its suffix; it is unique too."""
        return SUFFIX.sub("", self.file_name)

    def counts(self, kept: Annotation) -> str:
        """An object's RLE, checked when it is first asked for. Raises: ExportProblem."""
        if kept.pk in self._checked:
            return kept.counts
        try:
            masks.check(kept.counts, self.image.height, self.image.width)
        except masks.MaskError as error:
            raise ExportProblem(
                f"Object {kept.pk} of “{self.image.name}” is damaged in the database: {error} Delete it or restore it "
                "from a backup, then export again."
            ) from error
        self._checked.add(kept.pk)
        return kept.counts

    def bits(self, kept: Annotation) -> masks.Bits:
        """An object's mask, `height×width`. Raises: ExportProblem."""
        return masks.decode(self.counts(kept), self.image.height, self.image.width)

    def patch(self, kept: Annotation) -> tuple[masks.Box, masks.Bits]:
        """The tight box of an object's mask and the mask in it; nothing around it is made. Raises: ExportProblem."""
        height, width = self.image.height, self.image.width
        counts = masks.canonical(self.counts(kept), height, width)
        _, box = masks.area_and_box(counts, height, width)
        return box, masks.inside(counts, height, width, box)

    def copy_view(self, archive: Archive, name: str | None = None) -> None:
        """Put the picture itself into the archive, as `images/<file name>` or another name. Raises: ExportProblem."""
        with self.opened() as view:
            archive.copy(name or f"images/{self.file_name}", view)

    def opened(self) -> IO[bytes]:
        """The picture itself. Raises: ExportProblem when it is gone."""
        try:
            return self.image.view.open("rb")
        except OriginalGone as gone:
            raise ExportProblem(f"{gone} Or export without the pictures.") from gone
        except FileNotFoundError as error:
            raise ExportProblem(
                f"The picture of “{self.image.name}” is gone from the server. Restore the media folder, delete the "
                "image, or export without the pictures."
            ) from error


class Dataset:
    """The images of a project that `choice` picks, by id. What they are is fixed when the dataset is made.

    asked: of these only those that the list has with these filters. only: of these only those with these ids.
    division: which of them are for training and which are held out. labels: whose labels they have.
    """

    def __init__(
        self, project: Project, choice: ImageChoice = "labeled", asked: ImageFilter | None = None,
        only: Sequence[int] | None = None, division: Division | None = None, labels: Labels = MAIN,
    ) -> None:  # fmt: skip
        self.project = project
        self.choice = choice
        self.categories: list[Category] = list(project.categories.order_by("number"))
        self.attributes: list[Attribute] = list(project.attributes.all())
        self._asked, self._only = asked, only
        self._division = division or Division()
        self.labels = labels
        rows = list(self._images().order_by("id").values_list("id", "name", "view", "original", "sha256"))
        given = FileNames()
        self._names = {pk: given.take(name, pk, _suffix(name, view, original)) for pk, name, view, original, _ in rows}
        self.splits: Counter[str] = Counter()
        self.of_class: Counter[int] = Counter()
        """Images of each split, and objects of each class number, as far as they were gone through."""

        self.wanted: Collection[str] = ()
        """Which of `facts.FROM_MASKS` are to be found."""

        self.facts = Facts()
        """Of the objects that were gone through."""

        self.on_item: Callable[[Item], None] = lambda item: None
        """Called with each image before it is written."""

        self.renamed = given.changed
        """File names that are not the uploaded ones, with those."""

        stems = Counter(key(SUFFIX.sub("", name)) for _, name, *_ in rows)
        self.alike: dict[str, str] = {
            self._names[pk]: digest for pk, name, *_, digest in rows if stems[key(SUFFIX.sub("", name))] > 1
        }
        """The SHA-256 of the uploaded file by file name, of images that were called alike but for their suffixes."""

    def __len__(self) -> int:
        return len(self._names)

    def __iter__(self) -> Iterator[Item]:
        ids = list(self._names)
        number = 0
        for start in range(0, len(ids), _CHUNK):
            images = list(_loaded(ids[start : start + _CHUNK], tags=self._division.by == "tags"))
            kept = self.labels.of(images)
            for image in images:
                number += 1
                of, objects = kept.get(image.pk, (None, []))
                split = self._division.of(image.sha256, _tags(image, self._division))
                self.splits[split] += 1
                self.of_class.update(one.category.number for one in objects)
                item = Item(number, image, self._names[image.pk], objects, split)
                self.facts += self._facts(of, item)
                self.on_item(item)
                yield item

    def _facts(self, of: AnnotationSet | None, item: Item) -> Facts:
        """What is true of an image's objects: as it was counted at this version of the set, or now."""
        known = getattr(of, "label_facts", None)
        if of is not None and known is not None and known.version == of.version:
            return known.facts
        return facts.of_objects(item.objects, item.image.height, item.image.width, self.wanted)

    def _images(self) -> QuerySet[Image]:
        return chosen_images(self.project, self.choice, self.labels, self._asked, self._only)

    def changed_at(self) -> datetime:
        """When the labels last changed; the same for every export of the same labels."""
        sets = self.labels.sets().filter(image__in=self._images(), changed_at__isnull=False)
        last = sets.order_by("-changed_at").values_list("changed_at", flat=True).first()
        return last or self.project.created_at


def chosen_images(
    project: Project, choice: ImageChoice, labels: Labels, asked: ImageFilter | None, only: Sequence[int] | None
) -> QuerySet[Image]:
    """The images that an export is of."""
    images = labels.images(project, choice)
    if asked is not None:
        images = images.filter(pk__in=chosen(project, None, asked).values("pk"))
    return images if only is None else images.filter(pk__in=only)


def _tags(image: Image, division: Division) -> list[str]:
    return [tag.name for tag in image.tags.all()] if division.by == "tags" else []


def _loaded(ids: list[int], *, tags: bool) -> QuerySet[Image]:
    found = Image.objects.filter(pk__in=ids).order_by("id")
    return found.prefetch_related("tags") if tags else found


def _suffix(name: str, view: str, original: str) -> str:
    """The suffix of the view, which is what the masks are for; an upload's own spelling where it is that very file."""
    own, of_view = PurePosixPath(name).suffix, PurePosixPath(view).suffix
    if view == original or own.lower() == of_view.lower():
        return own if SUFFIX.search(own) else of_view
    return of_view
