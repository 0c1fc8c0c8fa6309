"""From several opinions to an image's labels: masks that somebody drew, not averages of masks.

The *medoid* is the opinion that agrees best with all others. Of its objects those are taken that enough opinions have
(`quorum_of`). They become the image's labels in one batch of changes, which can be undone like any other.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from labeling.accounts.models import User
from labeling.annotations import services
from labeling.annotations.content import Changed, Created, Deleted, ObjectChange
from labeling.annotations.models import FINISHED, Annotation, AnnotationSet
from labeling.assignment.models import Slot
from labeling.images.models import Image
from labeling.projects.models import Project
from labeling.quality import comparing
from labeling.quality.comparison import Comparison, compare, matches
from labeling.quality.models import ConsensusSettings, PairScore
from labeling.quality.segments import Segment, Size, joined
from labeling.web.api import ApiError

logger = logging.getLogger(__name__)

NAMESPACE = uuid.UUID("5b0f6b1e-64b5-4a6c-9e2b-6c1f0e1d7a55")
"""Of the labels' ids: the same object of the same opinion is the same object of the image whenever this is done."""

Kind = AnnotationSet.Kind


@dataclass(frozen=True)
class Proposal:
    """What the opinions of an image agree on."""

    opinions: int
    quorum: int
    medoid: AnnotationSet
    objects: list[Annotation]
    left_out: int
    """Objects of the medoid that too few others have."""


def quorum_of(opinions: int) -> int:
    """More than half of them."""
    return opinions // 2 + 1


def medoid_of(drawn: Sequence[Sequence[Segment]], size: Size) -> int:
    """Which of the sets agrees best with all others, the first of equals. Two empty sets agree wholly."""
    worth = [0.0] * len(drawn)
    for i in range(len(drawn)):
        for j in range(i + 1, len(drawn)):
            agreement = compare(drawn[i], drawn[j], size).agreement
            worth[i] += 1.0 if agreement is None else agreement
            worth[j] += 1.0 if agreement is None else agreement
    return worth.index(max(worth))


def supported(drawn: Sequence[Sequence[Segment]], chosen: int, quorum: int, size: Size) -> set[str]:
    """Keys of the objects of set `chosen` that at least `quorum` sets have, itself included: same class, IoU of .5 or
    more. Parts of a stuff class go together."""
    mine = joined(drawn[chosen], size)
    votes = [1] * len(mine)
    for index, other in enumerate(drawn):
        if index != chosen:
            for pair in matches(mine, joined(other, size), size):
                votes[pair.one] += 1
    return {key for one, count in zip(mine, votes, strict=True) if count >= quorum for key in one.parts}


def propose(image: Image) -> Proposal:
    """What the finished opinions of an image agree on.

    Raises: ApiError 409 `too_few_opinions` for fewer than two, `golden` for a golden image, whose labels are known.
    """
    if image.golden:
        raise ApiError(409, "golden", "This image is golden: its labels are known, opinions only measure people.")
    sets = finished(image)
    if len(sets) < 2:
        text = f"{len(sets)} finished opinion{'' if len(sets) == 1 else 's'} of this image; it takes two to agree."
        raise ApiError(409, "too_few_opinions", text)
    segments, size = comparing.segments_of(sets, image), Size(image.height, image.width)
    drawn = [segments[one.pk] for one in sets]
    chosen = medoid_of(drawn, size)
    quorum = quorum_of(len(sets))
    keys = supported(drawn, chosen, quorum, size)
    all_of_it = list(sets[chosen].annotations.select_related("category"))
    objects = [one for one in all_of_it if str(one.uid) in keys]
    return Proposal(len(sets), quorum, sets[chosen], objects, len(all_of_it) - len(objects))


def finished(image: Image) -> list[AnnotationSet]:
    """The finished opinions of an image, in a fixed order, with their authors."""
    opinions = AnnotationSet.objects.filter(image=image, kind=Kind.OPINION, copied_version=None, status__in=FINISHED)
    return list(opinions.select_related("author").order_by("pk")[: comparing.MAX_OPINIONS])


