"""After a change is committed, open editors and project pages are told; before that, nobody is."""

from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from channels.layers import get_channel_layer
from django.test import Client

from labeling.accounts.models import User
from labeling.annotations.models import Annotation
from labeling.images.models import Image
from labeling.web.events import labels_group, project_group
from tests.annotations.conftest import new, send

pytestmark = pytest.mark.django_db(transaction=True)


def heard(group: str, work: Callable[[], object]) -> list[dict[str, Any]]:
    """The events that a subscriber of `group` gets while `work` runs."""

    async def listen() -> list[dict[str, Any]]:
        layer = get_channel_layer()
        assert layer is not None
        channel = await layer.new_channel()
        await layer.group_add(group, channel)
        await sync_to_async(work)()
        await layer.group_send(group, {"type": "event", "event": {"type": "the end"}})
        events = []
        while (event := (await layer.receive(channel))["event"])["type"] != "the end":
            events.append(event)
        return events

    return async_to_sync(listen)()


@pytest.mark.parametrize("group", ["image", "project"])
def test_a_change_is_told(group: str, bob: User, image: Image, as_user: Callable[[User], Client]) -> None:
    name = labels_group(image.pk) if group == "image" else project_group(image.project_id)
    client, url = as_user(bob), f"/api/images/{image.pk}/annotations"
    assert heard(name, lambda: send(client, "POST", url, new())) == [
        {
            "type": "annotations",
            "image": image.pk,
            "version": 1,
            "status": "in_progress",
            "objects": 1,
            "by": "bob",
        }
    ]


def test_what_changed_nothing_is_not_told(bob: User, image: Image, as_user: Callable[[User], Client]) -> None:
    client, url = as_user(bob), f"/api/images/{image.pk}/annotations"
    body = new()
    send(client, "POST", url, body)
    assert heard(labels_group(image.pk), lambda: send(client, "POST", url, body)) == []
    assert heard(labels_group(image.pk), lambda: send(client, "POST", url, new(0))) == []


def test_each_kind_of_change_is_told(bob: User, image: Image, keep: Any, as_user: Callable[[User], Client]) -> None:
    kept: Annotation = keep(bob)
    client = as_user(bob)

    def work() -> None:
        send(client, "PUT", f"/api/annotations/{kept.pk}", {"version": 1, "category": 2})
        send(client, "DELETE", f"/api/annotations/{kept.pk}", {"version": 2})
        send(client, "POST", f"/api/images/{image.pk}/status", {"version": 3, "status": "done"})

    events = heard(labels_group(image.pk), work)
    assert [(one["version"], one["objects"], one["status"]) for one in events] == [
        (2, 1, "in_progress"),
        (3, 0, "in_progress"),
        (4, 0, "done"),
    ]
