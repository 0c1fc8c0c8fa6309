"""A home that an earlier version made opens in this one: accounts, objects, statuses, notes, exports, suggestions."""

import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings

from tests.patience import PATIENCE
from tests.stack.client import csrf_token
from tests.stack.processes import Stack, embedded, team, wait_for

HOMES = sorted((Path(__file__).parent / "homes").glob("*.zip"))
PASSWORD = "correct horse battery"
STATUSES = {"a.png": "done", "d.png": "done", "b größe.png": "in_progress", "sub/c.png": "skipped"}

pytestmark = [pytest.mark.stack, pytest.mark.timeout(400)]


@dataclass
class Upgraded:
    """A running stack on an old home."""

    stack: Stack
    truth: dict[str, list[list[Any]]]

    @contextmanager
    def signed_in(self, username: str) -> Iterator[httpx.Client]:
        """Somebody of the old version, with the old password."""
        with httpx.Client(base_url=self.stack.url, timeout=PATIENCE) as client:
            self._sign_in(client, username)
            yield client

    def _sign_in(self, client: httpx.Client, username: str) -> None:
        client.get("/sign-in")
        client.headers["X-CSRFToken"] = csrf_token(client)
        answer = client.post("/sign-in", data={"username": username, "password": PASSWORD})
        assert answer.status_code == 302, answer.text[:500]
        client.headers["X-CSRFToken"] = csrf_token(client)


@pytest.fixture(scope="module", params=HOMES, ids=lambda path: path.stem)
def upgraded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upgraded]:
    """The home of an earlier version, opened by the processes of today."""
    folder = tmp_path_factory.mktemp("upgrade")
    with zipfile.ZipFile(request.param) as archive:
        archive.extractall(folder)
    home, truth = folder / "home", json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    if settings.EMBEDDED_REDIS:
        running = embedded(home, DEMO="0")
    else:
        (home / "interlabel.sqlite3").unlink()
        sql = (folder / "postgresql.sql").read_text(encoding="utf-8")
        running = team(home, settings.DATABASE_URL, settings.REDIS_URL, sql)
    with running as stack:
        yield Upgraded(stack, truth)


def test_what_was_kept_is_there(upgraded: Upgraded) -> None:
    with upgraded.signed_in("ann") as client:
        images = {one["name"]: one["id"] for one in _images(client)}
        assert set(images) == set(STATUSES)
        for name, status in STATUSES.items():
            found = client.get(f"/api/images/{images[name]}/annotations").json()
            kept = [[one["uid"], one["category"], one["counts"]] for one in found["annotations"]]
            assert kept == upgraded.truth.get(name, [])
            assert found["status"] == status
        noted = client.get(f"/api/images/{images['a.png']}/annotations").json()
        assert noted["note"] == "Look at the border."
        assert noted["version"] == 5


def test_who_made_the_project_owns_it(upgraded: Upgraded) -> None:
    asked = "print(*Membership.objects.order_by('user').values_list('user__username', 'role'))"
    said = upgraded.stack.manage("shell", "-v0", "-c", f"from labeling.projects.models import Membership; {asked}")
    assert said.strip() == "('admin', 'owner') ('ann', 'annotator') ('rita', 'reviewer')"


def test_classes_keep_their_order_and_keys(upgraded: Upgraded) -> None:
    with upgraded.signed_in("ann") as client:
        classes = client.get("/api/projects/1/categories").json()["results"]
        assert [one["number"] for one in classes] == sorted(one["number"] for one in classes)
        assert [one["hotkey"] for one in classes] == [str(place) for place, _ in enumerate(classes, 1)]


def test_work_goes_on(upgraded: Upgraded) -> None:
    with upgraded.signed_in("ann") as client:
        image = next(one["id"] for one in _images(client) if one["name"] == "d.png")
        before = client.get(f"/api/images/{image}/annotations").json()
        first = before["annotations"][0]
        answer = client.put(f"/api/annotations/{first['id']}", json={"version": before["version"], "category": 3})
        assert answer.status_code == 200, answer.text
        assert answer.json()["version"] == before["version"] + 1


def test_images_are_encoded_again(upgraded: Upgraded) -> None:
    with upgraded.signed_in("ann") as client:
        wait_for(
            lambda: all(one["state"] == "ready" for one in _images(client)),
            180,
            lambda: f"{_images(client)}\n{upgraded.stack.output()}",
        )


def test_an_old_export_can_be_downloaded(upgraded: Upgraded) -> None:
    with upgraded.signed_in("admin") as client:
        exports = client.get("/api/projects/1/exports").json()["results"]
        assert len(exports) == 1
        answer = client.get(exports[0]["url"])
        assert answer.status_code == 200
        assert answer.content.startswith(b"PK")


def _images(client: httpx.Client) -> list[dict[str, Any]]:
    return list(client.get("/api/projects/1/images").json()["results"])
