"""The columns of a row that is a job."""

from django.db import models


class LeasedRow(models.Model):
    """A row that one worker at a time works on, under a lease (`labeling.jobs.queue`)."""

    attempts = models.PositiveSmallIntegerField(default=0)
    lease_owner = models.CharField(max_length=120, blank=True, help_text="host:pid:token of the worker that has it.")
    lease_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
