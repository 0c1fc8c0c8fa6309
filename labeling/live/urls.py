"""The two sockets (docs/reference/protocol.md)."""

from typing import Any

from channels.security.websocket import WebsocketDenier
from django.urls import path, re_path

from labeling.live.clicks import ClickConsumer
from labeling.live.progress import ProgressConsumer

# Django's stubs know views only; Channels routes the same patterns to ASGI applications.
_clicks: Any = ClickConsumer.as_asgi()
_progress: Any = ProgressConsumer.as_asgi()
_nowhere: Any = WebsocketDenier.as_asgi()

socket_urls: list[Any] = [
    path("ws/images/<id:image_id>/", _clicks),
    path("ws/projects/<id:project_id>/", _progress),
    re_path("", _nowhere),  # any other path is refused like an outsider, not with an exception in the log
]
