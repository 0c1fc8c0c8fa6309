"""Images of a project in any state, without the work of making them."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from labeling.accounts.models import User
from labeling.annotations.models import AnnotationSet
from labeling.features.models import Encoding
from labeling.images.models import Image
from labeling.projects.models import Project

AsUser = Callable[[User | None], Client]
AddImage = Callable[..., Image]


@pytest.fixture
def add_image(project: Project) -> AddImage:
    """`add_image(state="ready", status=None, opened_by=None, minutes=0, changed_by=None, priority=0)`."""

    def add(
        state: str | None = "ready",
        status: str | None = None,
        opened_by: User | None = None,
        minutes: int = 0,
        changed_by: User | None = None,
        priority: int = 0,
    ) -> Image:
        number = project.images.count() + 1
        image = Image.objects.create(
            project=project, name=f"folder/{number}.jpg", sha256=f"{number:064}", width=640, height=480
        )
        Encoding.objects.filter(image=image).delete()
        if state:
            Encoding.objects.create(image=image, state=state, priority=priority)
        if status or opened_by:
            opened_at = timezone.now() - timedelta(minutes=minutes) if opened_by else None
            AnnotationSet.objects.create(
                image=image, status=status or "new", opened_by=opened_by, opened_at=opened_at, changed_by=changed_by
            )
        return image

    return add
