"""`GET /healthz`: is every part ready? For people, container health checks and the start command.

It needs no sign-in, so an answer never carries an address, a name or an exception's text; those go to the log.
"""

import functools
import logging
from collections.abc import Callable

import redis
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache

from inference import FEATURES_VERSION, ClickPredictor
from labeling.common import heartbeat

logger = logging.getLogger(__name__)


class NotReady(Exception):
    """A part is not ready; the message says what is missing, without secrets."""


def _database() -> str:
    try:
        get_user_model().objects.exists()
    except DatabaseError as error:
        logger.error("healthz: the database: %s", error)
        raise NotReady("The database does not answer, or `manage.py migrate` has not run.") from error
    return "answers"


def _broker() -> str:
    try:
        with heartbeat.client() as connection:
            connection.ping()
    except (redis.RedisError, OSError) as error:
        logger.error("healthz: the broker: %s", error)
        raise NotReady("Redis does not answer.") from error
    return "answers"


def _worker() -> str:
    try:
        versions = heartbeat.heard()
    except (redis.RedisError, OSError) as error:
        raise NotReady("Unknown while Redis does not answer.") from error
    silent = [queue for queue, version in versions.items() if version is None]
    if silent:
        raise NotReady(f"No worker serves the queue {' or '.join(silent)}.")
    if versions["encode"] != FEATURES_VERSION:
        raise NotReady("The worker that encodes has another model version than this server; update both.")
    return f"serves {' and '.join(versions)}"


@functools.cache
def _loaded_version() -> str:
    """The version of the decoder, once it has been loaded in this process; a failure is tried again next time."""
    predictor = ClickPredictor()
    predictor.warm_up()
    return predictor.version


def _model() -> str:
    try:
        version = _loaded_version()
    except Exception as error:  # ONNX Runtime raises classes of its own for each kind of damage
        logger.error("healthz: the model: %s", error)
        raise NotReady("The model's weights are missing or damaged.") from error
    return f"features version {version}"


PARTS: dict[str, Callable[[], str]] = {
    "database": _database,
    "broker": _broker,
    "worker": _worker,
    "model": _model,
}


@login_not_required
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when every part is ready, else 503; `{status, <part>: {ok, detail}}`."""
    answer: dict[str, object] = {"status": "ok"}
    for name, check in PARTS.items():
        try:
            answer[name] = {"ok": True, "detail": check()}
        except NotReady as error:
            answer["status"] = "unavailable"
            answer[name] = {"ok": False, "detail": str(error)}
    response = JsonResponse(answer, status=200 if answer["status"] == "ok" else 503)
    # Django logs every 5xx as an error; here it is the answer to "are you ready?", asked again and again at a start.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response
