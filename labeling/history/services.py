"""Reading what happened, and going back to an earlier version."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404

from labeling.accounts.models import User
from labeling.annotations import services as annotations
from labeling.annotations import sets
from labeling.annotations.content import Changed, Created, Deleted, ObjectChange
from labeling.annotations.log import OBJECTS, objects_at
from labeling.annotations.models import AnnotationSet
from labeling.annotations.versions import compare_open
from labeling.history.models import Activity
from labeling.images.models import Image
from labeling.projects.access import May, Standing
from labeling.projects.models import Membership
from labeling.review.models import ReviewSettings
from labeling.web.api import ApiError

PAGE = 50
Kind = AnnotationSet.Kind
Status = AnnotationSet.Status


@dataclass(frozen=True)
class Page:
    """Some activities, the newest first, and the id below which the next page begins."""

    activities: list[Activity]
    before: int | None


def visible(user: User, standing: Standing) -> Q:
    """What of a project's activities somebody may see: managers everything, others nothing of images that are hidden
    from them (`Image.hidden_from`), no golden sets, and no opinions but their own; of an image where they have one,
    that alone, and what it was copied from (`annotations.own_copy`)."""
    if standing.can(May.FIGURES):
        return Q()
    mine = AnnotationSet.objects.filter(image=OuterRef("image"), author=user, kind=Kind.OPINION)
    labels = Q(Q(set=None) | Q(set__kind=Kind.MAIN), ~Exists(mine))
    labels &= Image.listed_for(user, standing.role, "image")
    copied = Q(Exists(mine.filter(copied_version__gte=OuterRef("last"))), set__kind=Kind.MAIN)
    return labels | copied | Q(set__kind=Kind.OPINION, set__author=user)


def of_image(image: Image, user: User, standing: Standing, before: int | None = None) -> Page:
    """What happened to an image, as somebody may know it. Somebody with an opinion of it sees that one's history."""
    rows = image.activities.filter(visible(user, standing))
    mine = sets.opinion_of(image, user)
    labels = Q(set=None) | Q(set__kind=Kind.MAIN)
    if mine is not None:
        labels = Q(set=mine) | Q(set__kind=Kind.MAIN, last__lte=mine.copied_version or 0)
    return _page(rows.filter(labels), before)


def of_project(
    project_id: int,
    user: User,
    standing: Standing,
    *,
    person: int | None = None,
    kind: str = "",
    before: int | None = None,
) -> Page:
    """What happened in a project; of one person or kind if wanted."""
    rows = Activity.objects.filter(visible(user, standing), project=project_id)
    if person is not None:
        rows = rows.filter(user=person)
        if hides_authors(project_id, standing) and person != user.pk:
            rows = rows.filter(kind__in=OPENLY)
    if kind:
        rows = rows.filter(kind=kind)
    return _page(rows.select_related("image"), before)


OPENLY = (Activity.Kind.VERDICT, Activity.Kind.COMMENT)
"""What is said with one's name, also where reviewers do not see who labeled an image."""


def _page(rows: QuerySet[Activity], before: int | None) -> Page:
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.select_related("user", "set").order_by("-pk")[: PAGE + 1])
    return Page(found[:PAGE], found[PAGE - 1].pk if len(found) > PAGE else None)


def hides_authors(project_id: int, standing: Standing) -> bool:
    """Whether somebody must not see who labeled an image: reviewers where the project wants it."""
    reviews_only = standing.can(May.REVIEW) and not standing.can(May.MANAGE)
    return reviews_only and ReviewSettings.of(project_id).blind


def name_of(activity: Activity, user: User, hidden: bool) -> str:
    """Who did it, in words."""
    if hidden and activity.kind not in OPENLY and activity.user_id != user.pk:
        return "An annotator"
    return activity.user.shown_name if activity.user else "A former member"


def people_of(project_id: int) -> list[User]:
    """Whom the activities of a project can be filtered by."""
    rows = Membership.objects.filter(project=project_id).select_related("user")
    return sorted((row.user for row in rows), key=lambda one: one.shown_name.lower())


