"""From several opinions to an image's labels: masks that somebody drew, not averages of masks.

The *medoid* is the opinion that agrees best with all others. Of its objects those are taken that enough opinions have
(`quorum_of`). They become the image's labels in one batch of changes, which can be undone like any other.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction

from labeling.accounts.models import User
from labeling.annotations import services
from labeling.annotations.content import Changed, Created, Deleted, ObjectChange
from labeling.annotations.models import FINISHED, Annotation, AnnotationSet
from labeling.images.models import Image
from labeling.quality import comparing
from labeling.quality.comparison import Comparison, compare, matches
from labeling.quality.models import ConsensusSettings, PairScore
from labeling.quality.segments import Segment, Size, joined
from labeling.web.api import ApiError

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
    opinions = AnnotationSet.objects.filter(image=image, kind=Kind.OPINION, status__in=FINISHED)
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
