from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("images", "0005_block_job")]

    operations = [
        migrations.AddField(
            "image",
            "golden",
            models.BooleanField(
                default=False,
                editable=False,
                help_text="Its labels are the truth that annotators are measured against, so they must not see them.",
            ),
        ),
        migrations.AddIndex(
            "image", models.Index(fields=["project"], condition=Q(golden=True), name="golden_of_project")
        ),
    ]
