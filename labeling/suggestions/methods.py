"""The library's methods, asked about one image. Imported by workers and, for text, by the web server's threads."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from labeling.features import model, store
from labeling.suggestions import heads
from labeling.suggestions.models import Method, Run

if TYPE_CHECKING:
    from inference import Features
    from inference.heads.everything import Everything
    from inference.heads.proposals import Between, Proposal
    from inference.heads.text import Located, Text

EVERYTHING_LIMIT = 100
"""Objects of an image at most, the best of those that are found: each is stored and sent."""

LEAST = {Method.INSTANCES: 0.2, Method.PANOPTIC: 0.3}
"""The least score that is kept; the editor's slider begins here."""


class Unusable(Exception):
    """This run can't be carried out on any image; the message says what to do."""


def propose(run: Run, image_id: int, between: Between) -> list[Proposal]:
    """What the run's method proposes on an image, best first. between: called between two objects.

    Raises: FeaturesLost when the image is prepared anew; Unusable when the head or its weights are of no use.
    """
    from inference.core.features import FeaturesError

    features = store.load(image_id)
    try:
        if run.method == Method.EVERYTHING:
            return everything().discover(features, between=between)[:EVERYTHING_LIMIT]
        return ask_head(run, features, between)
    except FileNotFoundError as error:
        raise Unusable(f"The model of this method is not installed ({error}).") from error
    except FeaturesError as error:
        raise Unusable(f"This model was trained for another encoder. Train it again ({error}).") from error
    except heads.HeadGone as error:
        raise Unusable(str(error)) from error


def ask_head(run: Run, features: Features, between: Between) -> list[Proposal]:
    """Proposals of the run's head; borders of things drawn by the click model, unless the run says not to."""
    from inference.heads.proposals import DUPLICATE, suppress
    from inference.heads.refine import refine

    if run.head is None:
        raise Unusable("The model of this run was deleted. Start another run.")
    threshold = run.options.get("threshold", LEAST[Method(run.method)])
    head, mode = heads.load(run.head), run.options.get("mode")
    found = head.suggest(features, threshold, mode, between=between)
    if mode == "semantic" or not run.options.get("refine", True):
        return found
    stuff = {head.categories[k] for k in head.stuff}  # has no middle to click into
    bounded = [one for one in found if one.category not in stuff]
    things = iter(refine(bounded, features, model.predictor(), between=between))
    drawn = [one if one.category in stuff else next(things) for one in found]
    return suppress(drawn, DUPLICATE)  # with sharper borders two queries about one object turn out to be that


def doubt(found: list[Proposal]) -> float:
    """How unsure a head is about an image: the mean of 1 - score; 1 where it finds nothing."""
    return 1 - sum(one.score for one in found) / len(found) if found else 1.0


@cache
def everything() -> Everything:
    """This process's discoverer."""
    from inference.heads.everything import Everything

    return Everything(model.predictor(), heads.starter_folder("everything"))


@cache
def text() -> Text:
    """This process's finder of phrases, one thread a request."""
    from inference import ClickPredictor
    from inference.heads.sentences import Sentences
    from inference.heads.text import Text

    sentences = Sentences(heads.starter_folder("sentences"))
    return Text(ClickPredictor(threads=1), heads.starter_folder("text"), sentences)


def locate(image_id: int, phrase: str) -> Located:
    """Where on an image a phrase is. Raises: FeaturesLost, inference.heads.sentences.TextError, FileNotFoundError."""
    return text().locate(store.load(image_id), phrase)
