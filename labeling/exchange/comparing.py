"""How one export of a project differs from another: for the page, the API and a download."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from django.urls import reverse

from labeling.exchange import versions
from labeling.exchange.models import Export
from labeling.exchange.schemas import DifferenceData, ImageDifference
from labeling.exchange.versions import Difference, ImageChange
from labeling.web.api import ApiError

SHOWN = 200
"""Images that an answer names; all are in the download."""


def version_before(export: Export) -> Export | None:
    """The frozen version before an export that has labels of the same sets."""
    frozen = export.project.exports.exclude(name="").filter(pk__lt=export.pk, state=Export.State.READY)
    return next((one for one in frozen if one.sets == export.sets), None)


def pair(export: Export, other: int | None) -> Export:
    """The export that one is compared with. other: its id; None: the frozen version before.

    Raises: ApiError 409 `no_version` without one; 404 `no_such_export`; 409 `no_content` where a file is gone.
    """
    found = version_before(export) if other is None else export.project.exports.filter(pk=other).first()
    if found is None and other is not None:
        raise ApiError(404, "no_such_export", f"The project has no export {other}.")
    if found is None:
        raise ApiError(409, "no_version", "There is no frozen version before this export to compare it with.")
    for one in (export, found):
        if not one.content:
            text = f"Export {one.pk} is not finished, is expired, or is older than comparing. Create it again."
            raise ApiError(409, "no_content", text)
    return found


@contextmanager
def opened(old: Export, new: Export) -> Iterator[tuple[Difference, Iterator[ImageChange]]]:
    """A difference, and the changes that it is made of: it is whole once they were gone through."""
    with (
        old.content.open("rb") as one,
        new.content.open("rb") as other,
        versions.reading(one) as (before, old_lines),
        versions.reading(other) as (after, new_lines),
    ):
        difference = Difference(before, after)
        yield difference, difference.changes(old_lines, new_lines)


def describe(old: Export, new: Export) -> DifferenceData:
    """A difference as the API shows it."""
    shown: list[ImageDifference] = []
    more = 0
    with opened(old, new) as (difference, changes):
        for change in changes:
            if len(shown) < SHOWN:
                shown.append(ImageDifference.model_validate(change.plain()))
            else:
                more += 1
    return DifferenceData.model_validate({
        "before": old.pk, "before_name": old.name, "after": new.pk, "after_name": new.name, **difference.summary(),
        "changes": shown, "more": more, "url": reverse("exchange:difference", args=[new.pk, old.pk]),
    })  # fmt: skip


def as_json(old: Export, new: Export) -> Iterator[str]:
    """A whole difference as JSON, piece by piece: the images first, then the sums."""
    with opened(old, new) as (difference, changes):
        yield '{"images_changed":['
        for place, change in enumerate(changes):
            yield (",\n" if place else "\n") + json.dumps(change.plain(), ensure_ascii=False)
        named = {"before": {"id": old.pk, "name": old.name, "sha256": old.sha256},
                 "after": {"id": new.pk, "name": new.name, "sha256": new.sha256}}  # fmt: skip
        yield "],\n" + json.dumps({**named, **difference.summary()}, ensure_ascii=False)[1:]
