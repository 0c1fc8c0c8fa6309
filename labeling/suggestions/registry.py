"""The methods that suggest objects. A method is a module of `labeling/suggestions/methods/` that calls `register`.

What the API, the project page and the editor offer, what a worker asks, and which of two suggestions about one object
is offered: all follow from what a method says of itself here.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from inference import Features
    from inference.heads.head import Head
    from inference.heads.proposals import Between, Proposal

LONGEST_NAME, LONGEST_WITH_HEAD = 10, 9
"""Characters; the columns have no more."""


@dataclass(frozen=True)
class Question:
    """What a method is asked.

    options: those of the run (`specs.RunOptions`). least: the score below which nothing is wanted, 0 to 1.
    head: the project's model, for a method that has one. between: called between two objects.
    """

    features: Features
    options: Mapping[str, Any]
    least: float
    head: Head | None
    between: Between


@dataclass(frozen=True)
class Method:
    """A registered method."""

    name: str
    title: str

    about: str
    """What it does, in one sentence for people."""

    order: int
    """Its place among the buttons, from the lowest."""

    rank: int
    """Of two suggestions about one object the one of the method with the higher rank is offered: it says more."""

    propose: Callable[[Question], list[Proposal]] | None = None
    """Its answer, best first. None: it is not asked about whole images but for a phrase, and answers only who asked."""

    weights: str | None = None
    """The folder below `inference/weights/heads/` without which it can't be asked, if it needs one."""

    head: Literal["instances", "panoptic"] | None = None
    """The library's kind of head that it asks: one that a project trains, or the starter model. None: it needs none."""

    least: float = 0.0
    """The least score that is kept."""

    imported: bool = False
    """Nobody asks it: its suggestions were made elsewhere."""

    automatic: bool = False
    """It looks at images by itself: where a project's settings say so, and where nothing is suggested yet."""


_methods: dict[str, Method] = {}


def register(method: Method) -> Method:
    """Offer a method. Raises: ValueError for a name that is taken or too long."""
    if method.name in _methods:
        raise ValueError(f"two methods are called {method.name!r}")
    longest = LONGEST_NAME if method.head is None else LONGEST_WITH_HEAD
    if not 0 < len(method.name) <= longest:
        raise ValueError(f"the name {method.name!r} has to have 1 to {longest} characters")
    _methods[method.name] = method
    return method


@cache
def _load() -> None:
    package = importlib.import_module("labeling.suggestions.methods")
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)


def methods() -> list[Method]:
    """Every method, in the order of the buttons."""
    _load()
    return sorted(_methods.values(), key=lambda one: (one.order, one.name))


def for_images() -> list[Method]:
    """Those that can be asked about whole images."""
    return [one for one in methods() if one.propose is not None]


def for_phrases() -> list[str]:
    """Names of those that answer a phrase, and only to who asked."""
    return [one.name for one in methods() if one.propose is None and not one.imported]


def with_head() -> list[Method]:
    """Those that ask a head with classes."""
    return [one for one in methods() if one.head is not None]


def automatic() -> list[Method]:
    """Those that look at images by themselves."""
    return [one for one in for_images() if one.automatic]


def named(name: str) -> Method:
    """Raises: ValueError that lists the methods there are."""
    _load()
    if name not in _methods:
        raise ValueError(f"there is no method “{name}”; choose one of {', '.join(one.name for one in methods())}")
    return _methods[name]


def title_of(name: str) -> str:
    """What people call a method; the name of one that is not registered any more."""
    _load()
    return _methods[name].title if name in _methods else name


def rank_of(name: str) -> int:
    """The rank of a method; 0 for one that is not registered any more."""
    _load()
    return _methods[name].rank if name in _methods else 0
