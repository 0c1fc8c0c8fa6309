"""The formats that exports and imports can have. A format is a module of `labeling/exchange/formats/`: its writer, its
reader or both, each registered by decorator."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, ValidationError, model_validator

from labeling.assignment.filters import ImageFilter
from labeling.exchange.archive import Archive
from labeling.exchange.content import ReadImage
from labeling.exchange.dataset import MOST_CHOSEN, Dataset
from labeling.exchange.label_sets import ImageChoice, SetChoice
from labeling.exchange.reading import Reading
from labeling.exchange.splits import By, Division
from labeling.projects.services import MAX_CLASSES
from labeling.web.api import ApiError, Spec, field_errors

Advance = Callable[[], None]
"""Called by a writer after each image."""


def when(**chosen: str) -> dict[str, Any]:
    """What an option's field says if it means something only beside other choices: forms show it only then."""
    return {"when": chosen}


class Options(Spec):
    """What every format can be asked for.

    `sets`: whose labels. `filter`: of these images only those that a list with these filters has. `only`: of these only
    those with these ids. `split`: whether images are held out from training: `hash`, a share that their bytes decide
    (`val`, `test`: percent), or `tags`, those that are tagged val or test.
    """

    images: ImageChoice = "labeled"
    sets: SetChoice = "main"
    include_images: bool = False
    split: By = "none"
    val: int = Field(default=10, ge=0, le=100, json_schema_extra=when(split="hash"))
    test: int = Field(default=0, ge=0, le=100, json_schema_extra=when(split="hash"))
    filter: ImageFilter | None = None
    only: list[Annotated[int, Field(ge=1, lt=2**63)]] | None = Field(default=None, min_length=1, max_length=MOST_CHOSEN)

    @model_validator(mode="after")
    def _leaves_some(self) -> Self:
        if self.val + self.test > 100:
            raise ValueError("val and test are together more than 100 percent")
        return self

    @property
    def division(self) -> Division:
        """Which images are for training and which are held out."""
        return Division(self.split, self.val, self.test)


NOT_IN_FORMS = ("filter", "only")
"""Options that say which images, beside `images`: a page has them as they are."""


class ReadOptions(Spec):
    """What every import can be asked for.

    `create`: add the dataset's pictures that the project does not have. `mapping`: its names of images → the project's.
    `classes`: its classes → the project's; an empty name leaves the objects of that class out. `new_classes`: add the
    classes that the project does not have. `labeled`: what becomes of images that have objects already. `status`: how
    far the images are afterwards. `skip_defects`: import the rest where something is wrong.
    """

    create: bool = False
    mapping: dict[Annotated[str, Field(max_length=500)], Annotated[str, Field(max_length=255)]] = Field(
        default={}, max_length=MOST_CHOSEN
    )
    classes: dict[Annotated[str, Field(max_length=80)], Annotated[str, Field(max_length=80)]] = Field(
        default={}, max_length=MAX_CLASSES
    )
    new_classes: bool = True
    labeled: Literal["add", "replace", "skip"] = "add"
    status: Literal["in_progress", "done"] = "in_progress"
    skip_defects: bool = False
    not_in_forms: ClassVar[tuple[str, ...]] = ("classes", "mapping")
    """Options that a form does not ask for: those that only make sense after a check."""


Cannot = Literal["holes", "parts", "overlap", "order", "attributes", "crowd", "crowds", "instances", "stuff", "classes"]
CANNOT: dict[Cannot, str] = {
    "holes": "Holes in objects.",
    "parts": "Objects of several parts as one object.",
    "overlap": "Pixels of several objects: the upper one has them.",
    "order": "The drawing order of objects that overlap.",
    "attributes": "Attributes of objects.",
    "crowd": "Which objects are crowds.",
    "crowds": "Several crowds of a class: they are one.",
    "instances": "Which pixels of a class belong to which object.",
    "stuff": "Several objects of a class that is stuff: they are one.",
    "classes": "Hundreds of classes, or of objects of an image: the export is refused.",
}
"""What a format can't say, in words."""

