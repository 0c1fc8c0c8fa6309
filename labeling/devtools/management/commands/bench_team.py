"""`manage.py bench_team`: many people take, label, finish and review images at once; is every act accounted for?"""

import json
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser
from django.db import connection

from labeling.accounts.models import User
from labeling.devtools.team.ledger import Ledger, audit
from labeling.devtools.team.people import Work, drawn_counts, labels, reviews
from labeling.features.models import Encoding
from labeling.images.models import Image
from labeling.projects.models import Project, Role
from labeling.projects.services import create_project
from labeling.review.models import ReviewSettings

SIDE = 64


class Command(BaseCommand):
    help = (
        "Simulate a team on this installation's database: people take, label, finish and review images at the same "
        "time. Prints what they did and what is wrong; anything that is not 0 ends the command with 1. The project and "
        "its people are deleted afterwards."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--people", type=int, default=50, help="how many; a fifth of them reviews")
        parser.add_argument("--images", type=int, default=1000)
        parser.add_argument("--send-back", type=float, default=0.1, help="share of images that is sent back once")
        parser.add_argument("--seconds", type=int, default=900, help="at most so long")

    def handle(self, *args: Any, **options: Any) -> None:
        people, images = options["people"], options["images"]
        if people < 2 or images < 1:
            raise CommandError("--people has to be at least 2 and --images at least 1.")
        project, users = _project(people, images)
        try:
            self._run(project, users, options)
        finally:
            project.delete()
            User.objects.filter(pk__in=[one.pk for one in users]).delete()

    def _run(self, project: Project, users: list[User], options: dict[str, Any]) -> None:
        ledger, began = Ledger(), time.monotonic()
        work = Work(
            project, ledger, options["send_back"], began + options["seconds"], drawn_counts(SIDE), threading.Event()
        )
        reviewers = max(1, len(users) // 5)
        with ThreadPoolExecutor(len(users)) as pool:
            jobs = [
                pool.submit(reviews if place < reviewers else labels, work, user, place)
                for place, user in enumerate(users)
            ]
        for job in jobs:
            job.result()
        self._report(project, users, reviewers, ledger, time.monotonic() - began)

    def _report(self, project: Project, users: list[User], reviewers: int, ledger: Ledger, seconds: float) -> None:
        wrong = audit(project, ledger)
        wrong["requests that gave up"] = ledger.refused.pop("gave up", 0)
        waits = sorted(1000 * one for one in ledger.waits)
        self.stdout.write(
            f"{connection.vendor}: {len(users) - reviewers} labelers, {reviewers} reviewers, "
            f"{project.images.count()} images, {seconds:.1f} s"
        )
        for act, count in sorted(ledger.acts.items()):
            self.stdout.write(f"{count:8d}  {act}")
        for code, count in sorted(ledger.refused.items()):
            self.stdout.write(f"{count:8d}  refused and sent again or left: {code}")
        p95 = waits[int(0.95 * (len(waits) - 1))] if waits else 0.0
        self.stdout.write(f"next image: median {statistics.median(waits):.1f} ms, 95 % {p95:.1f} ms")
        for what, count in wrong.items():
            self.stdout.write(f"{count:8d}  {what}")
        self.stdout.write(json.dumps({"seconds": round(seconds, 1), "acts": ledger.acts, "wrong": wrong}))
        if any(wrong.values()):
            raise CommandError("Something is not accounted for; see above.")


def _project(people: int, images: int) -> tuple[Project, list[User]]:
    """A project of its own, with review, images that are ready, and people: reviewers first."""
    users = [User.objects.create(username=f"team-{time.time_ns()}-{number}") for number in range(people)]
    project = create_project(name=f"bench_team {time.time_ns()}", user=users[0], categories=[{"name": "object"}])
    project.memberships.all().delete()
    for number, user in enumerate(users):
        role = Role.REVIEWER if number < max(1, people // 5) else Role.ANNOTATOR
        project.memberships.create(user=user, role=role)
    ReviewSettings.objects.create(project=project, enabled=True)
    for number in range(images):
        image = Image.objects.create(
            project=project, name=f"{number:05}.png", sha256=f"{number:064}", width=SIDE, height=SIDE
        )
        Encoding.objects.create(image=image, state=Encoding.State.READY)
        image.slots.update(ready=True)
    return project, users
