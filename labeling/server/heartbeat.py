"""Workers say that they are alive; `/healthz` hears it.

Asking every worker (`celery inspect ping`) takes a second or more and says nothing about *which* queue is served.
Instead the loop of a worker that fetches tasks sets one key a queue, which expires by itself: a killed, hung or
disconnected worker falls silent. The loop runs in the worker's parent process, so a long task does not stop it.
"""

import logging
from typing import Any

import redis
from celery import bootsteps
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from inference import FEATURES_VERSION

logger = logging.getLogger(__name__)
PERIOD = 4.0  # seconds between beats
PATIENCE = 15  # seconds after which a silent worker counts as gone
QUEUES = ("interlabel", "encode", "heads")  # one of each must be served


def key(queue: str) -> str:
    """The Redis key that lives as long as a worker serves `queue`; its value is that worker's features version."""
    return f"interlabel:alive:{queue}"


def client() -> redis.Redis:
    """A Redis client that gives up after half a second: whoever asks is waiting."""
    return redis.Redis.from_url(
        settings.REDIS_ADDRESS,
        socket_timeout=0.5,
        socket_connect_timeout=0.5,
        retry=Retry(NoBackoff(), 0),
        single_connection_client=True,
    )


def beat(queues: list[str]) -> None:
    """Say once that `queues` are served."""
    try:
        with client() as connection:
            for queue in queues:
                connection.set(key(queue), FEATURES_VERSION, ex=PATIENCE)
    except (redis.RedisError, OSError) as error:
        logger.warning("The broker did not take this worker's heartbeat: %s", error)


def heard() -> dict[str, str | None]:
    """For each queue the features version of a worker that serves it, or None. Raises: redis.RedisError, OSError."""
    with client() as connection:
        values = connection.mget([key(queue) for queue in QUEUES])
    return {queue: value.decode() if value else None for queue, value in zip(QUEUES, values, strict=True)}


def forget() -> None:
    """Forget every worker: at a start, whatever beat before is gone."""
    with client() as connection:
        connection.delete(*(key(queue) for queue in QUEUES))


class Heartbeat(bootsteps.StartStopStep):
    """A step of the worker's consumer that beats while the consumer is connected and fetching."""

    requires = {"celery.worker.consumer.tasks:Tasks"}  # after the queues are consumed

    def __init__(self, consumer: Any, **options: Any) -> None:
        super().__init__(consumer, **options)
        self.timer: Any = None

    def start(self, consumer: Any) -> None:
        queues = list(consumer.app.amqp.queues.consume_from)
        beat(queues)
        self.timer = consumer.timer.call_repeatedly(PERIOD, beat, (queues,))

    def stop(self, consumer: Any) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    shutdown = stop
