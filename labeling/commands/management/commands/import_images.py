"""`manage.py import_images`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from labeling.commands.find import find_project
from labeling.commands.helpers import Reason, State, broker_or_none, import_path, worked_off
from labeling.features.models import Encoding
from labeling.images.models import Upload, UploadItem
from labeling.projects.models import Project
from labeling.sources import scan
from labeling.sources import services as sources
from labeling.web.api import ApiError


class Command(BaseCommand):
    help = "Import images into a project: a file, a zip or a folder."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("project", help="id or name")
        parser.add_argument("path", help="a file, zip or folder; s3://BUCKET/FOLDER with --reference")
        parser.add_argument(
            "--reference", action="store_true",
            help="copy nothing: refer to the pictures where they are (SOURCE_FOLDERS, SOURCE_BUCKETS)",
        )  # fmt: skip
        parser.add_argument("--watch", action="store_true", help="with --reference: add what comes there later, too")

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
                if options["reference"]:
                    self._refer(project, options["path"], options["watch"], tell)
                else:
                    import_path(project, project.created_by, Path(options["path"]), tell)
            except (OSError, ApiError) as error:
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
        if not verdicts and not options["reference"]:
            raise CommandError(f"There are no files in {options['path']}.")

    def _refer(self, project: Project, path: str, watch: bool, tell: Callable[[UploadItem], None]) -> None:
        """Connect the folder or bucket, if it is not yet, and scan it. Raises: ApiError, RootUnavailable."""
        source = sources.connect_path(project, project.created_by, path, watch=watch)
        sources.scan_again(source)
        seen: set[int] = set()
        for part in scan.scan_now(source):
            if part.upload_id is not None and part.upload_id not in seen:
                seen.add(part.upload_id)
        source.refresh_from_db()
        if source.trouble:
            raise CommandError(source.trouble)
        for upload in Upload.objects.filter(pk__in=seen):
            for item in worked_off(upload):
                tell(item)
        for problem in sources.problems(source):
            if problem.problem != "rejected":
                self.stdout.write(f"{problem.problem}: {problem.path}: {problem.message}")