Objects = dict[str, dict[str, Any]]


def difference(kept: AnnotationSet, first: int, last: int) -> tuple[Objects, Objects]:
    """The objects that versions `first` to `last` changed, before and after, by uid; one that was not there is left
    out. Only the events between are read, however long the history is."""
    before: Objects = {}
    after: Objects = {}
    seen: set[str] = set()
    events = kept.events.filter(version__gte=first, version__lte=last, kind__in=OBJECTS).order_by("version")
    for was, now in events.values_list("before", "after").iterator(chunk_size=200):
        uid = str((now or was or {}).get("uid", ""))
        if uid not in seen:
            seen.add(uid)
            if was is not None:
                before[uid] = was
        after.pop(uid, None)
        if now is not None:
            after[uid] = now
    return before, after


def visible_set(image: Image, user: User) -> AnnotationSet:
    """The set whose history somebody sees. Raises: Http404 for an image that nobody has touched."""
    kept = sets.working_set(image, user)
    if kept is None:
        raise Http404("Nobody has labeled this image yet.")
    return kept


def restore(image: Image, user: User, *, version: int, to: int) -> tuple[int, int]:
    """Make the objects of an image what they were at version `to`, as one batch of changes: a new version, so that
    nothing of what was there since is lost. Its state, note and comments stay.

    version: the newest one that the user saw.
    Returns: the version that it made, and how many objects it changed.
    Raises: ApiError 400 `bad_version`, `bad_category` for a class that is not there any more; 409 as every change; 422
    `overlap`.
    """
    kept = sets.working_set(image, user)
    if kept is None or not 0 <= to <= kept.version:
        have = kept.version if kept else 0
        raise ApiError(400, "bad_version", f"to: the image has the versions 0 to {have}. Choose one of them.")
    changes = changes_to(kept, objects_at(kept, to), _questions(image))
    if not changes:
        compare_open(kept, user, kept.version)
        return kept.version, 0
    made, _ = annotations.change_many(image, user, version=version, changes=changes)
    return made, len(changes)


def _questions(image: Image) -> dict[str, list[str] | None]:
    """The attributes of today by number, with the answers of those that have a choice."""
    rows = image.project.attributes.values_list("number", "kind", "choices")
    return {str(number): list(choices) if kind == "choice" else None for number, kind, choices in rows}


def changes_to(
    kept: AnnotationSet, wanted: Sequence[dict[str, Any]], questions: dict[str, list[str] | None]
) -> list[ObjectChange]:
    """What makes the set's objects the wanted ones. Answers to questions that are not asked any more are left out."""
    there = {str(one.uid): one for one in kept.annotations.select_related("category")}
    changes: list[ObjectChange] = [Deleted(UUID(uid)) for uid in there.keys() - {one["uid"] for one in wanted}]
    for one in wanted:
        given = {
            "category": one["category"], "counts": one["counts"], "z": one.get("z", 0),
            "clicks": [(x, y, positive) for x, y, positive in one.get("clicks", [])],
            "attributes": _answers(one.get("attributes", {}), questions), "crowd": one.get("crowd", False),
        }  # fmt: skip
        now = there.get(one["uid"])
        if now is None:
            changes.append(Created(UUID(one["uid"]), **given))
        elif different := {name: value for name, value in given.items() if value != _now(now, name)}:
            changes.append(Changed(UUID(one["uid"]), **different))
    return changes


def _answers(answers: dict[str, Any], questions: dict[str, list[str] | None]) -> dict[str, Any]:
    found = {}
    for number, value in answers.items():
        choices = questions.get(number)
        if number in questions and (choices is None or value in choices):
            found[number] = value
    return found


def _now(annotation: Any, name: str) -> Any:
    if name == "category":
        return annotation.category.number
    if name == "clicks":
        return [(x, y, positive) for x, y, positive in annotation.clicks]
    if name == "attributes":
        return {number: value for number, value in annotation.attributes.items() if value is not None}
    return getattr(annotation, name)