FACT_OF: dict[Cannot, str] = {
    "holes": "holes", "parts": "parts", "overlap": "overlap", "order": "overlap", "attributes": "attributes",
    "crowd": "crowd", "instances": "instances",
}  # fmt: skip
"""Of which objects (`facts.Facts`) something is lost where a format can't say it."""

Writer = Callable[[Dataset, Any, Archive, Advance], None]
Reader = Callable[[Reading, Any], Iterator[ReadImage]]


@dataclass(frozen=True)
class Format:
    """A registered format. `write` fills the archive and calls `advance` once for each image of the dataset; `read`
    gives the images of a source that have a frame, and tells the reading what it can't take."""

    name: str
    title: str
    description: str
    options: type[Options]
    write: Writer | None = None
    read: Reader | None = None
    read_options: type[ReadOptions] = ReadOptions
    cannot: tuple[Cannot, ...] = ()
    suggests: bool = False
    """What is read are predictions: they become suggestions, not objects."""

    def parse_reading(self, options: dict[str, Any]) -> ReadOptions:
        """The options of an import, checked. Raises: ApiError 400 that names each wrong one."""
        try:
            return self.read_options.model_validate(options)
        except ValidationError as error:
            raise ApiError(400, "bad_options", f"Options of {self.name}: {field_errors(error)}") from error

    def parse(self, options: dict[str, Any]) -> Options:
        """The options, checked. Raises: ApiError 400 that names each wrong one."""
        try:
            return self.options.model_validate(options)
        except ValidationError as error:
            raise ApiError(400, "bad_options", f"Options of {self.name}: {field_errors(error)}") from error


_formats: dict[str, Format] = {}


def register(
    *, name: str, title: str, options: type[Options] = Options, cannot: tuple[Cannot, ...] = ()
) -> Callable[[Writer], Writer]:
    """Offer the decorated writer as a format; the first line of its docstring is the description. cannot: what of a
    project it can't say."""

    def decorate(write: Writer) -> Writer:
        known = _formats.get(name)
        if known is not None and known.write is not None:
            raise ValueError(f"two formats are called {name!r}")
        description = (write.__doc__ or "").strip().split("\n")[0]
        made = known or Format(name, title, description, options)
        described = {"title": title, "description": description, "options": options, "cannot": cannot}
        _formats[name] = replace(made, write=write, **described)  # type: ignore[arg-type]
        return write

    return decorate


def register_reader(
    *, name: str, title: str, options: type[ReadOptions] = ReadOptions, suggests: bool = False
) -> Callable[[Reader], Reader]:
    """Offer the decorated reader as a format for imports, beside its writer or alone. suggests: of predictions."""

    def decorate(read: Reader) -> Reader:
        known = _formats.get(name)
        if known is not None and known.read is not None:
            raise ValueError(f"two formats are called {name!r}")
        made = known or Format(name, title, (read.__doc__ or "").strip().split("\n")[0], Options)
        _formats[name] = replace(made, read=read, read_options=options, suggests=suggests)
        return read

    return decorate


@cache
def _all() -> dict[str, Format]:
    package = importlib.import_module("labeling.exchange.formats")
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)
    return dict(sorted(_formats.items()))


def formats() -> dict[str, Format]:
    """Every format that exports can have, by name, in the order of their names."""
    return {name: one for name, one in _all().items() if one.write is not None}


def readable_formats() -> dict[str, Format]:
    """Every format that imports can have."""
    return {name: one for name, one in _all().items() if one.read is not None}


def reader_named(name: str) -> Format:
    """Raises: ApiError 400 that lists the formats there are."""
    found = readable_formats().get(name)
    if found is None:
        known = ", ".join(readable_formats())
        raise ApiError(400, "unknown_format", f"There is no format “{name}” for imports. Choose one of {known}.")
    return found


def format_named(name: str) -> Format:
    """Raises: ApiError 400 that lists the formats there are."""
    found = formats().get(name)
    if found is None:
        raise ApiError(400, "unknown_format", f"There is no format “{name}”. Choose one of {', '.join(formats())}.")
    return found
