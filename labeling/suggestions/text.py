"""Asking an image for what a phrase means: where it is likely, and one suggestion."""

import base64
import logging
import time
from threading import Lock
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import redis
from django.db import transaction

from inference.core.geometry import TOKEN, Frame
from labeling.accounts.models import User
from labeling.features.store import FeaturesLost
from labeling.images.models import Image
from labeling.server import heartbeat
from labeling.suggestions import heads, mapping
from labeling.suggestions.methods.text import TEXT, locate
from labeling.suggestions.models import Suggestion
from labeling.suggestions.open_suggestions import kept_masks, uncovered
from labeling.suggestions.schemas import HeatData, PhraseFound, SuggestionData
from labeling.suggestions.work import as_row
from labeling.web.api import ApiError

logger = logging.getLogger(__name__)

A_MINUTE = 30
"""Phrases that somebody may ask for in a minute."""

_one_at_a_time = Lock()  # a phrase takes a core for a moment; clicks need the others


def ask(image: Image, user: User, phrase: str) -> PhraseFound:
    """The response map as a small greyscale PNG over the whole view, and the object; where that is None, `missing`
    says why. Runs in the request's thread, never on the event loop.

    Raises: ApiError 409 `method_not_installed`, `not_ready`, 400 `bad_phrase`, 429 `too_many`.
    """
    from inference.heads.sentences import TextError

    heads.require_installed(TEXT.name)
    _count(user)
    try:
        with _one_at_a_time:
            found = locate(image.pk, phrase)
    except FeaturesLost as lost:
        message = "The image is still being prepared. Try again when it is ready."
        raise ApiError(409, "not_ready", message) from lost
    except TextError as error:
        raise ApiError(400, "bad_phrase", str(error)) from error
    except FileNotFoundError as error:
        raise ApiError(409, "method_not_installed", f"The text model is not installed completely: {error}") from error
    where = heat(found.response, image)
    if not found.proposal.area:
        return PhraseFound(heat=where, suggestion=None, missing="nothing")
    suggestion = _suggest(image, phrase, found.proposal)
    return PhraseFound(heat=where, suggestion=suggestion, missing=None if suggestion else "kept")


def _suggest(image: Image, phrase: str, proposal: Any) -> SuggestionData | None:
    """Store the object, unless it is kept already; the phrase's last one on this image, if it is still open, is
    replaced."""
    category = mapping.automatic(phrase, list(image.project.categories.all()))
    row = as_row(proposal, image, TEXT.name, None, category, phrase)
    if not uncovered([row], kept_masks(image)):
        return None
    with transaction.atomic():
        asked = Suggestion.objects.filter(image=image, method=TEXT.name, word=phrase, state=Suggestion.State.OPEN)
        asked.update(state=Suggestion.State.STALE)
        row.save()
    return SuggestionData.of(row)


def heat(response: npt.NDArray[np.float32], image: Image) -> HeatData:
    """Rows × columns in [0, 1] as a picture of some hundred bytes to 2 kB. Its last cells may reach over the edge of
    the view."""
    frame = Frame.of(image.height, image.width)
    grey = np.rint(np.clip(response, 0, 1) * 255).astype(np.uint8)
    png = cv2.imencode(".png", grey)[1].tobytes()
    return HeatData(
        width=grey.shape[1],
        height=grey.shape[0],
        cell=(round(TOKEN / frame.scale_x, 4), round(TOKEN / frame.scale_y, 4)),
        png=base64.b64encode(png).decode("ascii"),
    )


def _count(user: User) -> None:
    """Raises: ApiError 429. Counted in Redis for all processes; where that is down nobody is kept from working."""
    key = f"interlabel:phrases:{user.pk}:{int(time.time() // 60)}"
    try:
        with heartbeat.client() as connection:
            asked = int(connection.incr(key))
            connection.expire(key, 120)
    except (redis.RedisError, OSError) as error:
        logger.warning("phrases are not counted: %s", error)
        return
    if asked > A_MINUTE:
        raise ApiError(
            429, "too_many", f"At most {A_MINUTE} searches a minute are allowed. Wait a moment, then try again."
        )
