"""A project in which some work was done, on days that are given."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from labeling.accounts.models import User
from labeling.annotations import services
from labeling.annotations.models import Annotation
from labeling.images.models import Image
from labeling.projects.models import Project
from tests.annotations.conftest import HEIGHT, WIDTH, counts

NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
AddImage = Callable[..., Image]


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Work some days ago, `seconds` after noon: `with at(3, 20): …`."""

    @contextmanager
    def shift(days: int, seconds: float = 0) -> Iterator[None]:
        with monkeypatch.context() as patch:
            patch.setattr(timezone, "now", lambda: NOON - timedelta(days=days) + timedelta(seconds=seconds))
            yield

    return shift


@pytest.fixture
def add_image(project: Project) -> AddImage:
    """An image of `project`; nothing here looks at its pixels."""

    def add(**fields: Any) -> Image:
        number = Image.objects.count()
        return Image.objects.create(
            project=project, name=f"{number}.png", sha256=f"{number:064}", width=WIDTH, height=HEIGHT, **fields
        )

    return add


def keep(image: Image, user: User, version: int, clicks: int = 2, category: int = 1, **more: Any) -> Annotation:
    """Keep an object of 7 × 8 pixels that took so many clicks."""
    given = {"uid": uuid.uuid4(), "counts": counts(), "clicks": [(5.0, 6.0, True)] * clicks, **more}
    return services.create(image, user, version=version, category=category, **given)[1]
