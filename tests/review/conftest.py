"""Finished images in a project with review."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from django.test import Client

from labeling import masks
from labeling.accounts.models import User
from labeling.annotations import services
from labeling.annotations.models import Annotation
from labeling.images.models import Image
from labeling.projects.models import Project, Role
from labeling.review.models import ReviewSettings

Finish = Callable[..., Image]
AsUser = Callable[[User | None], Client]


def ask(client: Client, method: str, url: str, body: dict[str, Any] | None = None) -> Any:
    """A JSON request and its answer."""
    return client.generic(method, url, data=json.dumps(body or {}), content_type="application/json")


@pytest.fixture
def rules(project: Project) -> ReviewSettings:
    """The project reviews every finished image."""
    return ReviewSettings.objects.create(project=project, enabled=True)


@pytest.fixture
def dora(project: Project) -> User:
    """A second reviewer of `project`."""
    dora = User.objects.create_user("dora", password="correct horse battery")
    project.memberships.create(user=dora, role=Role.REVIEWER)
    return dora


@pytest.fixture
def image(project: Project) -> Image:
    """An image that nobody has touched."""
    return Image.objects.create(project=project, name="a.png", sha256="a" * 64, width=40, height=30)


@pytest.fixture
def keep() -> Callable[..., Annotation]:
    """`keep(image, user)`: a new object, as an editor keeps it."""

    def make(image: Image, user: User, category: int = 1) -> Annotation:
        pixels = np.zeros((image.height, image.width), bool)
        pixels[2:9, 3:12] = True
        version = services.overview(image, user).version
        return services.create(
            image, user, version=version, uid=uuid.uuid4(), category=category, counts=masks.encode(pixels), clicks=[]
        )[1]

    return make


@pytest.fixture
def finished(image: Image, bob: User, rules: ReviewSettings, keep: Callable[..., Annotation]) -> Image:
    """Bob labeled the image: version 2, done."""
    services.touch_open(image, bob)
    keep(image, bob)
    services.set_status(image, bob, version=1, status="done")
    return image
