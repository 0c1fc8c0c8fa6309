"""The files of an image: in this product's storage, or in a folder or bucket, where they are referenced, not copied.

A referenced file has a name in the storage like any other, from which those of its view and thumbnail follow; there is
just nothing under that name. So whatever deletes files by their names can't delete an original that is somebody else's.
"""

from __future__ import annotations

from typing import Any

from django.core.files.base import File
from django.db import models
from django.db.models.fields.files import FieldFile

from labeling.storage.roots import Reference


class StoredFile(FieldFile):
    """A file of a row that may have a `reference`: its field `referenced` names the field that the reference is for.

    Reading one raises OriginalGone, a FileNotFoundError whose message says what to do, when the original was changed
    since or is gone.
    """

    @property
    def reference(self) -> Reference | None:
        """Where the bytes are, if not in the storage."""
        row: Any = self.instance
        told = row.reference
        return Reference(**told) if told and self.name and self.name == row.referenced_name else None

    def open(self, mode: str | None = None, *args: Any, **kwargs: Any) -> StoredFile:
        reference = self.reference
        if reference is None:
            super().open(mode or "rb")
        else:
            self.file = File(reference.open(), name=str(self.name))
        return self

    @property
    def path(self) -> str:
        """On this machine. Raises: NotImplementedError where it is not; as `open` for one that was changed."""
        reference = self.reference
        if reference is None:
            return super().path
        local = reference.look().local(reference.path)
        if local is None:
            raise NotImplementedError("It is in a bucket.")
        return str(local)

    @property
    def size(self) -> int:
        reference = self.reference
        return super().size if reference is None else reference.size


def check_unchanged(stored: FieldFile) -> None:
    """Raises: OriginalGone when the file is referenced and was changed since."""
    reference = stored.reference if isinstance(stored, StoredFile) else None
    if reference is not None:
        reference.look()


class StoredFileField(models.FileField):
    """A FileField of a row that may have a `reference`. For migrations it is Django's own."""

    attr_class = StoredFile

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.FileField", args, kwargs
