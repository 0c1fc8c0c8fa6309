"""The encode queue follows the images."""

from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver

from labeling.features import queue, services, store
from labeling.features.models import Encoding, Tile
from labeling.images.models import Image
from labeling.images.signals import image_accepted, image_copied, image_rendered
from labeling.projects.signals import project_purged


@receiver(image_accepted)
def queue_image(image: Image, **_: Any) -> None:
    """Every accepted image is encoded."""
    queue.add([image])


@receiver(image_copied)
def copy_features(source: Image, image: Image, **_: Any) -> bool:
    """A copy needs no encoding where its source has features."""
    return services.add_copy(source, image)


@receiver(image_rendered)
def encode_again(image: Image, **_: Any) -> None:
    """Features of a view that is shown no more are of no use."""
    queue.start_anew(image)
    for tile in Tile.objects.filter(image=image):
        tile.delete()  # one by one: its file goes by a signal


@receiver(post_delete, sender=Tile)
@receiver(post_delete, sender=Encoding)
def delete_features(instance: Encoding | Tile, **_: Any) -> None:
    """The features go once the deletion of the row (by itself or with its image) is committed."""
    transaction.on_commit(lambda: store.delete(instance.storage_key))


@receiver(project_purged)
def delete_features_of_project(project_id: int, **_: Any) -> None:
    """What a worker wrote that was killed before its row named it."""
    store.delete_project(project_id)
