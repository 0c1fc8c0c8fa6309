"""The demo sign-ins shown on the sign-in page, while a demo project exists."""

import json
from dataclasses import dataclass

from django.conf import settings


@dataclass(frozen=True)
class DemoUser:
    """A sign-in that everybody may know."""

    username: str
    password: str
    role: str


def demo_users() -> list[DemoUser]:
    """What `manage.py demo` wrote to `demo.json` in INTERLABEL_HOME; nothing for a real installation."""
    try:
        written = json.loads((settings.HOME / "demo.json").read_text(encoding="utf-8"))
        return [DemoUser(str(u["username"]), str(u["password"]), str(u["role"])) for u in written["users"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []
