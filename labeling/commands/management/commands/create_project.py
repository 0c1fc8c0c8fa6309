"""`manage.py create_project`."""

from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from labeling.commands.helpers import find_user
from labeling.projects import class_lists
from labeling.projects.services import create_project
from labeling.web.api import ApiError


class Command(BaseCommand):
    help = "Create a project. Colours and keys of the classes are assigned; change them in the project settings."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--classes", default="", help="things (countable), separated by commas: car,person")
        parser.add_argument("--stuff", default="", help="stuff (regions), separated by commas: sky,road")
        parser.add_argument("--template", choices=list(class_lists.built_in()), help="classes to begin with")
        parser.add_argument("--class-list", type=Path, metavar="FILE", help="more classes: names, one a line, or JSON")
        parser.add_argument("--user", help="username of its owner; default: the first superuser")
        parser.add_argument("--instructions", default="", help="shown to annotators next to every image")

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["name"].strip()
        if not 1 <= len(name) <= 120:
            raise CommandError("The project name must have 1 to 120 characters.")
        categories = _begun(options["template"], options["class_list"])
        categories += [{"name": one, "kind": "thing"} for one in _words(options["classes"])]
        categories += [{"name": one, "kind": "stuff"} for one in _words(options["stuff"])]
        user = find_user(options["user"])
        try:
            project = create_project(
                name=name, user=user, instructions=options["instructions"], categories=categories
            )  # fmt: skip
        except ApiError as error:
            raise CommandError(f"{error.message} Classes are given as --classes car,person --stuff sky.") from None
        self.stdout.write(f"Project {project.pk} “{project.name}”, managed by {user.username}:")
        for category in project.categories.all():
            key = f"key {category.hotkey}" if category.hotkey else "no key"
            self.stdout.write(f"  {category.number:>3}  {category.name} ({category.kind}, {category.color}, {key})")
        self.stdout.write(f"Its page is {reverse('pages:project', args=[project.pk])}")


def _begun(template: str | None, file: Path | None) -> list[dict[str, Any]]:
    """The classes of a template and of a file. Raises: CommandError."""
    found = list(class_lists.named(template).classes) if template else []
    if file is None:
        return found
    try:
        return found + class_lists.rows(class_lists.read(file.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file} can't be read: {error}.") from None
    except ApiError as error:
        raise CommandError(f"{file}: {error.message}") from None


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]
