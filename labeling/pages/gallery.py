"""The images of a project as its list shows them, page by page.

A page begins after an image and needs no count of those before it: page 800 costs what page 1 does. The image says by
itself where it stands in any order, so its id is all that a page has to name.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce
from django.urls import reverse

from labeling.accounts.models import User
from labeling.annotations.models import Annotation, AnnotationSet
from labeling.assignment.filters import ImageFilter, Seen, chosen, seen_by
from labeling.assignment.models import Slot
from labeling.features.models import Encoding
from labeling.images.models import Image
from labeling.pages.schemas import ImageData, ImagesPage
from labeling.projects.access import May, who_may
from labeling.projects.models import Project, Role
from labeling.review.models import Draw
from labeling.web.api import ApiError

PAGE = 60
"""Images in a page of the gallery, unless the client asks for another number."""

NOTE_LENGTH = 200
"""Characters of a note that a list of images shows."""

State = Encoding.State
Sort = Literal["added", "name", "changed", "objects", "state"]

NAMED: dict[str, ImageFilter] = {
    "all": ImageFilter(),
    "todo": ImageFilter(state="todo"),
    "preparing": ImageFilter(state="preparing"),
    "failed": ImageFilter(state="failed"),
    "done": ImageFilter(state="finished"),
    "accepted": ImageFilter(state="accepted"),
    "sent_back": ImageFilter(state="sent_back"),
    "skipped": ImageFilter(state="skipped"),
    "unlabeled": ImageFilter(objects="none"),
    "noted": ImageFilter(note="yes"),
    "mine": ImageFilter(person="me"),
}
"""Filters with a name of their own."""

_RANKS = ("new", "in_progress", "sent_back", "done", "accepted", "skipped")


def _key(sort: Sort, seen: Seen) -> Any:
    """What images are sorted by."""
    match sort:
        case "changed":
            return Coalesce(f"{seen.path}changed_at", "created_at")
        case "objects":
            return Coalesce(f"{seen.path}objects_kept", Value(0))
        case "state":
            ranks = (When(**{f"{seen.path}status": one}, then=Value(rank)) for rank, one in enumerate(_RANKS))
            return Case(*ranks, default=Value(0), output_field=IntegerField())
        case _:
            return F("name")


@dataclass(frozen=True)
class Order:
    """By what images are sorted; equal ones by their ids."""

    sort: Sort = "added"
    descending: bool = False

    @property
    def reversed(self) -> "Order":
        """The other way round."""
        return Order(self.sort, not self.descending)


def images_page(
    project: Project, role: Role, *, after: int = 0, limit: int = PAGE, user: User | None = None,
    asked: ImageFilter | None = None, order: Order | None = None,
) -> ImagesPage:  # fmt: skip
    """Images that come after the image `after` in an order; 0: from the first one.

    `role` is that of who asks, `user` who that is, for *me*. A first page says how many images there are in all.
    Raises: ApiError 410 when the image `after` was deleted and the order needs it.
    """
    asked, seen = asked or ImageFilter(), seen_by(project, user, role)
    images = chosen(project, role, asked, user, seen)
    total = {} if after else {"total": images.count() if asked.given() else _all_of(project, user, role)}
    found = _part(images, project, after, order or Order(), limit, seen)
    shown = found[:limit]
    return ImagesPage(results=payloads(shown, role, seen), next=shown[-1].pk if len(found) > limit else None, **total)


def _all_of(project: Project, user: User | None, role: Role) -> int:
    return Image.count_listed(project.images.all(), user, role)


def images_before(
    project: Project, role: Role, *, before: int, limit: int = PAGE, user: User | None = None,
    asked: ImageFilter | None = None, order: Order | None = None,
) -> ImagesPage:  # fmt: skip
    """The images right before the image `before`, in the usual order. Raises: as `images_page`."""
    if not before:
        return ImagesPage(results=[], previous=None)
    seen = seen_by(project, user, role)
    images = chosen(project, role, asked or ImageFilter(), user, seen)
    found = _part(images, project, before, (order or Order()).reversed, limit, seen)
    shown = found[:limit][::-1]
    return ImagesPage(results=payloads(shown, role, seen), previous=shown[0].pk if len(found) > limit else None)


def _part(images: QuerySet[Image], project: Project, after: int, order: Order, limit: int, seen: Seen) -> list[Image]:
    """At most `limit` + 1 images after one."""
    way, further = ("-", "lt") if order.descending else ("", "gt")
    if order.sort == "added":
        images = images.filter(**{f"pk__{further}": after}) if after else images
        ordered = images.order_by(f"{way}pk")
    else:
        images = images.annotate(key=_key(order.sort, seen))
        if after:
            key = _key_of(project, after, order, seen)
            beyond = Q(**{f"key__{further}": key}) | Q(key=key, **{f"pk__{further}": after})
            images = images.filter(beyond, **{f"key__{further}e": key})  # the second for the index
        ordered = images.order_by(f"{way}key", f"{way}pk")
    return list(ordered.select_related("encoding", "annotation_set__changed_by").defer("source")[: limit + 1])


def _key_of(project: Project, image: int, order: Order, seen: Seen) -> Any:
    """Where an image stands in an order."""
    rows = seen.names(Image.objects.filter(project=project, pk=image))
    row = rows.annotate(key=_key(order.sort, seen)).values_list("key").first()
    if row is None:
        raise ApiError(410, "gone", "The last image of this page was deleted. Load the list again.")
    return row[0]


def payloads(images: Sequence[Image], role: Role, seen: Seen) -> list[ImageData]:
    """Each image with its states, objects, turns and tags, in as many queries for one as for all.

    role: of who asks; seen: which sets are theirs.
    """
    own = seen.of_images([image.pk for image in images])
    sets = {image.pk: own.get(image.pk) or getattr(image, "annotation_set", None) for image in images}
    ids = [kept.pk for kept in sets.values() if kept is not None]
    objects = dict(Annotation.objects.filter(set__in=ids).order_by().values_list("set").annotate(Count("pk")))
    tags: dict[int, list[str]] = defaultdict(list)
    tagged = Image.tags.through.objects.filter(image__in=list(sets)).order_by("tag__name")
    for image, name in tagged.values_list("image", "tag__name"):
        tags[image].append(name)
    people, lots = _turns(seen.among(Slot.objects.filter(image__in=list(sets))))
    golden = role in who_may(May.MANAGE)  # nobody else may learn which images are
    draws = _draws(sets.values()) if role in who_may(May.REVIEW) else {}
    return [
        _payload(
            image, kept := sets[image.pk], objects.get(kept.pk, 0) if kept else 0, tags=tags[image.pk],
            people=people[image.pk], lot=lots.get(image.pk, ""), golden=golden and image.golden,
            draw=draws.get(kept.pk, "") if kept else "",
        )
        for image in images
    ]  # fmt: skip


def _draws(sets: Iterable[AnnotationSet | None]) -> dict[int, Literal["drawn", "undrawn"]]:
    """Whether finished sets were drawn for review, by their ids; none where nothing is reviewed."""
    done = [kept.pk for kept in sets if kept is not None and kept.status == AnnotationSet.Status.DONE]
    if not done:
        return {}
    rows = Draw.objects.filter(
        set__in=done, round=F("set__round"), set__image__project__review_settings__enabled=True
    )  # fmt: skip
    return {kept: "drawn" if drawn else "undrawn" for kept, drawn in rows.values_list("set", "drawn")}


def _turns(slots: QuerySet[Slot]) -> tuple[dict[int, list[str]], dict[int, str]]:
    """For whom images wait, or who holds them; and the names of their lots."""
    people: dict[int, list[str]] = defaultdict(list)
    lots: dict[int, str] = {}
    slots = slots.filter(kind__in=(Slot.Kind.LABEL, Slot.Kind.FIX))
    for slot in slots.select_related("member", "held_by", "lot").order_by("pk"):
        lots[slot.image_id] = slot.lot.name
        held = slot.held_by if slot.state == Slot.State.HELD else None
        person = held or slot.member
        if person is None or slot.state == Slot.State.CLOSED:
            continue
        if person.shown_name not in people[slot.image_id]:
            people[slot.image_id].append(person.shown_name)
    return people, lots


def _payload(
    image: Image, kept: AnnotationSet | None, objects: int, *, tags: list[str], people: list[str], lot: str,
    golden: bool, draw: Literal["", "drawn", "undrawn"],
) -> ImageData:  # fmt: skip
    encoding: Encoding | None = getattr(image, "encoding", None)
    return ImageData(
        id=image.pk,
        name=image.name,
        width=image.width,
        height=image.height,
        thumbnail=image.thumbnail_url,
        overlay=overlay_url(image, kept.version) if objects and kept else "",
        editor=reverse("pages:editor", args=[image.pk]),
        state=State(encoding.state) if encoding else State.QUEUED,
        reason=encoding.reason if encoding and encoding.state == State.FAILED else "",
        status=AnnotationSet.Status(kept.status) if kept else AnnotationSet.Status.NEW,
        version=kept.version if kept else 0,
        round=kept.round if kept else 0,
        objects=objects,
        skipped=kept.reason if kept else "",
        note=_short(kept.note) if kept else "",
        tags=tags,
        people=people,
        lot=lot,
        golden=golden,
        draw=draw,
        changed_at=kept.changed_at.isoformat() if kept and kept.changed_at else None,
        changed_by=kept.changed_by.shown_name if kept and kept.changed_by else None,
    )


def overlay_url(image: Image, version: int) -> str:
    """Where the masks over an image's thumbnail are, for a version of its labels: a browser may keep them."""
    return f"{reverse('annotations:overlay', args=[image.pk])}?v={version}"


def _short(note: str) -> str:
    return note if len(note) <= NOTE_LENGTH else note[: NOTE_LENGTH - 1].rstrip() + "…"


def image_named(project: Project, user: User, role: Role, wanted: str) -> Image | None:
    """The image at a place of the project (from 1), or the first one of a name: the whole name first, then its
    beginning, then a part of it. Upper and lower case are the same."""
    wanted = wanted.strip()
    images = Image.objects.filter(Image.listed_for(user, role), project=project).order_by("pk")
    ways = [Q(name__iexact=wanted), Q(name__istartswith=wanted), Q(name__icontains=wanted)]
    if wanted.isdecimal() and len(wanted) < 10 and int(wanted) > 0:
        at = int(wanted) - 1
        found = images[at : at + 1].first()
        if found is not None:
            return found
    return next((found for way in ways if (found := images.filter(way).first())), None)
