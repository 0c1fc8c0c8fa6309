"""Activities of what happened before there were any."""

from heapq import merge
from itertools import islice

from django.db import migrations
from django.db.models.fields.json import KT

from labeling.history.recording import BURST, OBJECTS, TEXT, fields_of, goes_on

AT_ONCE = 500
NAMES = ("status", "reason", "verdict", "summary", "note")


def fill(apps, schema_editor):
    """One pass over events and comments in the order in which they came. The content of objects is not read."""
    Activity = apps.get_model("history", "Activity")
    rows = activities(Activity, merge(_events(apps), _comments(apps), key=lambda one: one[0]))
    while some := list(islice(rows, AT_ONCE)):
        Activity.objects.bulk_create(some)


def activities(Activity, entries):
    """Rows in the order in which they began, as their ids are the order of lists. A row that can't go on is done."""
    waiting, last = [], {}
    for at, kept, image, project, user, kind, version, fields in entries:
        row = last.get(kept)
        if kept is not None and goes_on(row, user, kind, version, at):
            row.last, row.at = version, at
            setattr(row, OBJECTS[kind], getattr(row, OBJECTS[kind]) + 1)
            continue
        row = Activity(
            project_id=project, image_id=image, set_id=kept, user_id=user, at=at, first=version, last=version, **fields
        )
        waiting.append(row)
        if kept is not None:
            last[kept] = row
        while len(waiting) > AT_ONCE and at - waiting[0].at > BURST:
            done = waiting.pop(0)
            if last.get(done.set_id) is done:
                del last[done.set_id]
            yield done
    yield from waiting


def _events(apps):
    rows = (
        apps.get_model("annotations", "AnnotationEvent")
        .objects.order_by("id")
        .annotate(**{f"after_{name}": KT(f"after__{name}") for name in NAMES})
        .values_list("at", "set", "set__image", "set__image__project", "user", "kind", "version",
                     *(f"after_{name}" for name in NAMES))
    )  # fmt: skip
    for *first, kind, version, status, reason, verdict, summary, note in rows.iterator(chunk_size=2000):
        texts = zip(NAMES, (status, reason, verdict, summary, note), strict=True)
        fields = fields_of(kind, {name: text for name, text in texts if text is not None})
        yield (*first, kind, version, fields)


def _comments(apps):
    rows = apps.get_model("review", "Comment").objects.filter(draft=False).order_by("id")
    columns = ("at", "thread__image", "thread__image__project", "author", "text")
    for at, image, project, author, text in rows.values_list(*columns).iterator(chunk_size=2000):
        yield at, None, image, project, author, "comment", 0, {"kind": "comment", "text": text[:TEXT]}


class Migration(migrations.Migration):
    dependencies = [("history", "0001_initial"), ("review", "0001_initial")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
