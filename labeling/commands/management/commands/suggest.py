"""`manage.py suggest`."""

from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from labeling.commands.find import find_project
from labeling.commands.helpers import broker_or_none, many
from labeling.suggestions import heads, registry, runs, work
from labeling.suggestions.models import Run
from labeling.web.api import ApiError


class Command(BaseCommand):
    help = "Suggest objects on all images of a project that are not done. The server does not need to run."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("project", help="id or name")
        parser.add_argument("--method", required=True, choices=[method.name for method in registry.for_images()])
        parser.add_argument("--threshold", type=float, help="least score of a suggestion, 0 to 1")
        parser.add_argument("--head", type=int, help="id of the head to ask; default: the best there is")

    def handle(self, *args: Any, **options: Any) -> None:
        project = find_project(options["project"])
        asked = {} if options["threshold"] is None else {"threshold": options["threshold"]}
        if asked and not 0 <= asked["threshold"] <= 1:
            raise CommandError("--threshold is a score from 0 to 1.")
        with broker_or_none():
            try:
                heads.find_starters()
                head = heads.for_project(project, options["head"]) if options["head"] else None
                run = runs.start(project, None, options["method"], head=head, options=asked)
            except ApiError as error:
                raise CommandError(error.message) from None
            while work.work_off():  # a worker that runs may take some of the images
                pass
        self._report(run)

    def _report(self, run: Run) -> None:
        run.refresh_from_db()
        found = runs.counts(run)
        suggestions = run.suggestions.count()
        self.stdout.write(f"{many(suggestions, 'suggestion')} on {found['ready']} of {found['total']} images.")
        for failure in runs.describe(run, True).failures or []:
            self.stdout.write(f"failed: {failure.name}: {failure.reason}")
        waiting = found["queued"] + found["running"]
        if waiting:
            self.stdout.write(f"{many(waiting, 'image')} not prepared yet; the server's worker continues.")