@transaction.atomic
def resolve(image: Image, user: User, *, version: int) -> int:
    """Make what the opinions agree on the image's labels: what was there goes, all in one batch.

    version: of the image's labels, as the user saw it. Returns: the version this made. Doing it again changes nothing.
    Raises: ApiError 409 `too_few_opinions`, and as `annotations.services.change_many`.
    """
    proposal = propose(image)
    there = set(Annotation.objects.filter(set__main_of=image).values_list("uid", flat=True))
    wanted = {uuid.uuid5(NAMESPACE, f"{one.set_id}:{one.uid}"): one for one in proposal.objects}
    known = set(map(str, image.project.attributes.values_list("number", flat=True)))
    changes: list[ObjectChange] = [Deleted(uid) for uid in sorted(there - wanted.keys())]
    for uid, one in wanted.items():
        content = {
            "category": one.category.number,
            "counts": one.counts,
            "clicks": [(x, y, positive) for x, y, positive in one.clicks],
            "z": one.z,
            "attributes": {number: value for number, value in one.attributes.items() if number in known},
            "crowd": one.crowd,
        }
        changes.append(Changed(uid, **content) if uid in there else Created(uid, **content))  # type: ignore[arg-type]
    return services.change_many(image, user, version=version, changes=changes, main=True)[0] if changes else version


def passes(image: Image) -> bool:
    """Whether the opinions agree so well that nobody has to look: every class that any of them has reaches its
    threshold (`ConsensusSettings`), over all pairs of opinions. Opinions that are all empty agree."""
    wanted = ConsensusSettings.of(image.project_id)
    found = Comparison()
    for sums in PairScore.objects.filter(image=image, kind=PairScore.Kind.PEERS).values_list("sums", flat=True):
        found.add(Comparison.from_json(sums))
    return found.pairs > 0 and reaches(found, wanted.least, {int(k): v for k, v in wanted.by_class.items()})


def reaches(found: Comparison, least: float, by_class: Mapping[int, float]) -> bool:
    """Whether every class's panoptic quality is at least its threshold."""
    return all((tally.pq or 0.0) >= by_class.get(number, least) for number, tally in found.classes.items())


# Without anybody asking.


def consider(image: Image) -> bool:
    """Once all opinions of an image are in: make its labels of them where the project wants that and they agree well
    enough, else have somebody resolve it. True when it was made.

    Labels that somebody began or finished are left alone, whatever opinions come later.
    """
    if image.golden or not _is_complete(image):
        return False
    main = AnnotationSet.objects.filter(main_of=image).first()
    if main is not None and main.status != AnnotationSet.Status.NEW:
        return False
    if ConsensusSettings.of(image.project_id).automatic and passes(image):
        try:
            take(image, None, version=main.version if main else 0)
            return True
        except ApiError as error:
            logger.warning("the opinions of image %s do not become its labels: %s", image.pk, error.message)
    _ask_somebody(image)
    return False


def _is_complete(image: Image) -> bool:
    """Whether several people were to label the image and nobody is left to."""
    labels = Slot.objects.filter(image=image, kind=Slot.Kind.LABEL)
    opinions = AnnotationSet.objects.filter(image=image, kind=Kind.OPINION, copied_version=None)
    return opinions.count() > 1 and not labels.exclude(state=Slot.State.CLOSED).exists()


@transaction.atomic
def take(image: Image, user: User | None, *, version: int) -> int:
    """Make what the opinions agree on the image's labels, and say that it is done. user: who decided; None: nobody,
    then the changes are of the author of the masks. Returns: the version this made. Raises: as `resolve`."""
    by = user or propose(image).medoid.author or image.project.created_by
    version = resolve(image, by, version=version)
    return services.set_status(image, by, version=version, status=AnnotationSet.Status.DONE, main=True).version


def _ask_somebody(image: Image) -> None:
    """Open a turn at resolving the image, unless there is one."""
    last = Slot.objects.filter(image=image, kind=Slot.Kind.LABEL).select_related("lot").order_by("-pk").first()
    if last is None:
        return
    open_ones = Slot.objects.filter(image=image, kind=Slot.Kind.RESOLVE).exclude(state=Slot.State.CLOSED)
    try:
        with transaction.atomic():
            if not open_ones.exists():
                Slot.objects.create(lot=last.lot, image=image, kind=Slot.Kind.RESOLVE, rank=last.rank, ready=last.ready)
    except IntegrityError:  # another process was quicker
        return


def to_resolve(project: Project) -> QuerySet[Slot]:
    """The turns at resolving images of a project, in their order."""
    slots = Slot.objects.filter(lot__project=project, kind=Slot.Kind.RESOLVE).exclude(state=Slot.State.CLOSED)
    return slots.select_related("image").order_by("lot", "rank", "pk")
