"""What the projects room tells the rooms below it."""

from django.dispatch import Signal

# Sent as `project_copied.send(sender=Project, source=…, copy=…)` in the transaction that makes a project after another
# one, before its images: receivers copy the settings that they have of a project.
project_copied = Signal()

# Sent as `project_purged.send(sender=Project, project_id=…)` when all rows of a project but its own are deleted, and
# once more an hour or more after it: receivers delete whatever files they have of it. Files that are gone are fine.
project_purged = Signal()

# Sent as `category_merged.send(sender=Category, category=…, into=…)` in the transaction that deletes a merged class:
# receivers let what they have of it be of the other class.
category_merged = Signal()
