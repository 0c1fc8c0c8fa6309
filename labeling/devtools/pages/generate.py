"""A project with many images and objects, written as rows: no picture is decoded and nothing encoded."""

import random
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TypeVar

from django.db import models, transaction
from django.utils import timezone

from labeling.accounts.models import User
from labeling.annotations.models import Annotation, AnnotationEvent, AnnotationSet
from labeling.assignment.lots import default_lot
from labeling.assignment.models import Slot
from labeling.devtools.team.people import drawn_counts
from labeling.features.models import Encoding
from labeling.images.models import Image
from labeling.masks import area_and_box
from labeling.projects.models import Category, Project, Role
from labeling.projects.services import create_project

CHUNK = 2000
SIDE = 64
CLASSES = 20
PEOPLE = 10
STATUSES = ("new", "in_progress", "done", "accepted", "accepted", "sent_back", "skipped", "done")
DAYS = 60

Row = TypeVar("Row", bound=models.Model)


def generate(images: int, objects: int, tell: Callable[[str], None] = lambda text: None) -> tuple[Project, list[User]]:
    """Make a project with so many images, each in one of all states, and so many objects on those that are begun.

    Returns: the project and its people, a manager first.
    """
    mark = time.time_ns()
    users = [User.objects.create(username=f"pages-{mark}-{number}") for number in range(PEOPLE)]
    classes = [{"name": f"class {number}"} for number in range(CLASSES)]
    project = create_project(name=f"bench_pages {mark}", user=users[0], categories=classes)
    for number, user in enumerate(users[1:]):
        project.memberships.create(user=user, role=Role.REVIEWER if number < 2 else Role.ANNOTATOR)
    each = -(-objects // max(1, images))
    lot, categories = default_lot(project.pk), list(project.categories.all())
    for start in range(0, images, CHUNK):
        with transaction.atomic():
            made = _save(Image, _images(project, mark, start, min(CHUNK, images - start)))
            sets = _save(AnnotationSet, _sets(made, users))
            _save(Annotation, _objects(sets, categories, users, each))
            _save(AnnotationEvent, _events(sets))
            _save(Encoding, (Encoding(image=one, state=Encoding.State.READY) for one in made))
            _save(Slot, (_slot(lot.pk, one) for one in sets))
        tell(f"{start + len(made)} images")
    return project, users


def _save(model: type[Row], rows: Iterator[Row]) -> list[Row]:
    return list(model._default_manager.bulk_create(list(rows), batch_size=CHUNK))


def _images(project: Project, mark: int, start: int, count: int) -> Iterator[Image]:
    for number in range(start, start + count):
        name = f"street/{number // 1000:03}/frame {number:07}.jpg"
        yield Image(project=project, name=name, sha256=f"{mark:032x}{number:032x}", width=SIDE, height=SIDE)


def _sets(images: list[Image], users: list[User]) -> Iterator[AnnotationSet]:
    chance, now = random.Random(images[0].pk), timezone.now()  # noqa: S311 - no secret
    for number, image in enumerate(images):
        who, when = chance.choice(users), now - timedelta(days=chance.uniform(0, DAYS))
        status = STATUSES[number % len(STATUSES)]
        yield AnnotationSet(
            image=image, main_of=image, status=status, version=0 if status == "new" else 1, changed_by=who,
            changed_at=when, finished_by=who if status in ("done", "accepted") else None, finished_at=when,
            round=int(status == "sent_back"), note="Look at the left edge." if number % 50 == 0 else "",
        )  # fmt: skip


def _objects(
    sets: list[AnnotationSet], categories: list[Category], users: list[User], each: int
) -> Iterator[Annotation]:
    shapes = [(counts, *area_and_box(counts, SIDE, SIDE)) for counts in drawn_counts(SIDE)]
    chance = random.Random(sets[0].pk)  # noqa: S311 - no secret
    begun = [one for one in sets if one.version]
    for kept in begun:
        for z in range(-(-each * len(sets) // len(begun))):
            counts, area, box = chance.choice(shapes)
            yield Annotation(
                set=kept, uid=uuid.uuid4(), category=chance.choice(categories), counts=counts, area=area,
                bbox_x=box.x, bbox_y=box.y, bbox_width=box.width, bbox_height=box.height, clicks=[[9.5, 9.5, True]],
                z=z, created_by=chance.choice(users),
            )  # fmt: skip


def _events(sets: list[AnnotationSet]) -> Iterator[AnnotationEvent]:
    for kept in sets:
        if kept.version:
            yield AnnotationEvent(
                set=kept, version=1, kind="status", user=kept.changed_by, before={"status": "new"},
                after={"status": kept.status},
            )  # fmt: skip


def _slot(lot: int, kept: AnnotationSet) -> Slot:
    done = kept.status in ("done", "accepted", "skipped")
    kind = "fix" if kept.status == "sent_back" else "label"
    return Slot(
        lot_id=lot, image_id=kept.image_id, kind=kind, rank=kept.image_id, ready=True,
        state="closed" if done else "open", member=kept.changed_by if kind == "fix" else None,
    )  # fmt: skip
