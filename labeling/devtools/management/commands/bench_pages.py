"""`manage.py bench_pages`: how long the server takes for each page of a large project, and with how many queries."""

import json
import statistics
import time
from typing import Any

from django.core.management import BaseCommand, CommandParser
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, get_resolver, reverse

from labeling.accounts.models import User
from labeling.devtools.pages.generate import generate
from labeling.figures import counting
from labeling.projects.models import Project

ROUNDS = 5
NO_PAGES = {"next", "review"}
"""Pages that only lead to another one."""


class Command(BaseCommand):
    help = (
        "Write a large project into this installation's database, ask for each of its pages as a manager, and print "
        "the median time on the server and the number of queries. The project and its people are deleted afterwards."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--images", type=int, default=100_000)
        parser.add_argument("--objects", type=int, default=1_000_000)

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        project, users = generate(options["images"], options["objects"])
        counting.begin_recount(project.pk)
        while counting.fold(project.pk):
            pass
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")
        self.stdout.write(
            f"{connection.vendor}: {options['images']} images, {options['objects']} objects, written in "
            f"{time.monotonic() - began:.0f} s"
        )
        try:
            self._measure(project, users[0])
        finally:
            project.delete()
            User.objects.filter(pk__in=[one.pk for one in users]).delete()

    def _measure(self, project: Project, user: User) -> None:
        client = Client(raise_request_exception=True, headers={"host": "localhost"})
        client.force_login(user)
        found: dict[str, dict[str, float]] = {}
        for name, address in pages_of(project, client).items():
            times = []
            for _ in range(ROUNDS):
                began = time.perf_counter()
                answer = client.get(address)
                times.append(1000 * (time.perf_counter() - began))
            with CaptureQueriesContext(connection) as asked:
                client.get(address)
            found[name] = {"ms": round(statistics.median(times), 1), "queries": len(asked)}
            self.stdout.write(f"{found[name]['ms']:9.1f} ms {len(asked):4d} queries  {answer.status_code}  {name}")
        self.stdout.write(json.dumps(found))


def pages_of(project: Project, client: Client) -> dict[str, str]:
    """Every page and list of a project that the client may open: its tabs, its settings, an image's editor, and the
    gallery as JSON. Addresses that only take changes are left out. Each is opened once."""
    image = project.images.order_by("pk")[project.images.count() // 2].pk
    found: dict[str, str] = {"projects": reverse("projects:list")}
    for space in ("pages", "projects", "figures", "history", "people"):
        for name in sorted(_names(space)):
            for given in ({"project_id": project.pk}, {"image_id": image}):
                try:
                    address = reverse(f"{space}:{name}", kwargs=given)
                except NoReverseMatch:
                    continue
                if name not in NO_PAGES:
                    found[f"{space}:{name}"] = address
    api = f"/api/projects/{project.pk}/images"
    found |= {
        "api images": api,
        "api images, deep": f"{api}?after={image}",
        "api images, filtered": f"{api}?filter=sent_back&category=3",
        "api images, of a class": f"{api}?category=5",
        "api editor": f"/api/images/{image}/editor",
        "api review": f"/api/images/{image}/review",
    }
    return {name: address for name, address in found.items() if client.get(address).status_code not in (403, 405)}


def _names(space: str) -> set[str]:
    spaces = get_resolver().namespace_dict
    if space not in spaces:
        return set()
    return {name for name in spaces[space][1].reverse_dict if isinstance(name, str)}
