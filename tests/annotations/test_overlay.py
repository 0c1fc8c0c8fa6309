"""The masks over a thumbnail."""

import io
from collections.abc import Callable
from uuid import UUID

import numpy as np
from django.test import Client
from PIL import Image as Pillow

from labeling import masks
from labeling.accounts.models import User
from labeling.annotations.models import AnnotationSet
from labeling.annotations.overlay import OPACITY, draw, size_of
from labeling.annotations.services import create
from labeling.images.models import Image
from labeling.projects.models import Project


def make(project: Project, width: int = 3000, height: int = 1000) -> Image:
    return Image.objects.create(project=project, name="a.png", sha256="0" * 64, width=width, height=height)


def keep(image: Image, user: User, number: int, bits: np.ndarray, version: int) -> None:
    create(image, user, version=version, uid=UUID(int=number), category=number, counts=masks.encode(bits), clicks=[])


def pixels(png: bytes) -> np.ndarray:
    return np.array(Pillow.open(io.BytesIO(png)))


def test_masks_in_the_colours_of_their_classes_the_upper_ones_over_the_lower(project: Project, alice: User) -> None:
    image = make(project)
    left, upper = np.zeros((1000, 3000), bool), np.zeros((1000, 3000), bool)
    left[:, :1500], upper[:500, :750] = True, True
    keep(image, alice, 1, left, 0)
    keep(image, alice, 2, upper, 1)
    found = pixels(draw(image, AnnotationSet.objects.get(main_of=image)))
    assert found.shape == (107, 320, 4)
    assert size_of(image) == (320, 107)
    assert found[100, 10].tolist() == [0xE4, 0x57, 0x2E, OPACITY]
    assert found[10, 10].tolist() == [0x2E, 0x86, 0xAB, OPACITY]
    assert found[10, 300, 3] == 0


def test_an_image_without_labels_is_empty(project: Project) -> None:
    assert not pixels(draw(make(project), None)).any()


def test_it_may_be_kept_as_long_as_the_version_stands(
    project: Project, alice: User, bob: User, charlie: User, as_user: Callable[[User | None], Client]
) -> None:
    image = make(project, 40, 30)
    keep(image, alice, 1, np.ones((30, 40), bool), 0)
    url = f"/images/{image.pk}/overlay"
    assert "immutable" in as_user(bob).get(f"{url}?v=1")["Cache-Control"]
    assert "no-cache" in as_user(bob).get(f"{url}?v=2")["Cache-Control"]
    assert as_user(charlie).get(url).status_code == 404


def test_sampling_is_what_decoding_gives() -> None:
    random = np.random.default_rng(5)
    bits = random.random((97, 131)) < 0.4
    rows, columns = np.sort(random.integers(0, 97, 20)), np.sort(random.integers(0, 131, 30))
    found = masks.sampled(masks.encode(bits), 97, 131, rows, columns)
    assert np.array_equal(found, bits[np.ix_(rows, columns)])
