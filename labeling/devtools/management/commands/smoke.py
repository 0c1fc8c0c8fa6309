"""`manage.py smoke`: does a running server do the main job? A real client over HTTP and WebSocket tries it."""

import json
import logging
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser

from labeling.accounts.demo import demo_users
from labeling.devtools.smoke.report import Report, SmokeFailed
from labeling.devtools.smoke.run import Plan, run
from labeling.projects.access import May, who_may

PHOTOGRAPHS = settings.ASSETS / "demo" / "photographs"


class Command(BaseCommand):
    help = (
        "Try a running server as a client: sign in, make a project, upload the demo photographs, wait until they are "
        "ready, click objects, keep them, export, compare. Prints timings and one JSON object on the last line; ends "
        "with 1 at the first failure. The project it made is deleted when all went well."
    )
    requires_system_checks: list[str] = []  # nothing here but HTTP

    def add_arguments(self, parser: CommandParser) -> None:
        default = f"http://127.0.0.1:{settings.PORT}"
        parser.add_argument("--url", default=default, help=f"of the server; {default} when left out")
        parser.add_argument("--username", help="who may make projects; the demo's manager when left out")
        parser.add_argument("--password")
        parser.add_argument("--patience", type=float, default=600, help="seconds until all images have to be ready")
        parser.add_argument(
            "--keep", action="store_true", help="leave the project on the server also when all went well"
        )
        parser.add_argument("--photographs", type=Path, default=PHOTOGRAPHS, help=_help_with_default(PHOTOGRAPHS))

    def handle(self, *args: Any, **options: Any) -> None:
        username, password = sign_in_of(options["username"], options["password"])
        photographs = sorted(options["photographs"].glob("*.jpg"))
        if not photographs:
            raise CommandError(f"There are no photographs in {options['photographs']}.")
        plan = Plan(options["url"], username, password, photographs, options["patience"], options["keep"])
        report = Report(self._say)
        logging.getLogger("httpx").setLevel(logging.WARNING)
        self._say(f"Trying {plan.url} as {username}")
        try:
            run(plan, report)
        except SmokeFailed as failed:
            self._say(json.dumps({"ok": False, "step": report.step_name, "message": str(failed)}))
            raise CommandError(f"Failed at “{report.step_name}”. Expected: {failed}") from None
        self._say("")
        for line in report.table():
            self._say(line)
        self._say(json.dumps(report.summary()))

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _help_with_default(path: Path) -> str:
    """Help of an option with a default."""
    return f"a folder with the demo photographs; {path.relative_to(settings.ASSETS)} when left out"


def sign_in_of(username: str | None, password: str | None) -> tuple[str, str]:
    """As told, else as the demo's manager. Raises: CommandError."""
    if username and password:
        return username, password
    if username or password:
        raise CommandError("Give both --username and --password, or neither for the demo's manager.")
    for user in demo_users():
        if user.role in who_may(May.MANAGE):
            return user.username, user.password
    raise CommandError(
        f"There is no demo sign-in in {settings.HOME}. Give --username and --password of who may make projects."
    )
