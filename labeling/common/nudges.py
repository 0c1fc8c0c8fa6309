"""Waking workers up. What is to do stands in the rows, so a message that can't be sent is made good by a sweep; what
must not happen is that somebody's request waits for a broker that is down."""

import logging
import time

import redis
from django.db import transaction
from kombu.exceptions import OperationalError

from labeling.celery import app
from labeling.common import heartbeat

logger = logging.getLogger(__name__)

PAUSE = 5.0
"""Seconds for which a broker that did not answer is not asked again: an upload sends a nudge for every file."""

_down_until = float("-inf")


def send(task: str, *args: object, expires: float) -> None:
    """Send the task's message once the transaction is committed. Returns in half a second at most; never raises.

    expires: seconds after which a worker drops the message unread.
    """
    transaction.on_commit(lambda: _send(task, args, expires))


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
    if time.monotonic() < _down_until:
        return
    if broker_answers():
        try:
            app.send_task(task, args=args, expires=expires, retry=False)
            return
        except OperationalError as error:
            logger.warning("%s was not sent: %s", task, error)
    logger.warning("the broker does not answer: %s waits for the next sweep", task)
    _down_until = time.monotonic() + PAUSE
