"""The formats exports can have. A format is a module of `labeling/exchange/formats/`, registered by decorator."""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any

from pydantic import Field, ValidationError

from labeling.assignment.filters import ImageFilter
from labeling.exchange.archive import Archive
from labeling.exchange.dataset import MOST_CHOSEN, Dataset, ImageChoice
from labeling.web.api import ApiError, Spec, field_errors

Advance = Callable[[], None]
"""Called by a writer after each image."""


class Options(Spec):
    """What every format can be asked for.

    `filter`: of these only the images that a list with these filters has. `only`: of these only the images with these
    ids.
    """

    images: ImageChoice = "labeled"
    include_images: bool = False
    filter: ImageFilter | None = None
    only: list[Annotated[int, Field(ge=1, lt=2**63)]] | None = Field(default=None, min_length=1, max_length=MOST_CHOSEN)


NOT_IN_FORMS = ("filter", "only")
"""Options that say which images, beside `images`: a page has them as they are."""

Writer = Callable[[Dataset, Any, Archive, Advance], None]


@dataclass(frozen=True)
class Format:
    """A registered format. `write` fills the archive and calls `advance` once for each image of the dataset."""

    name: str
    title: str
    description: str
    options: type[Options]
    write: Writer

    def parse(self, options: dict[str, Any]) -> Options:
        """The options, checked. Raises: ApiError 400 that names each wrong one."""
        try:
            return self.options.model_validate(options)
        except ValidationError as error:
            raise ApiError(400, "bad_options", f"Options of {self.name}: {field_errors(error)}") from error


_formats: dict[str, Format] = {}


def register(*, name: str, title: str, options: type[Options] = Options) -> Callable[[Writer], Writer]:
    """Offer the decorated writer as a format; the first line of its docstring is the description."""

    def decorate(write: Writer) -> Writer:
        if name in _formats:
            raise ValueError(f"two formats are called {name!r}")
        description = (write.__doc__ or "").strip().split("\n")[0]
        _formats[name] = Format(name, title, description, options, write)
        return write

    return decorate


@cache
def formats() -> dict[str, Format]:
    """Every format by name, in the order of their names."""
    package = importlib.import_module("labeling.exchange.formats")
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)
    return dict(sorted(_formats.items()))


def format_named(name: str) -> Format:
    """Raises: ApiError 400 that lists the formats there are."""
    found = formats().get(name)
    if found is None:
        raise ApiError(400, "unknown_format", f"There is no format “{name}”. Choose one of {', '.join(formats())}.")
    return found
