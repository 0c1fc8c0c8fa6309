"""Waking workers up. What is to do stands in the rows, so a message that can't be sent is made good by a sweep; what
must not happen is that somebody's request waits for a broker that is down."""

import logging
import time

import redis
from celery import current_app
from django.db import transaction

from labeling.server import heartbeat, redis_server

logger = logging.getLogger(__name__)

PAUSE = 5.0
"""Seconds for which a broker that did not answer is not asked again: an upload sends a nudge for every file."""

BURST, PER_SECOND = 20, 1.0
"""Messages of one kind that a process sends at once, and in the long run: whoever sends more has woken the workers
already. What is suppressed a sweep makes good."""

_KINDS = 10_000
_down_until = float("-inf")
_tokens: dict[tuple[object, ...], tuple[float, float]] = {}
"""Of each kind of message: how many may be sent at once, and as of when."""


def send(task: str, *args: object, expires: float, always: bool = False) -> None:
    """Send the task's message once the transaction is committed. Returns in half a second at most; never raises.

    expires: seconds after which a worker drops the message unread. always: also after many others (`BURST`).
    """
    transaction.on_commit(lambda: _send(task, args, expires) if always or _may_send((task, *args)) else None)


def broker_answers() -> bool:
    """Whether the broker is there, found out in half a second at most."""
    try:
        with heartbeat.client() as connection:
            return bool(connection.ping())
    except (redis.RedisError, OSError):
        return False


def _send(task: str, args: tuple[object, ...], expires: float) -> None:
    global _down_until
    # Celery is told not to retry, but redis-py below it would try for 6 s to connect: it is only let at a broker
    # that has just answered.
    if time.monotonic() < _down_until or redis_server.is_off():
        return
    if broker_answers():
        try:
            current_app.send_task(task, args=args, expires=expires, retry=False)
            return
        except Exception as error:  # noqa: BLE001 - Redis is full, gone again, or answers nonsense: all the same here
            logger.warning("%s was not sent: %s", task, error)
    logger.warning("the broker does not answer: %s waits for the next sweep", task)
    _down_until = time.monotonic() + PAUSE


def _may_send(kind: tuple[object, ...]) -> bool:
    now = time.monotonic()
    left, at = _tokens.get(kind, (float(BURST), now))
    left = min(BURST, left + (now - at) * PER_SECOND)
    if len(_tokens) > _KINDS:
        _tokens.clear()
    _tokens[kind] = (left - 1 if left >= 1 else left, now)
    return left >= 1
