"""Which images of a project are meant: the filters of its list, which bulk actions and exports take, too.

Every filter is a condition on one image that an index answers; several have to hold together.
"""

from typing import Annotated, Any, Literal

from django.db.models import Exists, OuterRef, Q, QuerySet
from pydantic import AfterValidator, Field

from labeling.accounts.models import User
from labeling.annotations.models import ENDED, FINISHED, Annotation, AnnotationEvent, AnnotationSet
from labeling.assignment.models import Slot
from labeling.features.models import Encoding
from labeling.images.models import Image
from labeling.projects.models import Category, Project, Role
from labeling.web.api import Spec

Status = AnnotationSet.Status
Prepared = Encoding.State

STATES: dict[str, Q] = {
    "new": Q(annotation_set=None) | Q(annotation_set__status=Status.NEW),
    "in_progress": Q(annotation_set__status=Status.IN_PROGRESS),
    "done": Q(annotation_set__status=Status.DONE),
    "accepted": Q(annotation_set__status=Status.ACCEPTED),
    "sent_back": Q(annotation_set__status=Status.SENT_BACK),
    "skipped": Q(annotation_set__status=Status.SKIPPED),
    "todo": Q(annotation_set=None) | ~Q(annotation_set__status__in=ENDED),
    "finished": Q(annotation_set__status__in=FINISHED),
    "preparing": Q(encoding=None) | Q(encoding__state__in=[Prepared.QUEUED, Prepared.ENCODING]),
    "failed": Q(encoding__state=Prepared.FAILED),
}
"""States that a filter can name. Several are joined by “or”."""

VERDICTS: dict[str, Q] = {
    "": Q(),
    "waiting": Q(annotation_set__status=Status.DONE),
    "accepted": Q(annotation_set__status=Status.ACCEPTED),
    "sent_back": Q(annotation_set__status=Status.SENT_BACK),
    "again": Q(annotation_set__round__gte=1),
}

_HAS_OBJECTS = Exists(Annotation.objects.filter(set__main_of=OuterRef("pk")))


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
    class that an object has. `verdict`: what a reviewer said; `again`: it was sent back at least once. `tag`: its name.
    """

    q: str = Field(default="", max_length=200)
    state: Annotated[str, Field(max_length=200), AfterValidator(_known_states)] = ""
    assignee: Person = ""
    person: Person = ""
    lot: int | None = Field(default=None, ge=1, lt=2**63)
    category: int | None = Field(default=None, ge=1, lt=2**31)
    verdict: Literal["", "waiting", "accepted", "sent_back", "again"] = ""
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


def chosen(project: Project, role: Role | None, asked: ImageFilter, user: User | None = None) -> QuerySet[Image]:
    """The images of a project that a filter chooses, in no order. role: of who asks, as golden images are not in the
    lists of those who are measured with them; None: everything."""
    images = Image.objects.filter(project=project)
    if role is not None:
        images = images.filter(Image.listed_for(role))
    if asked.q:
        images = images.filter(name__icontains=asked.q)
    if states := [STATES[one] for one in asked.state.split(",") if one]:
        images = images.filter(_any(states))
    images = images.filter(VERDICTS[asked.verdict], _note(asked.note), _objects(asked.objects))
    if asked.category is not None:
        category = Category.objects.filter(project=project, number=asked.category)
        images = images.filter(Exists(Annotation.objects.filter(set__main_of=OuterRef("pk"), category__in=category)))
    if asked.tag:
        tagged = Image.tags.through.objects.filter(image=OuterRef("pk"), tag__name=asked.tag, tag__project=project)
        images = images.filter(Exists(tagged))
    return images.filter(_turns(asked, user), _worked_on(asked.person, user))


def _any(conditions: list[Q]) -> Q:
    found = Q()
    for one in conditions:
        found |= one
    return found


def _note(wanted: str) -> Q:
    noted = Q(annotation_set__isnull=False) & ~Q(annotation_set__note="")
    return {"": Q(), "yes": noted, "no": ~noted}[wanted]


def _objects(wanted: str) -> Q:
    return {"": Q(), "some": Q(_HAS_OBJECTS), "none": ~Q(_HAS_OBJECTS)}[wanted]


def _turns(asked: ImageFilter, user: User | None) -> Q:
    """By the slots of an image: its lot, and who is to label it."""
    slots = Slot.objects.filter(image=OuterRef("pk"))
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


def _worked_on(person: str, user: User | None) -> Q:
    events = AnnotationEvent.objects.filter(set__image=OuterRef("pk"))
    if not person:
        return Q()
    return ~Q(Exists(events)) if person == "none" else Q(Exists(events.filter(user=_id(person, user))))


def _id(person: str, user: User | None) -> int:
    if person == "me":
        return user.pk if user is not None else 0
    return int(person)
