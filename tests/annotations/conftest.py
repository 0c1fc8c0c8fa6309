"""An image to annotate, and short ways to make a mask and to keep it."""

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
from labeling.projects.models import Project

WIDTH, HEIGHT = 40, 30


@pytest.fixture
def image(project: Project) -> Image:
    """An accepted image of `project`. Nothing here looks at its pixels."""
    return Image.objects.create(project=project, name="street.png", sha256="0" * 64, width=WIDTH, height=HEIGHT)


def counts(x: int = 5, y: int = 6, width: int = 7, height: int = 8) -> str:
    """The RLE of a rectangle in the image's view."""
    bits = np.zeros((HEIGHT, WIDTH), bool)
    bits[y : y + height, x : x + width] = True
    return masks.encode(bits)


def new(version: int = 0, **changes: Any) -> dict[str, Any]:
    """The body that keeps a new object."""
    clicks = [[8.5, 9.25, True], [1, 1, False]]
    return {
        "version": version,
        "uid": str(uuid.uuid4()),
        "category": 1,
        "counts": counts(),
        "clicks": clicks,
        **changes,
    }


@pytest.fixture
def keep(image: Image) -> Callable[..., Annotation]:
    """Keep an object as a user does: `keep(bob, version=0)`."""

    def make(user: User, version: int = 0, **changes: Any) -> Annotation:
        body = new(version, **changes)
        body["uid"] = uuid.UUID(body["uid"])
        return services.create(image, user, **body)[1]

    return make


def send(client: Client, method: str, url: str, body: dict[str, Any]) -> Any:
    """A JSON request."""
    return client.generic(method, url, json.dumps(body), "application/json")
