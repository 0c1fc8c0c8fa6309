"""One action on many images. Each image is a transaction of its own, so that one that cannot be changed stops no other.

The answer counts what was done and says why the rest was not; `undo` has the actions that take it back.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404

from labeling.accounts.models import User
from labeling.annotations import golden
from labeling.annotations import services as annotations
from labeling.annotations.models import AnnotationSet
from labeling.assignment import lots, telling
from labeling.assignment.models import Lot, Slot
from labeling.audit.actions import Action
from labeling.audit.services import record
from labeling.images.models import Image, Tag
from labeling.images.services import delete_image
from labeling.projects.models import Project
from labeling.web.api import ApiError

AT_ONCE = 200
"""Images that one request deals with."""

TOLD = 20
"""Images that an answer names because they were not changed."""


@dataclass(frozen=True)
class Chosen:
    """An image, and the version of its labels that somebody saw; None: that of now."""

    pk: int
    version: int | None = None


@dataclass(frozen=True)
class Refusal:
    """An image that was not changed."""

    image: int
    name: str
    code: str
    message: str


@dataclass
class Outcome:
    """What became of the images. `before`: images by what they were, for undoing."""

    done: list[int] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    before: dict[str, list[Chosen]] = field(default_factory=lambda: defaultdict(list))


Step = Callable[[Image, int | None, Outcome], None]


def for_each(project: Project, images: Sequence[Chosen], step: Step) -> Outcome:
    """Carry a step out on each image; what it raises is noted, and the next image is taken."""
    outcome = Outcome()
    found = Image.objects.filter(project=project).defer("source").in_bulk([one.pk for one in images])
    for one in images:
        image = found.get(one.pk)
        if image is None:
            outcome.refused.append(Refusal(one.pk, "", "gone", "The image was deleted meanwhile."))
            continue
        try:
            with transaction.atomic():
                step(image, one.version, outcome)
        except ApiError as error:
            outcome.refused.append(Refusal(one.pk, image.name, error.code, error.message))
        except Http404 as error:
            outcome.refused.append(Refusal(one.pk, image.name, "gone", str(error)))
        else:
            outcome.done.append(one.pk)
    return outcome


def set_status(project: Project, images: Sequence[Chosen], user: User, status: str, reason: str = "") -> Outcome:
    """Say how far images are, by the rules of the editor: accepted ones and those in review stay as they are."""
    sets = AnnotationSet.objects.filter(main_of__in=[one.pk for one in images])
    versions = {pk: (version, was) for pk, version, was in sets.values_list("main_of", "version", "status")}

    def step(image: Image, version: int | None, outcome: Outcome) -> None:
        now, was = versions.get(image.pk, (0, AnnotationSet.Status.NEW.value))
        seen = now if version is None else version
        kept = annotations.set_status(image, user, version=seen, status=status, reason=reason, main=True)
        if was != status and was in ("new", "in_progress", "done"):
            outcome.before[was].append(Chosen(image.pk, kept.version))

    return for_each(project, images, step)


def move(lot: Lot, images: Sequence[Chosen]) -> Outcome:
    """Put images into a lot. An image that somebody holds now stays where it is."""
    was = dict(_label_slots(lot.project, images).values_list("image", "lot"))

    def step(image: Image, version: int | None, outcome: Outcome) -> None:
        if was.get(image.pk) == lot.pk:
            return
        if not lots.move(lot, Image.objects.filter(pk=image.pk)):
            raise ApiError(409, "held", "Somebody works on it now. Move it later, or free it first.")
        if image.pk in was:
            outcome.before[str(was[image.pk])].append(Chosen(image.pk))

    return for_each(lot.project, images, step)


@transaction.atomic
def assign(project: Project, images: Sequence[Chosen], members: Sequence[User], by: User) -> Outcome:
    """Reserve images for people, in equal shares, and tell them; nobody: take it back. Only turns that are open are
    changed."""
    slots = _label_slots(project, images).filter(state=Slot.State.OPEN)
    was = dict(slots.order_by("fold").values_list("image", "member"))
    outcome = Outcome()
    lots.assign(list(was), members)
    now = slots.filter(image__in=list(was)).values_list("image", "member")
    given = Counter(member for pk, member in now if member and member != was[pk])
    telling.given(project, by, given)
    for person in members:
        if given[person.pk]:
            record(Action.IMAGES_ASSIGNED, by=by, about=person, project=project, images=given[person.pk])
    if not members and (taken := sum(1 for member in was.values() if member)):
        record(Action.IMAGES_TAKEN_BACK, by=by, project=project, images=taken)
    there = set(Image.objects.filter(project=project, pk__in=[one.pk for one in images]).values_list("pk", flat=True))
    for one in images:
        if one.pk in was:
            outcome.done.append(one.pk)
            outcome.before[str(was[one.pk] or "")].append(Chosen(one.pk))
        else:
            code, text = ("not_open", "It is done, skipped, or somebody works on it now.")
            if one.pk not in there:
                code, text = "gone", "The image was deleted meanwhile."
            outcome.refused.append(Refusal(one.pk, "", code, text))
    return outcome


def tag(project: Project, images: Sequence[Chosen], name: str, *, remove: bool = False) -> Outcome:
    """Put a tag on images, or take it off. Raises: ApiError 400 for a name that is empty or too long."""
    name = " ".join(name.split())
    if not 0 < len(name) <= 40:
        raise ApiError(400, "bad_tag", "tag: give a word of 1 to 40 characters.")
    if remove:
        found = Tag.objects.filter(project=project, name=name).first()
        if found is None:
            raise ApiError(404, "no_tag", f"There is no tag “{name}” in this project.")
    else:
        found, _ = Tag.objects.get_or_create(project=project, name=name)
    ids = [one.pk for one in images]
    have = set(found.images.filter(pk__in=ids).values_list("pk", flat=True))

    def step(image: Image, version: int | None, outcome: Outcome) -> None:
        if (image.pk in have) != remove:
            return
        if remove:
            image.tags.remove(found)
        else:
            image.tags.add(found)
        outcome.before[name].append(Chosen(image.pk))

    return for_each(project, images, step)


def mark_golden(project: Project, images: Sequence[Chosen], user: User, *, remove: bool = False) -> Outcome:
    """Make finished images golden, or ordinary ones again."""
    ids = [one.pk for one in images]
    were = set(Image.objects.filter(project=project, golden=True, pk__in=ids).values_list("pk", flat=True))

    def step(image: Image, version: int | None, outcome: Outcome) -> None:
        if (image.pk in were) != remove:
            return
        if remove:
            golden.unmark(image, user)
        else:
            golden.mark(image, user)
        outcome.before[""].append(Chosen(image.pk))

    return for_each(project, images, step)


def delete(project: Project, images: Sequence[Chosen]) -> Outcome:
    """Delete images with their labels. An image whose labels are not those that were seen stays."""

    def step(image: Image, version: int | None, outcome: Outcome) -> None:
        kept = AnnotationSet.objects.select_for_update().filter(main_of=image).first()
        if version is not None and version != (kept.version if kept else 0):
            raise ApiError(409, "conflict", "Somebody changed its labels meanwhile. Look at it, then delete it.")
        delete_image(image)

    return for_each(project, images, step)


def page_of(images: QuerySet[Image], after: int) -> tuple[list[Chosen], int | None]:
    """The next images of a filter to deal with, and where the request after this one goes on; None at the end."""
    ids = list(images.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[: AT_ONCE + 1])
    return [Chosen(pk) for pk in ids[:AT_ONCE]], ids[AT_ONCE - 1] if len(ids) > AT_ONCE else None


def _label_slots(project: Project, images: Iterable[Chosen]) -> QuerySet[Slot]:
    ids = [one.pk for one in images]
    return Slot.objects.filter(kind=Slot.Kind.LABEL, image__in=ids, image__project=project).order_by("pk")
