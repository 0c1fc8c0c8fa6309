"""Projects for measuring exports and imports, written as rows: no picture is drawn and nothing is encoded."""

import random
import time
import uuid
from collections.abc import Iterator
from functools import cache
from typing import TypeVar

import numpy as np
from django.db import models, transaction

from labeling import masks
from labeling.accounts.models import User
from labeling.annotations.models import Annotation, AnnotationSet
from labeling.assignment.lots import default_lot, fill
from labeling.images.models import Image
from labeling.projects.models import Project
from labeling.projects.services import create_project

HEIGHT, WIDTH = 480, 640
CLASSES = 20
PER_IMAGE = 7
"""Objects of an image, as COCO has them."""

SHAPES = 128
HOLED = 16
"""One shape of so many has a hole."""

CHUNK = 500
Row = TypeVar("Row", bound=models.Model)


def labeled(objects: int, user: User) -> Project:
    """A project of so many objects, seven on an image, of 20 classes."""
    project = empty(-(-objects // PER_IMAGE), user)
    chance, drawn, left = random.Random(1), shapes(), objects  # noqa: S311 - no secret
    categories = list(project.categories.all())
    images = list(project.images.order_by("pk"))
    for start in range(0, len(images), CHUNK):
        with transaction.atomic():
            some = images[start : start + CHUNK]
            sets = [
                AnnotationSet(image=one, main_of=one, status=AnnotationSet.Status.DONE, version=PER_IMAGE,
                              objects_kept=min(PER_IMAGE, left - PER_IMAGE * place), changed_by=user)
                for place, one in enumerate(some)
            ]  # fmt: skip
            rows = []
            for kept in _saved(AnnotationSet, sets):
                for z in range(kept.objects_kept):
                    counts, area, box = chance.choice(drawn)
                    rows.append(
                        Annotation(
                            set=kept, uid=uuid.UUID(int=chance.getrandbits(128)), category=chance.choice(categories),
                            counts=counts, area=area, bbox_x=box.x, bbox_y=box.y, bbox_width=box.width,
                            bbox_height=box.height, z=z, created_by=user,
                        )
                    )  # fmt: skip
            _saved(Annotation, rows)
            left -= len(rows)
    return project


def empty(images: int, user: User) -> Project:
    """A project of so many images without labels, called as those of `labeled`."""
    mark = time.time_ns()
    classes = [{"name": f"class {number}"} for number in range(CLASSES)]
    project = create_project(name=f"bench_exchange {mark}", user=user, categories=classes)
    lot = default_lot(project.pk)
    for start in range(0, images, CHUNK):
        numbers = range(start, min(images, start + CHUNK))
        rows = [
            Image(project=project, name=f"street/{one // 1000:03}/frame {one:07}.jpg",
                  sha256=f"{mark:032x}{one:032x}", width=WIDTH, height=HEIGHT)
            for one in numbers
        ]  # fmt: skip
        with transaction.atomic():
            fill(lot, [one.pk for one in _saved(Image, rows)])
    return project


def _saved(model: type[Row], rows: list[Row]) -> list[Row]:
    return list(model._default_manager.bulk_create(rows, batch_size=CHUNK))


@cache
def shapes() -> list[tuple[str, int, masks.Box]]:
    """Masks of objects as they are drawn: uneven outlines of 10 to 200 pixels across, each with its area and box."""
    chance = np.random.default_rng(1)
    return [_with_box(bits) for bits in _drawn(chance)]


def _with_box(counts: str) -> tuple[str, int, masks.Box]:
    return counts, *masks.area_and_box(counts, HEIGHT, WIDTH)


def _drawn(chance: np.random.Generator) -> Iterator[str]:
    for number in range(SHAPES):
        radius = chance.uniform(5, 100)
        half = int(radius * 1.5) + 2
        y, x = np.mgrid[-half : half + 1, -half : half + 1]
        angle, waves = np.arctan2(y, x), np.ones(x.shape)
        for wave in range(2, 12):
            waves += chance.normal(0, 0.25 / wave) * np.cos(wave * angle + chance.uniform(0, 2 * np.pi))
        bits = np.hypot(x, y) < radius * waves
        if number % HOLED == 0:
            bits &= np.hypot(x, y) > radius * 0.3
        bits[half, half + 3] = True
        side = bits.shape[0]
        left, top = int(chance.integers(0, WIDTH - side)), int(chance.integers(0, HEIGHT - side))
        yield masks.encode_patch(bits, left, top, HEIGHT, WIDTH)
