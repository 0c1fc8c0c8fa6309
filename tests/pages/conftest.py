"""Images of a project in any state, without the work of making them."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from labeling.accounts.models import User
from labeling.annotations.models import ENDED, AnnotationSet
from labeling.annotations.services import touch_open
from labeling.assignment.models import Slot
from labeling.assignment.turns import HOLD
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
        Slot.objects.filter(image=image).update(ready=state == "ready")
        if status or opened_by:
            AnnotationSet.objects.create(image=image, status=status or "new", changed_by=changed_by)
        if status in ENDED:
            Slot.objects.filter(image=image).update(state="closed")
        if opened_by:
            touch_open(image, opened_by)
            Slot.objects.filter(image=image).update(held_until=timezone.now() + HOLD - timedelta(minutes=minutes))
        return image

    return add
