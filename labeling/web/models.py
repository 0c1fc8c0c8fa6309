"""The one table of this room."""

from django.db import models


class HealthMark(models.Model):
    """A row that `/healthz` writes, to know that the database takes writes."""

    at = models.DateTimeField(help_text="When a web server last asked.")

    class Meta:
        default_permissions = ()
