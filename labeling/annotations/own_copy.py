"""What people go on seeing of an image that they labeled before it became golden: their own last labels.

The truth may have what others changed after them, and nobody who is measured may learn it. So who left other labels
than the truth has gets a copy of the labels as they left them: an opinion of their own, with its log up to then, so
that the image's history and earlier versions are there as before. It says where it is from (`copied_version`): it
measures nobody, and its labels are not counted as work once more.
"""

from typing import Any

from django.db.models import F, Max

from labeling.annotations.log import OBJECTS, objects_at
from labeling.annotations.models import Annotation, AnnotationEvent, AnnotationSet
from labeling.images.models import Image
from labeling.projects.access import MEASURED
from labeling.projects.models import Membership

AT_ONCE = 200


def keep_apart(image: Image, main: AnnotationSet) -> list[AnnotationSet]:
    """Make the copies that an image needs whose labels (`main`, locked) have become the truth; returns the new ones.

    For each member who is measured, changed the set, has no opinion, and after whom somebody else changed objects.
    """
    measured = Membership.objects.filter(project=image.project_id, role__in=MEASURED).values("user")
    theirs = main.events.filter(user__in=measured, quiet=False).order_by().values_list("user")
    others = AnnotationSet.objects.filter(image=image, kind=AnnotationSet.Kind.OPINION)
    have = set(others.values_list("author", flat=True))
    made = []
    for user, version in theirs.annotate(Max("version")):
        later = main.events.filter(version__gt=version, kind__in=OBJECTS, quiet=False)
        if user not in have and later.exists():
            made.append(_copy(image, main, user, version))
    return made


def _copy(image: Image, main: AnnotationSet, user: int, version: int) -> AnnotationSet:
    """An opinion of a user with the labels of a version. Its state is the image's, as lists have shown it to them."""
    same = ("status", "round", "note", "note_by_id", "changed_by_id", "changed_at", "finished_by_id", "finished_at")
    objects = objects_at(main, version)
    copy = AnnotationSet.objects.create(
        image=image, kind=AnnotationSet.Kind.OPINION, author_id=user, version=version, copied_version=version,
        objects_kept=len(objects), **{name: getattr(main, name) for name in same},
    )  # fmt: skip
    events = main.events.filter(version__lte=version).order_by("version")
    rows: list[AnnotationEvent] = []
    for event in events.iterator(chunk_size=AT_ONCE):
        event.pk, event.set, event.slot = None, copy, None
        rows.append(event)
        if len(rows) == AT_ONCE:
            AnnotationEvent.objects.bulk_create(rows)
            rows = []
    AnnotationEvent.objects.bulk_create(rows)
    _add_objects(image, main, copy, objects)
    return copy


def _add_objects(image: Image, main: AnnotationSet, copy: AnnotationSet, objects: list[dict[str, Any]]) -> None:
    """The objects as the log has them. One whose class is gone has the class that it was moved to; none: left out."""
    classes = {one.number: one for one in image.project.categories.all()}
    moved = {str(one.uid): one.category for one in main.annotations.select_related("category")}
    events = copy.events.filter(kind=AnnotationEvent.Kind.CREATE).order_by("version")
    makers = {(after or {}).get("uid"): user for after, user in events.values_list("after", "user")}
    rows = []
    for one in objects:
        category = classes.get(one["category"]) or moved.get(one["uid"])
        if category is not None:
            x, y, width, height = one["bbox"]
            rows.append(
                Annotation(
                    set=copy,
                    uid=one["uid"],
                    category=category,
                    counts=one["counts"],
                    area=one["area"],
                    bbox_x=x,
                    bbox_y=y,
                    bbox_width=width,
                    bbox_height=height,
                    clicks=one["clicks"],
                    z=one.get("z", 0),
                    attributes=one.get("attributes", {}),
                    crowd=one.get("crowd", False),
                    created_by_id=makers.get(one["uid"]),
                )  # fmt: skip
            )
    Annotation.objects.bulk_create(rows)


def drop_unchanged(image: Image) -> None:
    """Delete the copies that nobody changed: the image is one like any other again, and its labels are everybody's."""
    copies = AnnotationSet.objects.filter(image=image, copied_version__isnull=False)
    copies.filter(version=F("copied_version")).delete()
