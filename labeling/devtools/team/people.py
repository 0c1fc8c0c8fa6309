"""People who label and review as fast as they can, each in a thread with a connection of its own."""

import random
import threading
import time
import uuid
from dataclasses import dataclass
from typing import Any

from django.db import connection, connections

from labeling import masks
from labeling.accounts.models import User
from labeling.annotations import services
from labeling.assignment import queue as labeling
from labeling.devtools.team.ledger import Ledger
from labeling.images.models import Image
from labeling.projects.models import Project
from labeling.review import queue as reviewing
from labeling.review.services import Kind, Said, judge, start
from labeling.web.api import ApiError
from labeling.web.trouble import trouble_of

MOST_OBJECTS = 4
TRIES = 20
"""How often a request is sent again that lost a race, as the editor and the server's middleware do."""


IDLE = (0.5, 1.5)
"""Seconds after which somebody who found nothing to do looks again."""


@dataclass
class Work:
    """What everybody shares: the project, the ledger, the share of images that is sent back once, and the end."""

    project: Project
    ledger: Ledger
    send_back: float
    until: float
    counts: list[str]
    done: threading.Event


def labels(work: Work, user: User, seed: int) -> None:
    """Take the next image, keep objects on it, finish it; until everything is accepted."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    while not _over(work):
        with work.ledger.timed():
            image_id = _again(work, lambda: labeling.claim(work.project, user))
        if image_id is None:
            time.sleep(chance.uniform(*IDLE))
            continue
        work.ledger.taken("label", image_id, user.username)
        image = Image.objects.select_related("project").get(pk=image_id)
        _again(work, lambda image=image: services.touch_open(image, user))
        for _ in range(chance.randint(0, MOST_OBJECTS)):
            _keep(work, user, image, chance)
        work.ledger.left("label", image_id, user.username)
        _finish(work, user, image)
    connections.close_all()


def reviews(work: Work, user: User, seed: int) -> None:
    """Take the next finished image and judge it: some are sent back, once."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    while not _over(work):
        with work.ledger.timed():
            image_id = _again(work, lambda: reviewing.claim(work.project, user))
        if image_id is None:
            if not work.project.images.exclude(annotation_set__status="accepted").exists():
                work.done.set()
            time.sleep(chance.uniform(*IDLE))
            continue
        work.ledger.taken("review", image_id, user.username)
        image = Image.objects.select_related("project").get(pk=image_id)
        kept = _again(work, lambda image=image: start(image, user))
        if kept is None:
            work.ledger.left("review", image_id, user.username)
            continue
        back = kept.round == 0 and chance.random() < work.send_back
        said = Said(Kind.SENT_BACK if back else Kind.ACCEPTED, kept.version, "Look again." if back else "")
        work.ledger.left("review", image_id, user.username)
        if _again(work, lambda image=image, said=said: judge(image, user, said)) is not None:
            work.ledger.changed("sent back" if back else "accepted", image_id)
    connections.close_all()


def _over(work: Work) -> bool:
    return work.done.is_set() or time.monotonic() > work.until


def _keep(work: Work, user: User, image: Image, chance: random.Random) -> None:
    uid, counts = uuid.uuid4(), chance.choice(work.counts)

    def create() -> Any:
        version = services.overview(image, user).version
        return services.create(image, user, version=version, uid=uid, category=1, counts=counts, clicks=[])

    if _again(work, create) is not None:
        work.ledger.changed("object kept", image.pk, uid)


def _finish(work: Work, user: User, image: Image) -> None:
    def finish() -> Any:
        version = services.overview(image, user).version
        return services.set_status(image, user, version=version, status="done")

    if _again(work, finish) is not None:
        work.ledger.changed("finished", image.pk)


def _again(work: Work, request: Any) -> Any:
    """A request's answer; None when it was refused. What lost a race is sent again; what is not known is raised."""
    for _ in range(TRIES):
        try:
            return request()
        except ApiError as error:
            work.ledger.refuse(error.code)
            if error.code != "conflict":
                return None
        except Exception as error:
            if trouble_of(error) is None:
                raise
            work.ledger.refuse(type(error).__name__)
            connection.close_if_unusable_or_obsolete()
            time.sleep(0.02)
    work.ledger.refuse("gave up")
    return None


def drawn_counts(side: int) -> list[str]:
    """Some masks on a square view, as RLE."""
    import numpy as np

    y, x = np.mgrid[0:side, 0:side]
    return [
        masks.encode((x - side / 2) ** 2 + (y - side / 2) ** 2 < (side * part) ** 2) for part in (0.1, 0.2, 0.3, 0.45)
    ]
