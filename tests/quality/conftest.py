"""Images with several people's sets, made as the product makes them."""

import uuid
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.test import Client

from labeling.accounts.models import User
from labeling.annotations import golden, services
from labeling.annotations.models import AnnotationSet
from labeling.images.models import Image
from labeling.projects.models import Membership, Project, Role
from tests.conftest import PASSWORD
from tests.quality.drawing import SIZE, rectangle

AsUser = Callable[[User | None], Client]
Rectangle = tuple[int, int, int, int]
Drawn = tuple[Rectangle, int]
"""A rectangle `x, y, width, height` and the number of its class."""

CAR, PERSON, ROAD = 1, 2, 3


@pytest.fixture
def dora(project: Project) -> User:
    """Another annotator of `project`."""
    user = User.objects.create_user("dora", password=PASSWORD)
    Membership.objects.create(project=project, user=user, role=Role.ANNOTATOR)
    return user


@pytest.fixture
def new_image(project: Project) -> Callable[[], Image]:
    """Make another image of `project`."""

    def make() -> Image:
        number = project.images.count() + 1
        return Image.objects.create(
            project=project, name=f"{number}.png", sha256=f"{number:064}", width=SIZE.width, height=SIZE.height
        )

    return make


@pytest.fixture
def image(new_image: Callable[[], Image]) -> Image:
    return new_image()


def keep(image: Image, user: User, drawn: Sequence[Drawn], **more: Any) -> int:
    """Keep objects in the user's set of an image; returns its version."""
    kept = AnnotationSet.objects.filter(image=image, author=user).first()
    kept = kept or AnnotationSet.objects.filter(main_of=image).first()
    version = kept.version if kept else 0
    for (x, y, width, height), category in drawn:
        version, _, _ = services.create(
            image, user, version=version, uid=uuid.uuid4(), category=category,
            counts=rectangle(x, y, width, height), clicks=[], **more,
        )  # fmt: skip
    return version


def opinion(image: Image, user: User, drawn: Sequence[Drawn], *, done: bool = True, **more: Any) -> AnnotationSet:
    """An opinion of an image: as handed out, drawn, and finished."""
    kept, _ = AnnotationSet.objects.get_or_create(image=image, kind=AnnotationSet.Kind.OPINION, author=user)
    version = keep(image, user, drawn, **more)
    if done:
        services.set_status(image, user, version=version, status="done")
    kept.refresh_from_db()
    return kept


def truth(image: Image, user: User, drawn: Sequence[Drawn]) -> AnnotationSet:
    """The golden set of an image that a manager labeled, finished and marked."""
    version = keep(image, user, drawn)
    services.set_status(image, user, version=version, status="done")
    return golden.mark(image, user)
