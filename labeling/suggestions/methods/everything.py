"""Outlines of all objects, without classes."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from labeling.features import model
from labeling.suggestions import heads
from labeling.suggestions.registry import Method, Question, register

if TYPE_CHECKING:
    from inference.heads.everything import Everything
    from inference.heads.proposals import Proposal

LIMIT = 100
"""Objects of an image at most, the best of those that are found: each is stored and sent."""


def propose(question: Question) -> list[Proposal]:
    """The objects that are discovered. Raises: FileNotFoundError without the weights."""
    return discoverer().discover(question.features, between=question.between)[:LIMIT]


@cache
def discoverer() -> Everything:
    """This process's discoverer."""
    from inference.heads.everything import Everything

    return Everything(model.predictor(), heads.starter_folder("everything"))


register(
    Method(
        "everything",
        "Everything",
        "Outlines all objects, without classes.",
        order=10,
        rank=1,
        propose=propose,
        weights="everything",
        automatic=True,
    )
)
