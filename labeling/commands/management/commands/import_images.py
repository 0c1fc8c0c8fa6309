"""`manage.py import_images`."""

from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from labeling.commands.find import find_project
from labeling.commands.helpers import Reason, State, broker_or_none, import_path
from labeling.features.models import Encoding
from labeling.images.models import UploadItem


class Command(BaseCommand):
    help = "Import images into a project: a file, a zip or a folder."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("project", help="id or name")
        parser.add_argument("path", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        project = find_project(options["project"])
        verdicts: list[UploadItem] = []

        def tell(item: UploadItem) -> None:
            verdicts.append(item)
            if item.state == State.REJECTED:
                self.stdout.write(f"rejected ({item.reason}): {item.name}: {item.message}")
            elif options["verbosity"] >= 2:
                self.stdout.write(f"accepted: {item.name}")

        with broker_or_none() as broker:
            try:
                import_path(project, project.created_by, options["path"], tell)
            except OSError as error:
                raise CommandError(str(error)) from None
        accepted = sum(item.state == State.ACCEPTED for item in verdicts)
        waiting = Encoding.objects.filter(image__project=project, state=Encoding.State.QUEUED).count()
        self.stdout.write(
            f"{accepted} accepted, {len(verdicts) - accepted} rejected; {waiting} waiting to be prepared."
        )
        if waiting and not broker:
            self.stdout.write("The server is not running. The images are prepared when you start it (`make start`).")
        unusable = [item for item in verdicts if item.state == State.REJECTED and item.reason != Reason.DUPLICATE]
        if unusable and not accepted:
            raise CommandError("None of the files could be imported.")
        if not verdicts:
            raise CommandError(f"There are no files in {options['path']}.")
