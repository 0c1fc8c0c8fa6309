"""Files follow their rows: deleted once the deletion of the row is committed, however it came about."""

from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.signals import post_delete
from django.dispatch import receiver

from labeling.images import copying, pictures, rendering  # noqa: F401 - register what jobs do
from labeling.images.models import Image, PartialFile, UploadItem
from labeling.storage.trees import delete_tree
from labeling.web import events


@receiver(post_delete, sender=Image)
def delete_image_files(instance: Image, origin: Any = None, **_: Any) -> None:
    """Original, view with its blocks, and thumbnail; open editors are told, the project's pages count anew."""
    names = pictures.files_of(instance)
    image, project = instance.pk, instance.project_id
    deleted = origin.model if isinstance(origin, QuerySet) else type(origin)
    gone = {"type": "gone", "what": "image" if deleted is Image else "project"}

    def after() -> None:
        events.publish(events.image_group(image), gone)
        pictures.delete_files(names)
        events.publish(events.project_group(project), {"type": "progress"})

    transaction.on_commit(after)


@receiver(post_delete, sender=UploadItem)
def delete_item_file(instance: UploadItem, **_: Any) -> None:
    """The file of an item that was still waiting (an accepted item's file belongs to the image)."""
    name = str(instance.file.name or "")
    if name:
        transaction.on_commit(lambda: pictures.delete_files({name}))


@receiver(post_delete, sender=PartialFile)
def delete_parts(instance: PartialFile, **_: Any) -> None:
    """The parts of a file, also those that a killed request left without a row."""
    transaction.on_commit(lambda: delete_tree(default_storage, instance.folder))
