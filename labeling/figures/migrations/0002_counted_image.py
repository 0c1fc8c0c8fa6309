from django.db import migrations


class Migration(migrations.Migration):
    """*Image tally* is what the project's counts are called."""

    dependencies = [("figures", "0001_initial")]

    operations = [migrations.RenameModel("ImageTally", "CountedImage")]
