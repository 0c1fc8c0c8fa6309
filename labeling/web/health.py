"""`GET /healthz`: is every part ready? For people, container health checks and the start command.

Parts that have to take writes are asked to take one. Each part is asked in a thread of its own and on connections of
its own, and is given `PATIENCE`: one that hangs is said to hang, and many who ask at once make one question.
It needs no sign-in, so an answer never carries an address, a name or an exception's text; those go to the log.
"""

import contextlib
import functools
import logging
import os
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NoAnswer

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, JsonResponse
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.views.decorators.cache import never_cache

from inference import FEATURES_VERSION, ClickPredictor
from labeling.database.pool import own_connection
from labeling.server import heartbeat
from labeling.web.models import HealthMark

logger = logging.getLogger(__name__)

PATIENCE = 1.5
"""Seconds in which the whole answer is there. Whoever asks gives up after 2 (`manage.py start`) or 4 s (Docker)."""

FRESH = 1.0
"""Seconds for which an answer is given again: anybody may ask, and each question is a write."""


class NotReady(Exception):
    """A part is not ready; the message says what is missing, without secrets."""


def _database() -> str:
    connection = own_connection()
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {HealthMark._meta.db_table} (id, at) VALUES (1, %s) "
                "ON CONFLICT (id) DO UPDATE SET at = excluded.at",
                [timezone.now()],
            )
    except (DatabaseError, InterfaceError) as error:
        logger.error("healthz: the database: %s", error)
        raise NotReady(
            "The database does not answer or takes no writes, or `manage.py migrate` has not run."
        ) from error
    finally:
        with contextlib.suppress(DatabaseError, InterfaceError):
            connection.close()
    return "takes writes"


def _disk() -> str:
    try:
        with tempfile.NamedTemporaryFile(dir=settings.HOME, prefix=".health-") as file:
            file.write(b"\0" * 4096)
            file.flush()
            os.fsync(file.fileno())
        found = os.statvfs(settings.HOME)
    except OSError as error:
        logger.error("healthz: the disk: %s", error)
        raise NotReady("INTERLABEL_HOME can't be written. Is its disk full, or mounted read-only?") from error
    free = found.f_bavail * found.f_frsize
    if free < settings.MIN_FREE_BYTES:
        raise NotReady(
            f"The disk of INTERLABEL_HOME has only {filesizeformat(free)} left; it needs at least "
            f"{filesizeformat(settings.MIN_FREE_BYTES)} (MIN_FREE_BYTES). Make room."
        )
    return "takes writes"


def _broker() -> str:
    try:
        with heartbeat.client() as connection:
            connection.set("interlabel:health", str(time.time()), ex=60)
    except redis.exceptions.ResponseError as error:  # out of memory, its own disk full, a read-only replica, loading
        logger.error("healthz: the broker: %s", error)
        raise NotReady("Redis answers but takes no writes. Is it out of memory, or its disk full?") from error
    except (redis.RedisError, OSError) as error:
        logger.error("healthz: the broker: %s", error)
        raise NotReady("Redis does not answer.") from error
    return "takes writes"


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
    "disk": _disk,
    "broker": _broker,
    "worker": _worker,
    "model": _model,
}


class Doctor:
    """Asks the parts, each at most once at a time."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(len(PARTS), thread_name_prefix="health")
        self._asked: dict[str, tuple[Future[str], float]] = {}
        self._lock = threading.Lock()

    def ask(self, name: str) -> "Future[str]":
        """What the part says: a question that is under way, a fresh answer, or a new question."""
        with self._lock:
            known = self._asked.get(name)
            if known is None or (known[0].done() and time.monotonic() - known[1] >= FRESH):
                known = self._threads.submit(PARTS[name]), time.monotonic()
                self._asked[name] = known
            return known[0]


_doctor = Doctor()


def _answers() -> dict[str, dict[str, object]]:
    """`{ok, detail}` of each part, within `PATIENCE`."""
    deadline = time.monotonic() + PATIENCE
    asked = {name: _doctor.ask(name) for name in PARTS}
    answers: dict[str, dict[str, object]] = {}
    for name, future in asked.items():
        try:
            answers[name] = {"ok": True, "detail": future.result(max(0.0, deadline - time.monotonic()))}
        except NotReady as error:
            answers[name] = {"ok": False, "detail": str(error)}
        except NoAnswer:
            what = "It is still being loaded." if name == "model" else f"No answer within {PATIENCE:g} s."
            answers[name] = {"ok": False, "detail": what}
        except Exception:
            logger.exception("healthz: %s", name)
            answers[name] = {"ok": False, "detail": "It failed; the server's log says how."}
    return answers


@login_not_required
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when every part is ready, else 503; `{status, <part>: {ok, detail}}`."""
    answers = _answers()
    well = all(one["ok"] for one in answers.values())
    answer: dict[str, object] = {"status": "ok" if well else "unavailable", **answers}
    response = JsonResponse(answer, status=200 if well else 503)
    # Django logs every 5xx as an error; here it is the answer to "are you ready?", asked again and again at a start.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response
