"""The storage of originals, views and exports on a disk of our own."""

import contextlib
from pathlib import Path
from typing import IO, Any

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage

from labeling.storage.files import sync_file, sync_folder


class DurableStorage(FileSystemStorage):
    """Django's storage in a folder. What `save` has returned is on the disk; what it could not write is not there."""

    def _save(self, name: str, content: "IO[Any] | File[Any]") -> str:
        known = _nearest(Path(self.path(name)).parent)
        try:
            saved = super()._save(name, content)  # type: ignore[misc]
        except BaseException:  # a disk that fails, or content that can't be read to its end
            # Django leaves what it had written. The name was free before, so this is ours.
            with contextlib.suppress(OSError):
                Path(self.path(name)).unlink(missing_ok=True)
            raise
        path = Path(self.path(saved))
        sync_file(path)
        for folder in path.parents:
            sync_folder(folder)
            if folder == known:
                break
        return str(saved)


def _nearest(folder: Path) -> Path:
    """The deepest folder on the way to `folder` that is there already: the last one to sync."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder
