"""`manage.py bench_saves`: what it costs that a kept object is on the disk before it is confirmed (embedded stack)."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from typing import Any

import numpy as np
from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser, call_command
from django.db import connection

from labeling import masks
from labeling.accounts.models import User
from labeling.annotations import services
from labeling.images.models import Image
from labeling.projects.services import create_project

MODES = ("NORMAL", "FULL")
SIDE = 512


class Command(BaseCommand):
    help = "Time keeping objects in a new SQLite database beside your data, with the disk waited for and without."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--keeps", type=int, default=200, help="objects in each mode")
        parser.add_argument("--here", action="store_true", help="on the database of INTERLABEL_HOME, which must be new")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["here"]:
            self._measure(options["keeps"])
            return
        with tempfile.TemporaryDirectory(dir=settings.HOME, prefix="bench-") as home:
            kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
            command = [
                sys.executable,
                "-m",
                "labeling.command_line",
                "bench_saves",
                "--here",
                "--keeps",
                str(options["keeps"]),
            ]
            environment = {**kept, "INTERLABEL_HOME": home, "LOG_LEVEL": "ERROR"}
            if subprocess.run(command, cwd=settings.BASE_DIR, env=environment, check=False).returncode:
                raise CommandError("The measurement failed; its output is above.")

    def _measure(self, keeps: int) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        if User.objects.exists():
            raise CommandError("The database in INTERLABEL_HOME is not new. Leave --here out.")
        user = User.objects.create(username="bench")
        project = create_project(name="bench", user=user, categories=[{"name": "car"}])
        image = Image.objects.create(project=project, name="a", sha256="0" * 64, width=SIDE, height=SIDE)
        bits = np.hypot(*np.mgrid[-256:256, -256:256]) < 100
        counts, times = masks.encode(bits), {mode: list[float]() for mode in MODES}
        for version in range(2 * keeps):
            mode = MODES[version % 2]  # in turn, so that whatever else the machine does meets both
            with connection.cursor() as cursor:
                cursor.execute(f"PRAGMA synchronous={mode}")
            began = time.perf_counter()
            services.create(image, user, version=version, uid=uuid.uuid4(), category=1, counts=counts, clicks=[])
            times[mode].append(1000 * (time.perf_counter() - began))
        median = {mode: statistics.median(times[mode]) for mode in MODES}
        for mode in MODES:
            ordered = sorted(times[mode])
            self.stdout.write(
                f"synchronous={mode:<7} median {median[mode]:6.2f} ms   95 % {ordered[int(0.95 * keeps)]:6.2f} ms"
            )
        self.stdout.write(f"ratio of the medians {median['FULL'] / median['NORMAL']:.2f} ({keeps} keeps in each mode)")
