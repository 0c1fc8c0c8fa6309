"""What the pages, the sockets and the API ask of the encode queue."""

from django.utils import timezone

from labeling.features import queue, store
from labeling.features.models import Encoding
from labeling.features.signals import features_ready
from labeling.images.models import Image
from labeling.projects.models import Project


def open_image(image_id: int) -> Encoding:
    """Somebody opens this image: it goes first in the queue. Returns how far it is.

    Raises: Image.DoesNotExist when it was deleted meanwhile.
    """
    row = Encoding.objects.filter(image_id=image_id).first()
    if row is None:
        queue.add([Image.objects.get(pk=image_id)])
        row = Encoding.objects.get(image_id=image_id)
    if _is_stale(row):
        queue.requeue_lost(row)
        row.refresh_from_db()
    if row.state == Encoding.State.QUEUED:
        queue.put_first(row)
        queue.nudge()
    return row


def add_copy(source: Image, image: Image) -> bool:
    """Give an image the features that its source has; False when there are none, or the image was queued before."""
    row = Encoding.objects.filter(image=source, state=Encoding.State.READY).exclude(features_version="").first()
    if row is None:
        return False
    try:
        key = store.copy(row, image)
    except OSError as error:
        queue.logger.warning("the features of image %d can't be copied, they are made again: %s", source.pk, error)
        return False
    kept = {name: getattr(row, name) for name in ("features_version", "sha256", "nbytes", "seconds")}
    made, new = Encoding.objects.get_or_create(
        image=image, defaults={"state": Encoding.State.READY, "storage_key": key, "ready_at": timezone.now(), **kept}
    )
    if new:
        queue.publish([made], new=True)
        features_ready.send_robust(sender=Encoding, image_id=image.pk)
    return new


def _is_stale(row: Encoding) -> bool:
    """Whether the row's features are of another model than the installed one, and the sweep has not come by yet."""
    from labeling.features import model

    try:
        return row.state == Encoding.State.READY and row.features_version != model.version()
    except model.ModelMissing:
        return False


def retry_image(image: Image) -> int:
    """Encode a failed image again; returns how many were queued: 1, or 0 when it had not failed."""
    return queue.retry(Encoding.objects.filter(image=image))


def retry_project(project: Project) -> int:
    """Encode every failed image of the project again; returns how many were queued."""
    return queue.retry(Encoding.objects.filter(image__project=project))


def tidy() -> int:
    """Delete the files of model versions that no image's features are of any more; returns how many.

    An image's old file goes when the new one is in its place. What is found here was left by a worker killed between
    the two, or belonged to rows that a restored backup of the database no longer has.
    """
    from labeling.features import model

    try:
        current = model.version()
    except model.ModelMissing:
        return 0
    named = set(Encoding.objects.exclude(storage_key="").values_list("features_version", flat=True).distinct())
    return store.delete_versions(but=named | {current})


def sweep() -> None:
    """Make good what a killed worker, a lost message or a new model left behind."""
    from labeling.features import model, tiles

    queue.add(Image.objects.filter(encoding=None)[:1000])
    queue.release_lost()
    tiles.release_lost()
    try:
        queue.requeue_stale(model.version())
        tiles.drop_stale(model.version())
    except model.ModelMissing as missing:
        queue.logger.error("%s", missing)
    if queue.is_waiting() or tiles.is_waiting():
        queue.nudge()
