"""Opinions that began as a copy, and those of images that are golden already (`labeling.annotations.own_copy`)."""

from typing import Any

from django.db import migrations, models
from django.db.models import Max

SAME = ("status", "round", "note", "note_by_id", "changed_by_id", "changed_at", "finished_by_id", "finished_at")
OBJECTS = ("create", "change", "delete")


def keep_apart(apps: Any, schema_editor: Any) -> None:
    """Give who labeled a golden image before others changed it a set of their own, as marking does from now on."""
    Set = apps.get_model("annotations", "AnnotationSet")
    Membership = apps.get_model("projects", "Membership")
    for main in Set.objects.filter(main_of__golden=True).select_related("image").iterator(chunk_size=100):
        members = Membership.objects.filter(project=main.image.project_id, role="annotator").values("user")
        have = set(Set.objects.filter(image=main.image, kind="opinion").values_list("author", flat=True))
        theirs = main.events.filter(user__in=members, quiet=False).order_by().values_list("user")
        for user, version in theirs.annotate(Max("version")):
            later = main.events.filter(version__gt=version, kind__in=OBJECTS, quiet=False)
            if user not in have and later.exists():
                _copy(apps, main, user, version)


def _copy(apps: Any, main: Any, user: int, version: int) -> None:
    Set, Event = apps.get_model("annotations", "AnnotationSet"), apps.get_model("annotations", "AnnotationEvent")
    Annotation, Category = apps.get_model("annotations", "Annotation"), apps.get_model("projects", "Category")
    copy = Set.objects.create(
        image=main.image, kind="opinion", author_id=user, version=version, copied_version=version,
        **{name: getattr(main, name) for name in SAME},
    )  # fmt: skip
    found: dict[str, tuple[dict[str, Any], int | None]] = {}
    for event in main.events.filter(version__lte=version).order_by("version").iterator(chunk_size=200):
        if event.kind in OBJECTS:
            uid = (event.after or event.before)["uid"]
            maker = found[uid][1] if uid in found else event.user_id
            found.pop(uid, None)
            if event.after is not None:
                found[uid] = (event.after, maker)
        event.pk, event.set, event.slot = None, copy, None
        event.save(force_insert=True)
    classes = dict(Category.objects.filter(project=main.image.project_id).values_list("number", "pk"))
    moved = dict(main.annotations.values_list("uid", "category"))
    moved = {str(uid): category for uid, category in moved.items()}
    for uid, (one, maker) in found.items():
        category = classes.get(one["category"]) or moved.get(uid)
        if category is not None:
            x, y, width, height = one["bbox"]
            Annotation.objects.create(
                set=copy, uid=uid, category_id=category, counts=one["counts"], area=one["area"], bbox_x=x, bbox_y=y,
                bbox_width=width, bbox_height=height, clicks=one["clicks"], z=one.get("z", 0),
                attributes=one.get("attributes", {}), created_by_id=maker,
            )  # fmt: skip
    Set.objects.filter(pk=copy.pk).update(objects_kept=len(found))


class Migration(migrations.Migration):
    dependencies = [
        ("annotations", "0009_images_of_a_class"),
        ("images", "0006_golden"),
    ]

    operations = [
        migrations.AddField(
            model_name="annotationset",
            name="copied_version",
            field=models.PositiveIntegerField(
                blank=True, editable=False, null=True,
                help_text="Of an opinion that began as a copy of the image's labels (`own_copy`): their version then.",
            ),
        ),
        migrations.RunPython(keep_apart, migrations.RunPython.noop),
    ]
