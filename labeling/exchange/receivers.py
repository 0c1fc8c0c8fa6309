"""Files follow their rows: deleted once the deletion of the row is committed, however it came about."""

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver

from labeling.audit.actions import Action
from labeling.audit.services import record
from labeling.exchange import build
from labeling.exchange.models import Export, Import


@receiver(post_delete, sender=Export)
def delete_zip(instance: Export, origin: Any = None, **_: Any) -> None:
    """Delete the file of a deleted export. Its deletion is logged unless it goes with its project."""
    alone = isinstance(origin, Export) or getattr(origin, "model", None) is Export
    if alone and instance.project.binned_at is None:  # what is in the bin goes row by row, and is logged as a whole
        record(Action.EXPORT_DELETED, about=instance, project=instance.project)
    transaction.on_commit(partial(build.delete_files, instance))


@receiver(post_delete, sender=Import)
def delete_dataset(instance: Import, **_: Any) -> None:
    """Delete the dataset and the plan of a deleted import. What it brought in stays."""
    for file in (instance.file, instance.plan):
        if file:
            transaction.on_commit(partial(file.storage.delete, str(file.name)))
