import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F


def existing_are_main(apps, schema_editor):
    sets = apps.get_model("annotations", "AnnotationSet").objects
    sets.update(main_of_id=F("image_id"))
    sets.filter(status="done").update(finished_by_id=F("changed_by_id"), finished_at=F("changed_at"))
    if schema_editor.connection.vendor == "postgresql":
        # Indexes of the new columns are made at the end; PostgreSQL makes none while keys wait to be checked.
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def person(text):
    return models.ForeignKey(
        blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+",
        to=settings.AUTH_USER_MODEL, help_text=text,
    )  # fmt: skip


KINDS = [("main", "Main"), ("opinion", "Opinion"), ("golden", "Golden")]


class Migration(migrations.Migration):
    """An image may have several sets. The rows are told apart in the next migration: PostgreSQL changes no table that
    has triggers pending."""

    dependencies = [
        ("annotations", "0003_presence_skip_note_time"),
        ("images", "0005_block_job"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            "annotationset",
            "image",
            models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="sets", to="images.image"
            ),
        ),
        migrations.AddField(
            "annotationset", "kind", models.CharField(choices=KINDS, default="main", editable=False, max_length=7)
        ),
        migrations.AddField(
            "annotationset",
            "main_of",
            models.OneToOneField(
                editable=False,
                help_text="The image again for a main set, so that it has one; else empty.",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="annotation_set",
                to="images.image",
            ),
        ),
        migrations.AddField("annotationset", "author", person("Whose opinion it is.")),
        migrations.AddField(
            "annotationset",
            "finished_by",
            person("Who said last that it is done: the author whom a reviewer answers."),
        ),
        migrations.AddField(
            "annotationset",
            "opened_for",
            models.CharField(blank=True, default="", help_text="What for: a kind of slot.", max_length=7),
        ),
        migrations.AddField(
            "annotationset",
            "opened_in",
            models.BigIntegerField(blank=True, help_text="Id of the slot that they hold.", null=True),
        ),
        migrations.AddField("annotationset", "finished_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField(
            "annotationset",
            "round",
            models.PositiveSmallIntegerField(default=0, help_text="How often it was sent back."),
        ),
        migrations.AddField(
            "annotationevent",
            "round",
            models.PositiveSmallIntegerField(default=0, help_text="How often the set had been sent back before."),
        ),
        migrations.AddField(
            "annotationevent",
            "slot",
            models.BigIntegerField(help_text="Id of the slot (`assignment.Slot`) that it was made in.", null=True),
        ),
        migrations.RunPython(existing_are_main, migrations.RunPython.noop),
    ]
