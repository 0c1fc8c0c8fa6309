"""HTTP and WebSocket entry point. A socket needs an allowed Origin and a session; the consumers check membership."""

import os
import warnings

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "labeling.settings")
django.setup(set_prefix=False)

from channels.auth import AuthMiddlewareStack  # noqa: E402 - after the apps are loaded
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402

from labeling.database.pool import use_pool  # noqa: E402
from labeling.live.origin import SameOrigin  # noqa: E402
from labeling.live.outages import Steady  # noqa: E402
from labeling.live.urls import socket_urls  # noqa: E402
from labeling.web.connections import bound_connections  # noqa: E402
from labeling.web.gate import Gate  # noqa: E402
from labeling.web.lanes import BoundedHandler  # noqa: E402

# WhiteNoise's responses are synchronous iterators of files of a few hundred kB at most: reading one whole is fine.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")

use_pool()
bound_connections()
application = Gate(
    ProtocolTypeRouter(
        {
            "http": BoundedHandler(),
            "websocket": SameOrigin(Steady(AuthMiddlewareStack(URLRouter(socket_urls)))),
        }
    )
)
