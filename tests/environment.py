"""Loaded by pytest before Django's settings: every run gets a data directory of its own, never the developer's."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

HOME = Path(tempfile.mkdtemp(prefix="interlabel-test-"))
os.environ["INTERLABEL_HOME"] = str(HOME)
os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "0" * 40)
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright's own loop runs beside the ORM in tests


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(HOME, ignore_errors=True)
