"""Which images of a project are meant: the filters of its list, which bulk actions and exports take, too.

Every filter is a condition on one image that an index answers; several have to hold together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from django.core.exceptions import PermissionDenied
from django.db.models import Case, Exists, F, FilteredRelation, OuterRef, Q, QuerySet, When
from pydantic import AfterValidator, Field

from labeling.accounts.models import User
from labeling.annotations.models import ENDED, FINISHED, Annotation, AnnotationEvent, AnnotationSet
from labeling.assignment.models import Slot
from labeling.features.models import Encoding
from labeling.images.models import Image
from labeling.projects.access import May, named, who_may
from labeling.projects.models import Category, Project, Role
from labeling.web.api import Spec

Kind = AnnotationSet.Kind
Status = AnnotationSet.Status
Prepared = Encoding.State

_OF_LABELS: dict[str, tuple[str, ...]] = {
    **{str(status): (status,) for status in Status},
    "todo": tuple(status for status in Status if status not in ENDED),
    "finished": FINISHED,
}
_OF_PREPARING: dict[str, Q] = {
    "preparing": Q(encoding=None) | Q(encoding__state__in=[Prepared.QUEUED, Prepared.ENCODING]),
    "failed": Q(encoding__state=Prepared.FAILED),
}
STATES = (*_OF_LABELS, *_OF_PREPARING)
"""States that a filter can name. Several are joined by “or”."""

_VERDICTS: dict[str, tuple[str, Any]] = {
    "waiting": ("status", Status.DONE),
    "accepted": ("status", Status.ACCEPTED),
    "sent_back": ("status", Status.SENT_BACK),
    "again": ("round__gte", 1),
}

_DRAWN = {"drawn": True, "undrawn": False}
"""Finished images by whether they were drawn for review in this round (`review.draws`)."""

SEEN = ("status", "round", "note", "objects_kept", "changed_at")
"""What lists say of the set that somebody sees of an image (`Seen.path`)."""


@dataclass(frozen=True)
class Seen:
    """Which set of an image a list is about: the image's labels, or (`own`) the person's own opinion where they have
    one and label without sight of others. `path` leads from the image to the fields in `SEEN`, with `names`."""

    user: User | None = None
    own: bool = False

    @property
    def path(self) -> str:
        """In front of a field's name."""
        return "seen_" if self.own else "annotation_set__"

    def names(self, images: QuerySet[Image]) -> QuerySet[Image]:
        """The images with what `path` needs."""
        if not self.own:
            return images
        mine = FilteredRelation("sets", condition=Q(sets__kind=Kind.OPINION, sets__author=self.user))
        fields = {
            f"seen_{name}": Case(
                When(own__pk__isnull=False, then=F(f"own__{name}")), default=F(f"annotation_set__{name}")
            )
            for name in SEEN
        }
        return images.alias(own=mine).alias(**fields)

    def among(self, slots: QuerySet[Slot]) -> QuerySet[Slot]:
        """The turns that may be told of: not those at which others make an opinion."""
        return slots.exclude(Q(set__kind=Kind.OPINION) & ~Q(set__author=self.user)) if self.own else slots

    def of_images(self, ids: Sequence[int]) -> dict[int, AnnotationSet]:
        """The person's own opinions of images, by the image's id."""
        if not self.own:
            return {}
        rows = AnnotationSet.objects.filter(kind=Kind.OPINION, author=self.user, image__in=ids)
        return {one.image_id: one for one in rows.select_related("changed_by")}


def seen_by(project: Project, user: User | None, role: Role | None) -> Seen:
    """What the lists of a project are about for somebody: opinions count for those who have some and don't review, as
    `annotations.sets.is_blind` has it."""
    if user is None or role is None or user.is_superuser or role in who_may(May.REVIEW):
        return Seen(user)
    opinions = AnnotationSet.objects.filter(kind=Kind.OPINION, author=user, image__project=project)
    return Seen(user, opinions.exists())


def _known_states(text: str) -> str:
    unknown = [one for one in text.split(",") if one and one not in STATES]
    if unknown:
        raise ValueError(f"There is no state “{unknown[0][:40]}”. Use {', '.join(STATES)}, with commas between them.")
    return text


def _person(text: str) -> str:
    if text in ("", "none", "me") or (text.isdecimal() and len(text) < 19):
        return text
    raise ValueError("Use “me”, “none”, or the id of a person.")


Person = Annotated[str, Field(max_length=20), AfterValidator(_person)]


class ImageFilter(Spec):
    """Images of a project; what is empty is not asked for.

    `q`: a part of the name. `state`: one or several of `STATES`, with commas. `assignee`: for whom a turn at labeling
    is reserved, or who holds one; `none`: nobody. `person`: who changed labels there. `lot`: a lot's id. `category`: a
    class that an object has. `verdict`: what a reviewer said; `again`: it was sent back at least once; `drawn` for
    review or `undrawn`, which those who review are told. `tag`: its name.
    """

    q: str = Field(default="", max_length=200)
    state: Annotated[str, Field(max_length=200), AfterValidator(_known_states)] = ""
    assignee: Person = ""
    person: Person = ""
    lot: int | None = Field(default=None, ge=1, lt=2**63)
    category: int | None = Field(default=None, ge=1, lt=2**31)
    verdict: Literal["", "waiting", "drawn", "undrawn", "accepted", "sent_back", "again"] = ""
    note: Literal["", "yes", "no"] = ""
    objects: Literal["", "none", "some"] = ""
    tag: str = Field(default="", max_length=40)

    def given(self) -> dict[str, Any]:
        """The filters that are asked for."""
        return {name: value for name in ImageFilter.model_fields if (value := getattr(self, name)) not in ("", None)}

    def for_user(self, user: User) -> "ImageFilter":
        """The same with the user's id for “me”, so that it means the same for everybody."""
        me = {name: str(user.pk) for name in ("assignee", "person") if getattr(self, name) == "me"}
        return ImageFilter(**{**self.given(), **me})


