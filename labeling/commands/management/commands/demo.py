"""`manage.py demo`: people to sign in as, and a project with real photographs to label. No labels.

The password is random for each installation and kept in `demo.json` in INTERLABEL_HOME (mode 0600), from where the
sign-in page and `start` show it: whoever opens the port of a demo to a network should not have a password that the
whole world knows. A demo that was once complete is left alone: what people changed or deleted does not come back.
"""

import json
import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.db import transaction

from labeling.accounts.models import User
from labeling.commands.helpers import Reason, State, broker_or_none, import_path
from labeling.images.models import UploadItem
from labeling.projects.access import May, who_may
from labeling.projects.models import Membership, Project, Role
from labeling.projects.services import create_project
from labeling.storage.files import write_durably

PHOTOGRAPHS = settings.ASSETS / "demo" / "photographs"
USERS = {"demo-admin": Role.OWNER, "demo-annotator": Role.ANNOTATOR, "demo-reviewer": Role.REVIEWER}
NAME = "Demo: animals and still lifes"
INSTRUCTIONS = """Click an object and it is outlined; click more to add to it, right-click to take away.
Press Enter to keep it, then a number key for its class. Label each animal, fruit and flower by itself, \
and grass and sky once for the whole picture."""
CATEGORIES = [
    {"name": "mammal", "color": "#e4572e", "hotkey": 1, "kind": "thing"},
    {"name": "bird", "color": "#2e86ab", "hotkey": 2, "kind": "thing"},
    {"name": "other animal", "color": "#7a5ae0", "hotkey": 3, "kind": "thing"},
    {"name": "fruit", "color": "#f2b134", "hotkey": 4, "kind": "thing"},
    {"name": "flower", "color": "#d6409f", "hotkey": 5, "kind": "thing"},
    {"name": "cup", "color": "#17a2b8", "hotkey": 6, "kind": "thing"},
    {"name": "other thing", "color": "#b5651d", "hotkey": 7, "kind": "thing"},
    {"name": "grass", "color": "#52a447", "hotkey": 8, "kind": "stuff"},
    {"name": "sky", "color": "#5b6ee1", "hotkey": 9, "kind": "stuff"},
]


class Command(BaseCommand):
    help = "Create the demo sign-ins and the demo project. Running it again changes nothing that is there."

    def handle(self, *args: Any, **options: Any) -> None:
        path = settings.HOME / "demo.json"
        known = _read(path)
        password = next((str(user["password"]) for user in known.get("users", [])), None) or _new_password()
        people = _people(password, made_before=bool(known))
        known["users"] = [
            {"username": user.username, "password": password, "role": USERS[user.username].value} for user in people
        ]
        _write(path, known)
        if not known.get("complete"):
            project = self._project(known.get("project"), people)
            _write(path, known | {"project": project.pk})
            with broker_or_none():
                self._import(project)
            _write(path, known | {"project": project.pk, "complete": True})
        if options["verbosity"] > 0:
            self._say(_read(path))

    def _project(self, pk: Any, people: list[User]) -> Project:
        """The demo project, made when there is none; an earlier start may have been cut off after making it."""
        project = Project.objects.filter(pk=pk).first() if isinstance(pk, int) else None
        if project is not None:
            return project
        manager = next((user for user in people if USERS[user.username] in who_may(May.MANAGE)), None)
        if manager is None:
            raise CommandError("The user demo-admin has another password by now. Delete demo.json to start anew.")
        with transaction.atomic():
            project = create_project(name=NAME, user=manager, instructions=INSTRUCTIONS, categories=CATEGORIES)
            for user in people:
                if user != manager:
                    Membership.objects.create(project=project, user=user, role=USERS[user.username])
        return project

    def _import(self, project: Project) -> None:
        if not PHOTOGRAPHS.is_dir():
            raise CommandError(f"The demo photographs are missing: {PHOTOGRAPHS}. They are part of the repository.")

        def tell(item: UploadItem) -> None:
            if item.state == State.REJECTED and item.reason != Reason.DUPLICATE:
                raise CommandError(f"The photograph {item.name} was rejected: {item.message}")

        import_path(project, project.created_by, PHOTOGRAPHS, tell)

    def _say(self, known: dict[str, Any]) -> None:
        project = Project.objects.filter(pk=int(known.get("project", 0))).first()
        if project is None:
            self.stdout.write("The demo project was deleted. Delete demo.json in INTERLABEL_HOME to get a new one.")
        else:
            self.stdout.write(f"Project {project.pk} “{project.name}”: {project.images.count()} photographs.")
        for user in known["users"]:
            self.stdout.write(f"  {user['username']:<15} {user['password']}   ({user['role']})")


def _people(password: str, *, made_before: bool) -> list[User]:
    """The demo users for whom `password` holds. Somebody who changed it keeps the own one and is left out.

    Without a `demo.json` the accounts are set to the new password: nobody could know another one for sure.
    """
    people = []
    for name, role in USERS.items():
        user = User.objects.filter(username=name).first()
        if user is None:
            manages = role in who_may(May.MANAGE)
            user = User.objects.create_user(name, password=password, is_staff=manages, is_superuser=manages)
        elif not made_before:
            user.set_password(password)
            user.save(update_fields=["password"])
        elif not (user.is_active and user.check_password(password)):
            continue
        people.append(user)
    return people


def _new_password() -> str:
    """Easy to type, 46 bits: two times three syllables without letters that look alike."""
    syllables = [secrets.choice("bdfghjkmnprstvwz") + secrets.choice("aeiou") for _ in range(6)]
    return (
        "".join(syllables[:3]) + "-" + "".join(syllables[3:]) + secrets.choice("23456789") + secrets.choice("23456789")
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _write(path: Path, known: dict[str, Any]) -> None:
    """In one step and readable by the owner alone."""
    write_durably(path, json.dumps(known, indent=2) + "\n")
