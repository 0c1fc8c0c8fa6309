"""Deciding about suggestions. Accepting goes through `annotations.services` like any keeping of an object: same
version rule, same event log; the state of the suggestion follows that log (`state_sync.py`)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from inference.heads.proposals import drop_covered
from labeling.accounts.models import User
from labeling.annotations import services as annotations
from labeling.annotations.models import FINISHED, Annotation, AnnotationSet
from labeling.annotations.overlaps import free_part
from labeling.annotations.schemas import AnnotationData
from labeling.annotations.services import OPEN_FOR
from labeling.images.models import Image
from labeling.projects.models import Project
from labeling.suggestions import registry
from labeling.suggestions.models import Suggestion
from labeling.suggestions.open_suggestions import COVERED, as_proposal, kept_masks, offered
from labeling.suggestions.schemas import AcceptedData, AcceptedInProject, AcceptedOn, Skipped, SuggestionsMessage
from labeling.suggestions.signals import suggestions_decided
from labeling.web import events
from labeling.web.api import ApiError

IMAGES_AT_ONCE = 20
"""Images that one request accepts on; the client asks again with `next`."""

NO_CLASS, IS_COVERED = "no_class", "covered"
State = Suggestion.State


@dataclass(frozen=True)
class Wanted:
    """A suggestion to accept; what is given replaces what was suggested."""

    uid: UUID
    category: int | None = None
    counts: str | None = None
    clicks: Sequence[annotations.Click] | None = None


@dataclass
class Accepted:
    """What was kept of an image's suggestions, and why others were not."""

    version: int
    annotations: list[Annotation] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    def answer(self) -> AcceptedData:
        kept = [AnnotationData.of(one) for one in self.annotations]
        return AcceptedData(version=self.version, annotations=kept, skipped=self.skipped)


@dataclass(frozen=True)
class Choice:
    """Which of the offered suggestions: at least `above`, of a class (its number), of methods. `give`: the class for
    those that have none."""

    above: float = 0.0
    category: int | None = None
    methods: tuple[str, ...] = ()
    give: int | None = None

    def of(self, image: Image) -> list[Suggestion]:
        found = offered(image, self.methods, self.above)
        if self.category is None:
            return found
        return [row for row in found if row.category is not None and row.category.number == self.category]


@transaction.atomic
def accept(image: Image, user: User, version: int, wanted: Sequence[Wanted]) -> Accepted:
    """Keep these suggestions as annotations, all or none. Sent again it changes nothing.

    Raises: ApiError 404 `no_such_suggestion`, 400 `no_class` and what `annotations.services.create` raises; then none
    is kept.
    """
    rows = {row.uid: row for row in _rows(image, [one.uid for one in wanted])}
    result = Accepted(version)
    for one in wanted:
        row = rows.get(one.uid)
        if row is None:
            message = f"There is no suggestion {one.uid} on this image any more. Reload the suggestions."
            raise ApiError(404, "no_such_suggestion", message)
        _keep(row, user, result, one)
    return result


@transaction.atomic
def accept_all(image: Image, user: User, version: int, choice: Choice) -> Accepted:
    """Keep all offered suggestions that are chosen, best first, without those over what is kept meanwhile and those
    without a class. Raises: ApiError 409 `conflict`; then none is kept."""
    _check_version(image, user, version)
    result, kept = Accepted(version), kept_masks(image)
    for row in choice.of(image):
        if row.category is None and choice.give is None:
            result.skipped.append(Skipped(uid=row.uid, reason=NO_CLASS))
        elif not drop_covered([as_proposal(row)], kept, COVERED) or _free(row) is None:
            result.skipped.append(Skipped(uid=row.uid, reason=IS_COVERED))
        else:
            _keep(row, user, result, Wanted(row.uid, None if row.category else choice.give))
            kept.append(row.rle)
    return result


def accept_in_project(project: Project, user: User, choice: Choice, after: int = 0) -> AcceptedInProject:
    """`accept_all` on up to `IMAGES_AT_ONCE` images with an id above `after`, each in a transaction of its own.

    Left alone are images that are done and those that somebody else has open now. Returns what became of each image,
    and `next`: the `after` of the next request, None at the end.
    """
    rows = Suggestion.objects.filter(image__project=project, state=State.OPEN, score__gte=choice.above)
    if choice.category is not None:
        rows = rows.filter(category__number=choice.category)
    rows = rows.filter(method__in=choice.methods) if choice.methods else rows.exclude(method__in=registry.for_phrases())
    waiting = Image.objects.filter(pk__in=rows.values("image"), pk__gt=after).order_by("pk")
    images = list(waiting[: IMAGES_AT_ONCE + 1])
    results = [_accept_on(image, user, choice) for image in images[:IMAGES_AT_ONCE]]
    more = len(images) > IMAGES_AT_ONCE
    return AcceptedInProject(images=results, next=images[IMAGES_AT_ONCE - 1].pk if more else None)


