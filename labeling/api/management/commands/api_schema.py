"""`manage.py api_schema`: the OpenAPI document, for generators of clients."""

import json
from typing import Any

from django.core.management.base import BaseCommand

from labeling.api.site import document


class Command(BaseCommand):
    help = "Print the OpenAPI document of the JSON routes and the sockets' messages."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(json.dumps(document(), indent=1))
