"""Progress events: published by anyone, passed on by the project socket to every open page."""

import asyncio
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import connection, transaction
from pydantic import BaseModel

from labeling.server import redis_server

logger = logging.getLogger(__name__)


class News(BaseModel):
    """A message of docs/reference/protocol.md that sockets pass on to pages."""

    v: Literal[1] = 1

    def event(self) -> dict[str, Any]:
        """What is published of it (`publish`)."""
        return self.model_dump(mode="json", exclude={"v"})


def project_group(project_id: int) -> str:
    """The channel group of a project's pages. An event of a golden image says so (`golden`, not sent on): it is not for
    everybody."""
    return f"project.{project_id}"


def image_group(image_id: int) -> str:
    """The channel group of an image's open editors."""
    return f"image.{image_id}"


def labels_group(image_id: int) -> str:
    """The channel group of the open editors of an image whose people see its labels, not only an opinion of theirs."""
    return f"labels.{image_id}"


def opinion_group(image_id: int, user_id: int) -> str:
    """The channel group of a person's open editors of an image of which they have a set of their own."""
    return f"opinion.{image_id}.{user_id}"


def own_group(project_id: int, user_id: int) -> str:
    """The channel group of a person's open pages of a project: for what is told to nobody else."""
    return f"own.{project_id}.{user_id}"


def editors_group(project_id: int) -> str:
    """The channel group of the open editors of all images of a project."""
    return f"editors.{project_id}"


def user_group(user_id: int) -> str:
    """The channel group of all open sockets of a person."""
    return f"user.{user_id}"


PATIENCE = 2.0
"""Seconds that a save waits for its news to be taken."""


Told = tuple[str, dict[str, Any]]
"""A group, and an event for it."""


async def _send(layer: Any, told: Sequence[Told]) -> None:
    async with asyncio.timeout(PATIENCE):
        for group, event in told:
            await layer.group_send(group, {"type": "event", "event": event})


def publish(group: str, event: dict[str, Any]) -> None:
    """Send `event` (a message of docs/reference/protocol.md, without `v`) to a group: the consumer's `event` gets it.

    Events are news, not state: if the layer is down the rows are still right and a page that reconnects gets a
    snapshot, so a failure is logged and the work goes on.
    """
    publish_all([(group, event)])


def publish_all(told: Sequence[Told]) -> None:
    """As `publish`, of several events at the cost of about one."""
    layer = get_channel_layer()
    if layer is None or redis_server.is_off():
        return
    try:
        async_to_sync(_send)(layer, told)
    except Exception as error:  # noqa: BLE001 - Redis, network and loop errors alike
        what = ", ".join(f"{event.get('type')} for {group}" for group, event in told)
        logger.warning("event %s was not delivered: %s", what, error)


@dataclass(frozen=True)
class _News:
    """An event that waits for its transaction; equal ones are told once."""

    group: str
    event: str

    def __call__(self) -> None:
        publish(self.group, json.loads(self.event))


def publish_committed(group: str, event: dict[str, Any]) -> None:
    """Publish `event` once the transaction is committed; what a transaction says twice is said once."""
    news, here = _News(group, json.dumps(event, sort_keys=True)), set(connection.savepoint_ids)
    if not any(waiting == news and points <= here for points, waiting, *_ in connection.run_on_commit):
        transaction.on_commit(news)