def _accept_on(image: Image, user: User, choice: Choice) -> AcceptedOn:
    none = AcceptedOn(image=image.pk, name=image.name, accepted=0, skipped=0)
    kept = AnnotationSet.objects.filter(main_of=image).first()
    if kept is not None and kept.status in FINISHED:
        return none.model_copy(update={"reason": "The image is done."})
    recent = kept is not None and kept.opened_at is not None and kept.opened_at > timezone.now() - OPEN_FOR
    if kept is not None and recent and kept.opened_by_id not in (None, user.pk):
        return none.model_copy(update={"reason": "Someone else has the image open."})
    try:
        result = accept_all(image, user, kept.version if kept else 0, choice)
    except ApiError as error:
        return none.model_copy(update={"reason": error.message})
    return none.model_copy(update={"accepted": len(result.annotations), "skipped": len(result.skipped)})


def _keep(row: Suggestion, user: User, result: Accepted, wanted: Wanted) -> None:
    """Keep one; the version it made is the next one's."""
    category = wanted.category or (row.category.number if row.category else None)
    if category is None:
        message = f"The suggestion “{row.word or row.method}” has no class of this project. Select a class for it."
        raise ApiError(400, NO_CLASS, message, uid=str(row.uid))
    clicks = row.clicks if wanted.counts is None and wanted.clicks is None else wanted.clicks or []
    result.version, annotation, _ = annotations.create(
        row.image, user, version=result.version, uid=row.uid, category=category,
        counts=wanted.counts or _free(row) or row.counts, clicks=[(x, y, positive) for x, y, positive in clicks],
    )  # fmt: skip
    result.annotations.append(annotation)


def _free(row: Suggestion) -> str | None:
    """The suggested mask as it can be kept: in a panoptic project only what belongs to no object yet; None: nothing."""
    return free_part(row.image, row.counts, besides=row.uid) if row.image.project.panoptic else row.counts


def _check_version(image: Image, user: User, version: int) -> None:
    """An empty choice makes no version, but whoever asked for it with an old one still has to know."""
    now = annotations.overview(image, user)
    if now.version != version:
        message = f"The image was changed since you loaded it (version {version}, now {now.version}). Reload it."
        raise ApiError(409, "conflict", message, current=now.plain())


def reject(image: Image, user: User, uids: Sequence[UUID]) -> int:
    """Remember that these are no objects: no later run proposes them again. Returns how many were rejected now; those
    that were decided before stay as they are."""
    rows = _known(image, uids).filter(state__in=[State.OPEN, State.STALE])
    with transaction.atomic():
        count = rows.update(state=State.REJECTED, decided_by=user, decided_at=timezone.now())
        suggestions_decided.send(sender=Suggestion, image=image)
    return count


def reopen(image: Image, uids: Sequence[UUID]) -> int:
    """Take a rejection back. Returns how many are open again."""
    rows = _known(image, uids).filter(state=State.REJECTED)
    with transaction.atomic():
        count = rows.update(state=State.OPEN, decided_by=None, decided_at=None)
        suggestions_decided.send(sender=Suggestion, image=image)
    return count


def _known(image: Image, uids: Sequence[UUID]) -> QuerySet[Suggestion]:
    """Raises: ApiError 404 when one is not there."""
    rows = Suggestion.objects.filter(image=image, uid__in=uids)
    missing = set(uids) - set(rows.values_list("uid", flat=True))
    if missing:
        message = f"There is no suggestion {min(missing)} on this image any more. Reload the suggestions."
        raise ApiError(404, "no_such_suggestion", message)
    return rows


def _rows(image: Image, uids: Sequence[UUID]) -> list[Suggestion]:
    """Locked, so that a run does not replace them meanwhile."""
    rows = list(
        Suggestion.objects.select_for_update(of=("self",)).filter(image=image, uid__in=uids).select_related("category")
    )
    for row in rows:
        row.image = image
    return rows


def tidy(older_than: Any) -> int:
    """Delete replaced suggestions that nobody decided about; returns how many."""
    old = Q(state=State.STALE, created_at__lt=older_than)
    return Suggestion.objects.filter(old).delete()[0]


def tell_editors(image_id: int, method: str, found: int, reason: str | None = None) -> None:
    """Tell an image's open editors that a method has looked at it, or why it could not, once that is committed."""
    event: dict[str, Any] = {"type": "suggestions", "image": image_id, "method": method, "found": found}
    if reason is not None:
        event["reason"] = reason
    transaction.on_commit(lambda: events.publish(events.labels_group(image_id), event))


def tell(project_id: int, message: SuggestionsMessage) -> None:
    """Tell the project's pages, once it is committed."""
    transaction.on_commit(lambda: events.publish(events.project_group(project_id), message.event()))
