"""Images in every state, made through the real upload."""

import io
from collections.abc import Callable

import pytest

from labeling.features.models import Encoding
from labeling.images import services
from labeling.images.models import Image, UploadItem
from labeling.images.tasks import ingest as ingest_task
from labeling.projects.models import Project
from tests.conftest import picture_bytes

MakeImages = Callable[..., list[Image]]


@pytest.fixture
def make_images(project: Project) -> MakeImages:
    """`make_images(3)`: three accepted, queued images of the project; all of one size unless `sizes` says otherwise."""

    def make(count: int = 1, sizes: list[tuple[int, int]] | None = None, first: int = 0) -> list[Image]:
        upload = services.start_upload(project, project.created_by)
        for number in range(count):
            width, height = sizes[number] if sizes else (160, 120)
            data = picture_bytes(width, height, seed=first + number)
            services.add_file(upload, f"{first + number}.png", io.BytesIO(data))
        services.close(upload)
        ingest_task(upload.pk)
        accepted = UploadItem.objects.filter(upload=upload).values("image")
        return list(Image.objects.filter(pk__in=accepted))

    return make


def state_of(image: Image) -> str:
    """The image's encoding state, read anew."""
    return Encoding.objects.get(image=image).state
