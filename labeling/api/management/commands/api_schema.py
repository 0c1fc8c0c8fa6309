"""`manage.py api_schema`: the OpenAPI document, for generators of clients."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from labeling.api.site import document


class Command(BaseCommand):
    help = "Print the OpenAPI document of the JSON routes and the sockets' messages."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--out", type=Path, metavar="FILE", help="write it there instead")

    def handle(self, *args: Any, **options: Any) -> None:
        text = json.dumps(document(), indent=1)
        if options["out"] is None:
            self.stdout.write(text)
        else:
            options["out"].write_text(text, encoding="utf-8")
