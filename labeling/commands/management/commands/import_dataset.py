"""`manage.py import_dataset`."""

import json
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from labeling.commands.find import find_project
from labeling.commands.helpers import broker_or_none, many
from labeling.commands.options import add_options, options_in
from labeling.exchange import imports
from labeling.exchange.models import Import
from labeling.exchange.registry import readable_formats
from labeling.web.api import ApiError

SHOWN = 50


class Command(BaseCommand):
    help = "Import labels that were made elsewhere, with their pictures or onto images that are there."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("project", help="id or name")
        parser.add_argument("path", type=Path, help="a folder, a zip or a file with labels")
        parser.add_argument("--format", required=True, help=" | ".join(readable_formats()))
        parser.add_argument("--dry-run", action="store_true", help="only say what would be imported")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")
        add_options(parser, {name: one.read_options for name, one in readable_formats().items()})

    def handle(self, *args: Any, **options: Any) -> None:
        project = find_project(options["project"])
        given = options_in(options)
        path: Path = options["path"].expanduser().absolute()
        if not path.exists():
            raise CommandError(f"There is no file or folder {path}.")
        with broker_or_none():
            try:
                row = imports.check_path(project, project.created_by, path, format=options["format"], options=given)
            except ApiError as problem:
                raise CommandError(problem.message) from None
            refused = "" if options["dry_run"] else self._carry_out(row)
        row.refresh_from_db()
        self._tell(row, as_json=options["json"])
        if options["dry_run"]:
            row.delete()
        if row.state == Import.State.FAILED:
            raise CommandError(row.reason)
        if refused:
            raise CommandError(refused)

    def _carry_out(self, row: Import) -> str:
        """Import what was checked. Returns: why that can't be, with what to do; else nothing."""
        if row.state != Import.State.CHECKED:
            return ""
        try:
            imports.confirm(row, row.created_by)
        except ApiError as problem:
            return problem.message + (" For that: --skip-defects." if problem.code == "has_defects" else "")
        imports.work_here(row)
        return ""

    def _tell(self, row: Import, *, as_json: bool) -> None:
        report = row.report
        if as_json:
            self.stdout.write(json.dumps({"state": row.state, "added": row.added, **report}, ensure_ascii=False))
            return
        for kind in ("defects", "notes", "refused"):
            for one in report.get(kind, [])[:SHOWN]:
                self.stdout.write(f"{kind[:-1] if kind != 'refused' else kind}: {one['where']}: {one['reason']}")
            if (more := len(report.get(kind, [])) - SHOWN) > 0:
                self.stdout.write(f"… and {more} more {kind}")
        for one in report.get("classes", []):
            target = "left out" if not one["into"] else f"{'new class' if one['new'] else '→'} {one['into']}"
            self.stdout.write(f"class {one['name']}: {many(one['objects'], 'object')}, {target}")
        if report:
            self.stdout.write(
                f"{many(report['images'], 'image')} ({report['new_images']} new), {many(report['objects'], 'object')}, "
                f"{many(len(report['defects']) + report['more_defects'], 'defect')}"
            )
        for one in report.get("unmatched", [])[:SHOWN]:
            fits = ", ".join(f"id:{fit['id']} {fit['name']}" for fit in one["fits"])
            self.stdout.write(f"image {one['name']}: {fits or 'none'}")
        if row.state == Import.State.DONE:
            what = "suggestion" if readable_formats()[row.format].suggests else "object"
            self.stdout.write(f"{many(row.added, what)} imported.")