def chosen(
    project: Project, role: Role | None, asked: ImageFilter, user: User | None = None, seen: Seen | None = None
) -> QuerySet[Image]:
    """The images of a project that a filter chooses, in no order.

    role: of who asks (`user`), as they are not told of some golden images; None: everything. seen: `seen_by`, where it
    is known already.
    """
    seen = seen_by(project, user, role) if seen is None else seen
    images = seen.names(Image.objects.filter(project=project))
    if role is not None:
        images = images.filter(Image.listed_for(user, role))
    if asked.q:
        images = images.filter(name__icontains=asked.q)
    if states := [_state(one, seen) for one in asked.state.split(",") if one]:
        images = images.filter(_any(states))
    if asked.verdict in _DRAWN:
        images = images.filter(_drawn(role, _DRAWN[asked.verdict]))
    elif asked.verdict:
        name, value = _VERDICTS[asked.verdict]
        images = images.filter(**{f"{seen.path}{name}": value})
    images = images.filter(_note(asked.note, seen), _objects(asked.objects, seen))
    if asked.category is not None:
        category = Category.objects.filter(project=project, number=asked.category)
        images = images.filter(_seen_object(seen, category__in=category))
    if asked.tag:
        tagged = Image.tags.through.objects.filter(image=OuterRef("pk"), tag__name=asked.tag, tag__project=project)
        images = images.filter(Exists(tagged))
    return images.filter(_turns(asked, user, seen), _worked_on(asked.person, user, seen))


def _state(name: str, seen: Seen) -> Q:
    if name in _OF_PREPARING:
        return _OF_PREPARING[name]
    statuses = _OF_LABELS[name]
    found = Q(**{f"{seen.path}status__in": statuses})
    return found | Q(**{f"{seen.path}status": None}) if Status.NEW in statuses else found


def _drawn(role: Role | None, drawn: bool) -> Q:
    """Finished images that were drawn for review, or were not. Raises: PermissionDenied for who is not told."""
    if role is not None and role not in who_may(May.REVIEW):
        raise PermissionDenied(f"Only {named(who_may(May.REVIEW))} are told which images were drawn for review.")
    # In one `filter` with the status: of the same draw.
    return Q(
        annotation_set__status=Status.DONE, annotation_set__draws__drawn=drawn,
        annotation_set__draws__round=F("annotation_set__round"),
    )  # fmt: skip


def _any(conditions: list[Q]) -> Q:
    found = Q()
    for one in conditions:
        found |= one
    return found


def _note(wanted: str, seen: Seen) -> Q:
    note = f"{seen.path}note"
    return {"": Q(), "yes": Q(**{f"{note}__gt": ""}), "no": Q(**{note: ""}) | Q(**{note: None})}[wanted]


def _objects(wanted: str, seen: Seen) -> Q:
    return {"": Q(), "some": _seen_object(seen), "none": ~_seen_object(seen)}[wanted]


def _seen_object(seen: Seen, **of: Any) -> Q:
    """Whether there is such an object in the set that is seen."""
    main = Q(Exists(Annotation.objects.filter(set__main_of=OuterRef("pk"), **of)))
    if not seen.own:
        return main
    own = Exists(Annotation.objects.filter(set=OuterRef("own__pk"), **of))
    return Q(own, own__pk__isnull=False) | Q(main, own__pk__isnull=True)


def _turns(asked: ImageFilter, user: User | None, seen: Seen) -> Q:
    """By the slots of an image: its lot, and who is to label it."""
    slots = seen.among(Slot.objects.filter(image=OuterRef("pk")))
    found = Q()
    if asked.lot is not None:
        found &= Q(Exists(slots.filter(lot=asked.lot)))
    labeling = slots.filter(kind__in=(Slot.Kind.LABEL, Slot.Kind.FIX))
    if asked.assignee == "none":
        busy = labeling.filter(Q(member__isnull=False) | Q(state=Slot.State.HELD)).exclude(state=Slot.State.CLOSED)
        found &= Q(Exists(labeling.filter(state=Slot.State.OPEN))) & ~Q(Exists(busy))
    elif asked.assignee:
        who = _id(asked.assignee, user)
        found &= Q(Exists(labeling.filter(Q(member=who) | Q(held_by=who, state=Slot.State.HELD))))
    return found


def _worked_on(person: str, user: User | None, seen: Seen) -> Q:
    if not person:
        return Q()
    events = AnnotationEvent.objects.filter(set__image=OuterRef("pk"))
    if seen.own:  # of an image that one labels without sight of others: one's own work alone
        events = events.filter(Q(set__kind=Kind.MAIN) | Q(set__author=user))
        events = events.filter(Q(set=OuterRef("own__pk")) | ~Exists(_opinion(user)))
    return ~Q(Exists(events)) if person == "none" else Q(Exists(events.filter(user=_id(person, user))))


def _opinion(user: User | None) -> QuerySet[AnnotationSet]:
    return AnnotationSet.objects.filter(image=OuterRef("set__image"), kind=Kind.OPINION, author=user)


def _id(person: str, user: User | None) -> int:
    if person == "me":
        return user.pk if user is not None else 0
    return int(person)
