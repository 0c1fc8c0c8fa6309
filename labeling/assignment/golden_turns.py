"""Golden images among the images that annotators get: in place of an ordinary turn, at places that look random."""

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from labeling.accounts.models import User
from labeling.annotations import golden
from labeling.annotations.models import AnnotationSet
from labeling.assignment.models import Slot, Touched
from labeling.assignment.turns import HOLD
from labeling.projects.access import MEASURED, standing_of


def take_instead(row: Slot, user: User) -> Slot | None:
    """A turn at a golden image instead of `row`, which the user would get; None: `row` it is.

    Only where the lot has a rate, for those who are measured, and in place of an image that they have not begun. The
    place is by how many images they have had, so that asking again for the next image gives no second one.
    """
    every = row.lot.golden_every
    if not every or row.kind != Slot.Kind.LABEL or row.held_by_id == user.pk:
        return None
    standing = standing_of(user, row.lot.project_id)
    touched = Touched.objects.filter(user=user)
    if standing is None or standing.role not in MEASURED or touched.filter(image=row.image_id).exists():
        return None
    turn = touched.filter(image__project=row.lot.project_id).count()
    image = golden.choose(row.lot.project_id, user, row.lot_id, turn, every)
    return _taken(row, user, image) if image is not None else None


def _taken(row: Slot, user: User, image_id: int) -> Slot | None:
    """The user's turn at a golden image, with an opinion of their own; None when somebody was quicker."""
    now = timezone.now()
    others = Slot.objects.filter(image=image_id, kind=Slot.Kind.LABEL)
    fold = (others.aggregate(highest=Max("fold"))["highest"] or 0) + 1
    kind = AnnotationSet.Kind.OPINION
    try:
        with transaction.atomic():
            opinion, _ = AnnotationSet.objects.get_or_create(image_id=image_id, author=user, kind=kind)
            Touched.objects.get_or_create(image_id=image_id, user=user)
            return Slot.objects.create(
                lot=row.lot, image_id=image_id, set=opinion, kind=Slot.Kind.LABEL, fold=fold, member=user, ready=True,
                rank=image_id, state=Slot.State.HELD, held_by=user, held_until=now + HOLD,
            )  # fmt: skip
    except IntegrityError:
        return None
