"""Golden images: finished images whose labels are the truth that people are measured against.

A golden image has a set of its own that holds the truth: a copy of the labels of the moment when a manager marked it.
It is handed out like any other image, at random places; who gets it has an opinion there, sees nothing of the truth
(`Image.hidden_from`) and is told nothing of the image afterwards. Who had labeled it before goes on seeing what they
labeled (`own_copy`).
"""

import hashlib

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404
from django.utils import timezone

from labeling.accounts.models import User
from labeling.annotations.models import FINISHED, Annotation, AnnotationEvent, AnnotationSet
from labeling.annotations.own_copy import drop_unchanged, keep_apart
from labeling.annotations.versions import log
from labeling.audit.actions import Action
from labeling.audit.services import record
from labeling.database.locks import hold
from labeling.images.models import Image
from labeling.web.api import ApiError

Kind = AnnotationSet.Kind


@transaction.atomic
def mark(image: Image, user: User) -> AnnotationSet:
    """Make an image golden: its labels as they are now become the truth. Again: they replace the truth of before.

    Raises: ApiError 409 `not_finished`; Http404 when the image was deleted.
    """
    if not hold(Image, image.pk):
        raise Http404("This image was deleted meanwhile.")
    main = AnnotationSet.objects.select_for_update().filter(main_of=image).first()
    if main is None or main.status not in FINISHED:
        text = "Only a finished image can be golden: its labels are the truth. Finish it first."
        raise ApiError(409, "not_finished", text)
    truth, new = AnnotationSet.objects.get_or_create(image=image, kind=Kind.GOLDEN)
    copied = {"status": AnnotationSet.Status.DONE, "copied_version": main.version}
    last = truth.events.order_by("version").last()
    if new or last is None or last.after != copied:
        _copy(main, truth, user, copied)
        record(Action.GOLDEN_MARKED, by=user, about=image, project=image.project, version=main.version)
    keep_apart(image, main)
    Image.objects.filter(pk=image.pk).update(golden=True)
    image.golden = True
    return truth


def _copy(main: AnnotationSet, truth: AnnotationSet, user: User, copied: dict[str, object]) -> None:
    truth.annotations.all().delete()
    rows = list(main.annotations.all())
    for one in rows:
        one.pk, one.set = None, truth
    Annotation.objects.bulk_create(rows)
    truth.version += 1
    truth.status, truth.changed_by, truth.changed_at = AnnotationSet.Status.DONE, user, timezone.now()
    truth.save()
    kind = AnnotationEvent.Kind.STATUS
    log(truth, [AnnotationEvent(set=truth, version=truth.version, kind=kind, user=user, before=None, after=copied)])


@transaction.atomic
def unmark(image: Image, user: User) -> bool:
    """An image like any other again; people's opinions of it stay. False when it was not golden."""
    if not hold(Image, image.pk):
        raise Http404("This image was deleted meanwhile.")
    Image.objects.filter(pk=image.pk).update(golden=False)
    image.golden = False
    drop_unchanged(image)
    deleted, _ = AnnotationSet.objects.filter(image=image, kind=Kind.GOLDEN).delete()
    if deleted:
        record(Action.GOLDEN_REMOVED, by=user, about=image, project=image.project)
    return deleted > 0


def unseen(project_id: int, user: User) -> QuerySet[Image]:
    """Golden images that somebody can be handed: they never had to do with the image, and it is ready to be labeled."""
    theirs = AnnotationEvent.objects.filter(set__image=OuterRef("pk"), user=user)
    opinions = AnnotationSet.objects.filter(image=OuterRef("pk"), author=user, kind=Kind.OPINION)
    images = Image.objects.filter(project_id=project_id, golden=True, encoding__state="ready")
    return images.filter(~Exists(theirs), ~Exists(opinions))


def is_turn(lot_id: int, user_id: int, turn: int, every: int) -> bool:
    """Whether the `turn`-th image (from 0) that somebody gets of a lot should be a golden one: one in `every`; 0: none.

    It looks random, so that nobody can know the next place, but asking again gives the same answer.
    """
    if every < 1:
        return False
    name = f"{settings.SECRET_KEY}:golden:{lot_id}:{user_id}:{turn}"
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) % every == 0


def choose(project_id: int, user: User, lot_id: int, turn: int, every: int) -> int | None:
    """The golden image to hand out at a turn of somebody's in a lot; None: an ordinary one.

    Which of those they have not seen looks random, too, so that two people do not meet them in the same order.
    """
    if not is_turn(lot_id, user.pk, turn, every):
        return None
    ids = list(unseen(project_id, user).order_by("pk").values_list("pk", flat=True))
    if not ids:
        return None
    name = f"{settings.SECRET_KEY}:which:{lot_id}:{user.pk}:{turn}"
    return ids[int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) % len(ids)]
