import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("images", "0004_leased_row")]

    operations = [
        migrations.RenameModel("Cutting", "BlockJob"),
        migrations.AlterField(
            "blockjob",
            "image",
            models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE, related_name="block_job", to="images.image"
            ),
        ),
    ]
