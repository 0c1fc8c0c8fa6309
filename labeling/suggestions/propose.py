"""A run's method asked about one image. Imported by workers and, for text, by the web server's threads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.features import model, store
from labeling.suggestions import heads, registry
from labeling.suggestions.models import Run
from labeling.suggestions.registry import Question

if TYPE_CHECKING:
    from inference.heads.proposals import Between, Proposal


class Unusable(Exception):
    """This run can't be carried out on any image; the message says what to do."""


def propose(run: Run, image_id: int, between: Between) -> list[Proposal]:
    """What the run's method proposes on an image, best first. between: called between two objects.

    Raises: FeaturesLost when the image is prepared anew; Unusable when the head or its weights are of no use.
    """
    from inference.core.features import FeaturesError

    try:
        method = registry.named(run.method)
    except ValueError as error:
        raise Unusable(f"This server does not have the method any more: {error}.") from error
    if method.propose is None:
        raise Unusable(f"“{method.title}” is not asked about whole images.")
    features = store.load(image_id)
    try:
        head = None
        if method.head is not None:
            if run.head is None:
                raise Unusable("The model of this run was deleted. Start another run.")
            head = heads.load(run.head)
        least = run.options.get("threshold", method.least)
        return method.propose(Question(features, run.options, least, head, between))
    except FileNotFoundError as error:
        raise Unusable(f"The model of this method is not installed ({error}).") from error
    except FeaturesError as error:
        raise Unusable(f"This model was trained for another encoder. Train it again ({error}).") from error
    except heads.HeadGone as error:
        raise Unusable(str(error)) from error


def ask_head(question: Question) -> list[Proposal]:
    """Proposals of a head; borders of things drawn by the click model, unless the run says not to."""
    from inference.heads.proposals import DUPLICATE, suppress
    from inference.heads.refine import refine

    head, mode, between = question.head, question.options.get("mode"), question.between
    assert head is not None
    found = head.suggest(question.features, question.least, mode, between=between)
    if mode == "semantic" or not question.options.get("refine", True):
        return found
    stuff = {head.categories[k] for k in head.stuff}  # has no middle to click into
    bounded = [one for one in found if one.category not in stuff]
    things = iter(refine(bounded, question.features, model.predictor(), between=between))
    drawn = [one if one.category in stuff else next(things) for one in found]
    return suppress(drawn, DUPLICATE)  # with sharper borders two queries about one object turn out to be that


def doubt(found: list[Proposal]) -> float:
    """How unsure a head is about an image: the mean of 1 - score; 1 where it finds nothing."""
    return 1 - sum(one.score for one in found) / len(found) if found else 1.0
