"""Files of several pages (TIFF) or frames (DICOM): each becomes an image of its own, over the same original.

An image keeps its original under a name of its own, so that images can be deleted one by one. On a disk these names are
hard links: the bytes are there once.
"""

import hashlib
from pathlib import PurePosixPath
from typing import IO

from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage

from decoding.limits import TOO_LARGE
from labeling.images import decoder, zips
from labeling.images.models import UploadItem
from labeling.images.reading import Rejected
from labeling.storage.copies import copy_file

PAGED = {"TIFF", "DICOM"}
MOST_PAGES = 500


def pages(item: UploadItem) -> list[int]:
    """The pages that are pictures of their own, from 1 as they lie in the file; none of a file that is one picture.

    Raises: Rejected, also for more than MOST_PAGES; OSError; decoding.process.Lost.
    """
    with decoder.decoded(item.file, "pages", most=MOST_PAGES) as (found, _):
        there: list[int] = found["pages"]
    copies = 1 if isinstance(default_storage, FileSystemStorage) else len(there)
    if copies * item.size > settings.MAX_ZIP_BYTES:
        message = f"The file has {len(there)} pages, and each page keeps a copy of it here. Split it into single pages."
        raise Rejected(TOO_LARGE, message)
    return there


def name_of(name: str, number: int) -> str:
    """`scan.tif`, 2 → `scan#2.tif`: the suffix stays the last thing, for exports and for who matches names."""
    path = PurePosixPath(name)
    return f"{name.removesuffix(path.suffix)}#{number}{path.suffix}"


def copy_for(item: UploadItem, page: int) -> str:
    """Put the file under a name for one page, over what a killed worker may have left; returns the name."""
    path = PurePosixPath(str(item.file.name))
    name = str(path.with_name(f"{path.stem}-p{page}{path.suffix}"))
    copy_file(default_storage, str(path), name)
    return name


def digest(item: UploadItem, file: IO[bytes]) -> str:
    """The SHA-256 of the item's file, found once for the pages of a file that come one after the other."""
    if not item.page or item.parent_id is None:
        return _sha256(file)
    stem = str(item.file.name).rpartition("-p")[0]
    found = _digests.get(stem)
    if found is None:
        found = _sha256(file)
        _digests.clear()
        _digests[stem] = found
    return found


_digests: dict[str, str] = {}
"""Of the file whose pages came last."""


def _sha256(file: IO[bytes]) -> str:
    file.seek(0)
    found = hashlib.sha256()
    while chunk := file.read(zips.CHUNK):
        found.update(chunk)
    return found.hexdigest()
