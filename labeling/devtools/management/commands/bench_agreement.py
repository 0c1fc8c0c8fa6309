"""`manage.py bench_agreement`."""

import json
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from labeling.devtools.bench.agreement import HEIGHT, WIDTH, measure


class Command(BaseCommand):
    help = (
        "Measure how long two sets of an image take to compare: matching, F1, PQ, confusion and boundary IoU of drawn "
        f"ellipses in views of {WIDTH} × {HEIGHT}. Prints one JSON object."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--images", type=int, default=1000, help="1000")
        parser.add_argument("--objects", type=int, default=10, help="in each of the two sets; 10")
        parser.add_argument("--seed", type=int, default=0)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["images"] < 1 or options["objects"] < 1:
            raise CommandError("--images and --objects have to be at least 1.")
        found = measure(options["images"], options["objects"], options["seed"])
        self.stdout.write(json.dumps({"images": options["images"], "objects": options["objects"], **found}))
