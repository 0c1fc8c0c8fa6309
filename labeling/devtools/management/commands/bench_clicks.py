"""`manage.py bench_clicks`: how long a click takes from the client and back, with many annotators at once."""

import json
import logging
import os
import secrets
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from labeling.devtools.bench.annotator import Pace
from labeling.devtools.bench.run import Plan, run
from labeling.devtools.management.commands.smoke import PHOTOGRAPHS, sign_in_of
from labeling.devtools.smoke.report import SmokeFailed
from labeling.server.stack import StackFailed, embedded


class Command(BaseCommand):
    help = (
        "Measure click → mask over real WebSockets: makes a project, annotators and images on a server, lets so many "
        "annotators click at once, prints p50/p95/p99 and one JSON object on the last line, and takes all of it away "
        "again. Every mask is compared; a lost, reordered, doubled or different answer ends it with 1. Without --url "
        "it starts a server of its own in a temporary folder."
    )
    requires_system_checks: list[str] = []  # nothing here but HTTP

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--users", type=_numbers, default="1,10,50,100", help="how many at once; 1,10,50,100")
        parser.add_argument("--url", help="of a running server; a server of its own when left out")
        parser.add_argument("--username", help="with --url: an administrator; the demo's when left out")
        parser.add_argument("--password")
        parser.add_argument("--clicks", type=int, default=30, help="at most so many for each user; 30")
        parser.add_argument("--seconds", type=float, default=30, help="at most so long for each number of users; 30")
        parser.add_argument("--think", type=float, default=0, help="mean seconds from an answer to the next click; 0")
        parser.add_argument("--overlap", action="store_true", help="the next click does not wait for the answer")
        parser.add_argument("--images", type=int, default=4, help="how many of the demo photographs are opened; 4")
        parser.add_argument(
            "--patience", type=float, default=600, help="seconds until server and images have to be ready"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        pace = Pace(options["clicks"], options["seconds"], options["think"], options["overlap"])
        photographs = sorted(PHOTOGRAPHS.glob("*.jpg"))[: options["images"]]
        if min(options["users"], default=0) < 1 or pace.clicks < 1 or not photographs:
            raise CommandError("--users, --clicks and --images have to be at least 1.")
        for noisy in ("httpx", "websockets"):
            logging.getLogger(noisy).setLevel(logging.WARNING)
        try:
            with server(options) as (url, username, password):
                self._say(f"Clicking on {url}: {pace}, {os.cpu_count()} CPUs")
                plan = Plan(url, username, password, options["users"], photographs, pace, options["patience"])
                rows = run(plan, self._say)
        except (SmokeFailed, StackFailed) as failed:
            self._say(json.dumps({"ok": False, "message": str(failed)}))
            raise CommandError(f"Expected: {failed}") from None
        faults = sum(row[what] for row in rows for what in ("errors", "lost", "reordered", "duplicated", "different"))
        own = {"url": options["url"], "cpus": os.cpu_count(), "think": pace.think, "overlap": pace.overlap}
        self._say(json.dumps({"ok": not faults, **own, "rounds": rows}))
        if faults:
            raise CommandError(f"{faults} answers were refused, lost, reordered, doubled or different.")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


@contextmanager
def server(options: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """URL, name and password: of the server named, else of one for this run. Raises: CommandError, StackFailed."""
    if options["url"]:
        username, password = sign_in_of(options["username"], options["password"])
        yield options["url"], username, password
        return
    # A polite end tidies up, too: the processes that were started, and their folder.
    before = signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        with (
            tempfile.TemporaryDirectory(prefix="interlabel-bench-") as folder,
            embedded(Path(folder), options["patience"], DEMO="0") as stack,
        ):
            password = secrets.token_urlsafe(12)
            stack.add_administrator("bench", password)
            yield stack.url, "bench", password
    finally:
        signal.signal(signal.SIGTERM, before)


def _numbers(text: str) -> list[int]:
    return [int(word) for word in text.split(",")]
