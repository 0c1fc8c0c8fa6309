"""Running a management command and reading what it says."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command


@pytest.fixture
def command() -> Callable[..., str]:
    """`command("export", "1", "--format", "coco")` gives what was printed."""

    def run(*words: str, **options: Any) -> str:
        out = io.StringIO()
        call_command(*words, stdout=out, **options)
        return out.getvalue()

    return run
