"""Where unfinished files lie while an export is made or a dataset is read. What killed processes leave is deleted."""

from django.conf import settings

SCRATCH = settings.HOME / "scratch"
