"""`manage.py learn`."""

from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from labeling.commands.find import find_project
from labeling.commands.helpers import broker_or_none, many
from labeling.suggestions import learning, registry
from labeling.suggestions.models import HeadVersion
from labeling.web.api import ApiError


class Command(BaseCommand):
    help = "Train a model of a project on its finished images. If interrupted, run it again to continue."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("project", help="id or name")
        kinds = [method.name for method in registry.with_head()]
        parser.add_argument("--kind", choices=kinds, default=kinds[0])
        parser.add_argument("--steps", type=int, default=learning.STEPS)

    def handle(self, *args: Any, **options: Any) -> None:
        project = find_project(options["project"])
        if options["steps"] < 1:
            raise CommandError("--steps is at least 1.")
        with broker_or_none():
            waiting = learning.unfinished().filter(project=project, kind=options["kind"]).first()
            try:
                head = waiting or learning.ask(project, None, options["kind"], options["steps"])
            except ApiError as error:
                raise CommandError(error.message) from None
            claimed = learning.claim(head.pk)
            if claimed is None:
                raise CommandError("A worker is already training this model. See its progress on the project page.")
            self.stdout.write(f"Training {head.title} on {many(len(head.images), 'image')}, {head.steps} steps …")
            learning.learn(claimed)
        head.refresh_from_db()
        if head.state != HeadVersion.State.READY:
            raise CommandError(head.reason or f"The training is {head.state}.")
        figures = {name: value for name, value in head.figures.items() if isinstance(value, float)}
        self.stdout.write(f"{head.title} is ready after {head.seconds:.0f} s: {figures}")
