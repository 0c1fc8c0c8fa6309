"""The pages of a large project ask the database as often as those of a small one."""

import uuid
from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from labeling.accounts.models import User
from labeling.features.models import Encoding
from labeling.images.models import Image
from labeling.pages.gallery import NAMED, images_page
from labeling.pages.project_page import project_data
from labeling.pages.queue import next_images
from labeling.projects.access import Standing
from labeling.projects.models import Project, Role

pytestmark = pytest.mark.django_db


def add(project: Project, count: int) -> None:
    rows = [
        Image(project=project, name=f"{n}.png", sha256=uuid.uuid4().hex * 2, width=32, height=24) for n in range(count)
    ]
    images = Image.objects.bulk_create(rows)
    Encoding.objects.bulk_create([Encoding(image=image, state="ready") for image in images])


@pytest.mark.parametrize(
    "ask",
    [
        lambda project, user: project_data(project, user, Standing(Role.MANAGER)),
        lambda project, user: images_page(project, Role.MANAGER, asked=NAMED["todo"], user=user),
        lambda project, user: next_images(project, user, Standing(Role.ANNOTATOR)),
        lambda project, user: next_images(project, user, Standing(Role.ANNOTATOR), project.images.first().pk),
    ],
    ids=["project page", "gallery", "next", "next after"],
)
def test_queries_do_not_grow_with_images(ask: Callable[[Project, User], object], project: Project, alice: User) -> None:
    counts = []
    for more in (70, 2000):
        add(project, more)
        with CaptureQueriesContext(connection) as queries:
            ask(project, alice)
        counts.append(len(queries))
    assert counts[0] == counts[1] < 25
