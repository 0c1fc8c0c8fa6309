"""The feature store: features on a Django storage, versioned, written atomically, verified when read.

docs/internals/feature-store.md says what lies where.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, Storage, storages

from labeling.features import model, queue
from labeling.features.models import Encoding, Tile
from labeling.images.models import Image
from labeling.storage.copies import copy_file
from labeling.storage.files import sync_folder
from labeling.storage.trees import delete_tree

if TYPE_CHECKING:
    from inference import Features


class FeaturesLost(Exception):
    """There are no features to be had now: not made yet, or lost or damaged and queued again."""


@dataclass(frozen=True)
class Stored:
    """Where features were put, and how to tell that they are still the same."""

    version: str
    key: str
    sha256: str
    nbytes: int


def storage() -> Storage:
    """The storage for features (settings: STORAGES["features"])."""
    return storages["features"]


def save(project_id: int, image_id: int, features: Features, tile: str = "") -> Stored:
    """Write features (of an image, or of its tile of that name) so that nobody ever sees half a file, also after a
    crash.

    The key has the content in it: two workers that encode the same image never write over each other.
    """
    data = features.to_bytes()
    digest = hashlib.sha256(data).hexdigest()
    about = f"{image_id}-{tile}" if tile else str(image_id)
    key = f"{features.version}/{project_id}/{about}-{digest[:8]}.safetensors"
    place = storage()
    if isinstance(place, FileSystemStorage):
        _write_atomically(Path(place.path(key)), data, f"{about}-")
    else:  # an object store shows an object only when it is whole
        place.delete(key)
        key = place.save(key, ContentFile(data))
    return Stored(features.version, key, digest, len(data))


def load(image_id: int, without: Collection[str] = ()) -> Features:
    """The image's features, of the installed model's version, with their checksum verified; without the maps of these
    names.

    Raises: FeaturesLost when they are not made yet, lost, damaged or of another version; in the last three cases the
    image is queued again, first in line. OSError when the storage does not answer: nothing is known to be lost.
    """
    from inference import Features, FeaturesError

    row = Encoding.objects.filter(image_id=image_id).first()
    if row is None or row.state != Encoding.State.READY:
        raise FeaturesLost(f"Image {image_id} has no features yet: it is {row.state if row else 'not queued'}.")
    try:
        return Features.from_bytes(read(row), model.version(), without)
    except (FileNotFoundError, FeaturesError) as error:
        queue.requeue_lost(row)
        raise FeaturesLost(f"The features of image {image_id} are lost and made anew: {error}") from error


def read(row: Encoding | Tile) -> bytes:
    """What was stored for a row. Raises: FeaturesError when it is of another version or damaged, FileNotFoundError."""
    from inference import FeaturesError

    if row.features_version != model.version():
        raise FeaturesError(f"they are of version {row.features_version}")
    with storage().open(row.storage_key, "rb") as file:
        data = file.read()
    if hashlib.sha256(data).hexdigest() != row.sha256:
        raise FeaturesError("the file is not what was written")
    return data


def delete(key: str) -> None:
    """Delete features; those already gone are fine."""
    if key:
        storage().delete(key)


def copy(row: Encoding, image: Image) -> str:
    """Put the features of `row` under a key of another image with the same view; returns the key.

    Raises: FileNotFoundError, OSError.
    """
    key = f"{row.features_version}/{image.project_id}/{image.pk}-{row.sha256[:8]}.safetensors"
    copy_file(storage(), row.storage_key, key)
    return key


def delete_project(project_id: int) -> None:
    """Delete every file of a project, of whichever version; those already gone are fine."""
    for version in _folders(storage(), ""):
        delete_tree(storage(), f"{version}/{project_id}")


def delete_versions(but: set[str]) -> int:
    """Delete every file of versions other than `but`; returns how many. What is not ours to delete is left alone."""
    place = storage()
    count = 0
    for version in _folders(place, ""):
        if version in but:
            continue
        for project in _folders(place, version):
            names = place.listdir(f"{version}/{project}")[1] if project.isdigit() else []
            for name in filter(_OURS.fullmatch, names):
                place.delete(f"{version}/{project}/{name}")
                count += 1
            _remove_empty(place, f"{version}/{project}")
        _remove_empty(place, version)
    return count


_OURS = re.compile(r"\d+-(t\d+-\d+-\d+-)?([0-9a-f]{8}\.safetensors|\d+\.draft)")


def _folders(place: Storage, path: str) -> list[str]:
    """The folders in a folder of the storage; none for a storage that can't list."""
    try:
        return place.listdir(path)[0]
    except (FileNotFoundError, NotImplementedError):
        return []


def _remove_empty(place: Storage, path: str) -> None:
    """An object store has no folders; on a disk an empty one goes."""
    if isinstance(place, FileSystemStorage):
        with contextlib.suppress(OSError):
            Path(place.path(path)).rmdir()


def _write_atomically(path: Path, data: bytes, prefix: str) -> None:
    """Write beside and rename. Drafts of the same image or tile that a killed worker left are removed; not those of an
    image's tiles with the image's, as another worker may be at one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{prefix}{os.getpid()}.draft")
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)
    sync_folder(path.parent)
    for left in path.parent.glob(f"{prefix}[0-9]*.draft"):
        left.unlink(missing_ok=True)
