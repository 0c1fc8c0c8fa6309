"""A project with kept objects, and short ways to export it."""

import io
import json
import uuid
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.files.base import ContentFile

from labeling import masks
from labeling.accounts.models import User
from labeling.annotations import services as annotations
from labeling.annotations.models import Annotation
from labeling.exchange import build
from labeling.exchange.registry import format_named
from labeling.images.models import Image
from labeling.projects.models import Project
from tests.conftest import picture_bytes

WIDTH, HEIGHT = 48, 36


@dataclass
class Zip:
    """An export, read back."""

    content: bytes
    names: list[str] = field(init=False)

    def __post_init__(self) -> None:
        with zipfile.ZipFile(io.BytesIO(self.content)) as archive:
            assert archive.testzip() is None
            self.names = archive.namelist()

    def read(self, name: str) -> bytes:
        with zipfile.ZipFile(io.BytesIO(self.content)) as archive:
            return archive.read(name)

    def json(self, name: str) -> Any:
        return json.loads(self.read(name))


AddImage = Callable[..., Image]
Keep = Callable[..., Annotation]
MakeZip = Callable[..., Zip]


@pytest.fixture
def add_image(project: Project) -> AddImage:
    """An image of `project` with real files: `add_image("a/b.png")`."""

    def add(name: str = "street.png", width: int = WIDTH, height: int = HEIGHT, view: str | None = None) -> Image:
        content = picture_bytes(width, height, seed=Image.objects.count())
        image = Image(project=project, name=name, sha256=uuid.uuid4().hex * 2, width=width, height=height)
        original = image.original.field.storage.save(f"{uuid.uuid4().hex}{Path(name).suffix}", ContentFile(content))
        image.original = image.view = original
        if view:
            image.view = image.original.field.storage.save(f"{uuid.uuid4().hex}{view}", ContentFile(content))
        image.save()
        return image

    return add


def box(x: int, y: int, width: int, height: int, *, of: tuple[int, int] = (HEIGHT, WIDTH)) -> masks.Bits:
    """A rectangle as a mask."""
    bits = np.zeros(of, bool)
    bits[y : y + height, x : x + width] = True
    return bits


@pytest.fixture
def keep(bob: User) -> Keep:
    """Keep an object as an annotator does: `keep(image, bits, category=2)`."""

    def make(image: Image, bits: masks.Bits, category: int = 1) -> Annotation:
        version = annotations.overview(image, bob).version
        return annotations.create(
            image, bob, version=version, uid=uuid.uuid4(), category=category, counts=masks.encode(bits), clicks=[]
        )[1]

    return make


@pytest.fixture
def make_zip(project: Project, tmp_path: Path) -> MakeZip:
    """Export `project` in process: `make_zip("coco", segmentation="polygons")`."""

    def make(format: str, **options: Any) -> Zip:
        path = tmp_path / "out.zip"
        found = format_named(format)
        build.write_zip(project, found, found.parse(options), path, lambda done, total: None)
        assert [one.name for one in tmp_path.iterdir()] == ["out.zip"]
        return Zip(path.read_bytes())

    return make
