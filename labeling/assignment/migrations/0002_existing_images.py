from django.db import migrations

CHUNK = 1000
ENDED = ("done", "accepted", "skipped")


def make_slots(apps, schema_editor):
    """Each project gets its default lot, and each image a slot in it: closed where nobody has to label it."""
    project, image = apps.get_model("projects", "Project"), apps.get_model("images", "Image")
    lot, slot = apps.get_model("assignment", "Lot"), apps.get_model("assignment", "Slot")
    kept, encoding = apps.get_model("annotations", "AnnotationSet"), apps.get_model("features", "Encoding")
    for pk in project.objects.order_by("pk").values_list("pk", flat=True):
        mine = lot.objects.create(project_id=pk, name="All images", is_default=True)
        last = 0
        while ids := list(
            image.objects.filter(project=pk, pk__gt=last).order_by("pk").values_list("pk", flat=True)[:CHUNK]
        ):
            last = ids[-1]
            ended = set(kept.objects.filter(main_of__in=ids, status__in=ENDED).values_list("main_of", flat=True))
            ready = set(encoding.objects.filter(image__in=ids, state="ready").values_list("image", flat=True))
            slot.objects.bulk_create(
                slot(
                    lot=mine, image_id=one, kind="label", rank=one, ready=one in ready,
                    state="closed" if one in ended else "open",
                )
                for one in ids
            )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [
        ("assignment", "0001_initial"),
        ("annotations", "0005_one_main_set"),
        ("features", "0003_leased_row"),
    ]

    operations = [migrations.RunPython(make_slots, migrations.RunPython.noop)]
