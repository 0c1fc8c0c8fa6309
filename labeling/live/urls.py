"""The two sockets (docs/protocol.md)."""

from typing import Any

from django.urls import path

from labeling.live.clicks import ClickConsumer
from labeling.live.progress import ProgressConsumer

# Django's stubs know views only; Channels routes the same patterns to ASGI applications.
_clicks: Any = ClickConsumer.as_asgi()
_progress: Any = ProgressConsumer.as_asgi()

socket_urls: list[Any] = [
    path("ws/images/<int:image_id>/", _clicks),
    path("ws/projects/<int:project_id>/", _progress),
]
