"""The zip follows its row: deleted once the deletion of the row is committed, however it came about."""

from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver

from labeling.exchange.models import Export


@receiver(post_delete, sender=Export)
def delete_zip(instance: Export, **_: Any) -> None:
    """Delete the file of a deleted export."""
    name, storage = str(instance.file.name or ""), instance.file.storage
    if name:
        transaction.on_commit(lambda: storage.delete(name))
