"""What every test may use: people with each role, a project, a picture, and a real Redis."""

import functools
import io
import os
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from django.conf import settings
from django.core.management.color import no_style
from django.db import connections
from django.test import Client, TransactionTestCase
from PIL import Image as Pillow

from labeling.accounts.models import User
from labeling.images import ingest
from labeling.projects.models import Category, Membership, Project, Role
from labeling.server import redis_server
from tests import migrated
from tests.environment import HOME
from tests.patience import PATIENCE

PASSWORD = "correct horse battery"
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the real one is slow on purpose
settings.LAST_SEEN_SECONDS = 0  # counted queries are those of the view; tests/accounts/test_last_seen.py sets it
ingest.SLICE = 120.0  # a task that a test calls once does all of it, also where other lanes have the processor
settings.DATABASE_POOL = 0  # threads of tests come and go without giving a connection back, and some tests fork


@pytest.fixture(scope="session", autouse=True)
def redis() -> Iterator[None]:
    """A real Redis: REDIS_URL's when given (the team stack), else the embedded one."""
    if not settings.EMBEDDED_REDIS:
        yield
        return
    process: subprocess.Popen[bytes] = redis_server.start(settings.EMBEDDED_REDIS_SOCKET, append_only=False)
    yield
    process.terminate()
    process.wait(PATIENCE)


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """Test on what the product runs on: SQLite as a file in WAL mode (Django's default in memory locks otherwise).

    Connections close after use: threads of the ASGI application would keep PostgreSQL from dropping the database.
    """
    database = connections.settings["default"]
    database["CONN_MAX_AGE"] = 0
    if database["ENGINE"].endswith("sqlite3"):
        database["TEST"]["NAME"] = str(HOME / "test.sqlite3")
        migrated.copy_to(HOME / "test.sqlite3")
    else:
        database["TEST"]["TEMPLATE"] = migrated.on_postgresql(os.environ["DATABASE_URL"])


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """Go on from the migrated file, where there is one."""
    return bool(connections.settings["default"]["ENGINE"].endswith("sqlite3"))


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Tests with real transactions empty all tables afterwards, which a trigger of the audit log refuses on SQLite.

    tests/audit/test_append_only.py makes it again.
    """
    with django_db_blocker.unblock():
        if connections["default"].vendor == "sqlite":
            with connections["default"].cursor() as cursor:
                cursor.execute("DROP TRIGGER IF EXISTS audit_no_delete")
            connections["default"].close()


KEPT = {"django_content_type", "auth_permission"}
"""Tables whose rows the migrations make, and no test changes."""


@functools.cache
def _tables() -> list[str]:
    return sorted(set(connections["default"].introspection.django_table_names(only_existing=True)) - KEPT)


def _empty_tables(_: TransactionTestCase) -> None:
    """Empty the tables after a test with real transactions.

    Django's own way empties those of `KEPT` too, and fills them again: two thirds of the time of such a test.
    """
    connection = connections["default"]
    statements = connection.ops.sql_flush(no_style(), _tables(), reset_sequences=False, allow_cascade=False)
    connection.ops.execute_sql_flush(statements)


setattr(TransactionTestCase, "_fixture_teardown", _empty_tables)  # noqa: B010 - the stubs do not know it


def _user(name: str, **fields: Any) -> User:
    return User.objects.create_user(name, password=PASSWORD, **fields)


@pytest.fixture
def alice(db: None) -> User:
    """The owner of `project`."""
    return _user("alice")


@pytest.fixture
def bob(db: None) -> User:
    """An annotator of `project`."""
    return _user("bob")


@pytest.fixture
def rita(db: None) -> User:
    """A reviewer of `project`."""
    return _user("rita")


@pytest.fixture
def charlie(db: None) -> User:
    """An outsider: signed in, member of nothing."""
    return _user("charlie")


@pytest.fixture
def project(alice: User, bob: User, rita: User) -> Project:
    """A project with two things and one stuff, owned by alice."""
    project = Project.objects.create(name="Street", created_by=alice, next_category_number=4)
    for number, (name, color, kind) in enumerate(
        [("car", "#e4572e", "thing"), ("person", "#2e86ab", "thing"), ("road", "#6c757d", "stuff")], start=1
    ):
        Category.objects.create(project=project, number=number, name=name, color=color, kind=kind, hotkey=number)
    for user, role in ((alice, Role.OWNER), (bob, Role.ANNOTATOR), (rita, Role.REVIEWER)):
        Membership.objects.create(project=project, user=user, role=role)
    return project


@pytest.fixture
def as_user() -> Callable[[User | None], Client]:
    """A signed-in HTTP client: `as_user(alice)`; `as_user(None)` is signed out."""

    def make(user: User | None) -> Client:
        client = Client()
        if user is not None:
            client.force_login(user)
        return client

    return make


def picture(width: int = 320, height: int = 240, seed: int = 0) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """An RGB picture with a few clear discs on a soft background: something a click can find."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    pixels = np.stack([x * 90 / width, y * 90 / height, np.full_like(x, 60.0)], axis=-1)
    for _ in range(3):
        cx, cy = random.uniform(0.2, 0.8) * width, random.uniform(0.2, 0.8) * height
        inside = (x - cx) ** 2 + (y - cy) ** 2 < (min(width, height) * random.uniform(0.1, 0.2)) ** 2
        pixels[inside] = random.uniform(120, 255, 3)
    return (pixels + random.normal(0, 3, pixels.shape)).clip(0, 255).astype(np.uint8)


@functools.cache
def picture_bytes(width: int = 320, height: int = 240, seed: int = 0, format: str = "PNG") -> bytes:
    """The same as an image file."""
    out = io.BytesIO()
    Pillow.fromarray(picture(width, height, seed)).save(out, format)
    return out.getvalue()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One that is left out on either stack would run on neither (tests/run.py)."""
    for item in items:
        if item.get_closest_marker("once") and item.get_closest_marker("team"):
            raise pytest.UsageError(f"{item.nodeid} is marked once and team: it would never run.")


def pytest_report_header() -> list[str]:
    """Say on which stack the tests run, so that a missing service is seen."""
    database = settings.DATABASES["default"]["ENGINE"].rsplit(".", 1)[-1]
    broker = "embedded Redis" if settings.EMBEDDED_REDIS else os.environ.get("REDIS_URL", "")
    return [f"interlabel: {database} + {broker}"]
