"""What the API, the pages and the management command share: asking for an export."""

from typing import Any

from labeling.accounts.models import User
from labeling.audit.actions import Action
from labeling.audit.services import record
from labeling.exchange import build
from labeling.exchange.dataset import Dataset
from labeling.exchange.models import Export
from labeling.exchange.registry import format_named, formats
from labeling.exchange.schemas import ExportData, FormatData
from labeling.projects.models import Project
from labeling.server import wake_up
from labeling.web.api import ApiError

SHOWN = 20


def start(project: Project, user: User, *, format: str, options: dict[str, Any]) -> Export:
    """Queue an export; a worker makes it.

    Raises: ApiError 400 for an unknown format or option, 409 `nothing_to_export` when no image would be in it.
    """
    parsed = format_named(format).parse(options)
    if parsed.filter is not None:
        parsed = parsed.model_copy(update={"filter": parsed.filter.for_user(user)})
    total = len(Dataset(project, parsed.images, parsed.filter, parsed.only))
    if total == 0:
        chosen = parsed.filter is not None or parsed.only is not None
        raise ApiError(409, "nothing_to_export", _NOTHING_CHOSEN if chosen else _NOTHING[parsed.images])
    export = Export.objects.create(
        project=project, created_by=user, format=format, options=parsed.model_dump(exclude_none=True), total=total
    )
    record(Action.EXPORT_MADE, by=user, about=export, project=project, total=total, options=export.options)
    build.publish(export)
    nudge(export)
    return export


_NOTHING = {
    "labeled": "No image has an object and none is done. Label an image first, or export all images.",
    "done": "No image is done. Finish an image first, or export the labeled images.",
    "accepted": "No image is accepted. Review one first, or export the done images.",
    "all": "The project has no images. Add images first.",
}
_NOTHING_CHOSEN = "None of the chosen images can be exported so. Choose others, or export all images of the choice."


def nudge(export: Export) -> None:
    """Have a worker look at the export once the transaction is committed. A lost message is made good by the sweep."""
    wake_up.send("labeling.exchange.tasks.run", export.pk, expires=300)


def try_again(export: Export) -> bool:
    """Queue a failed export once more; False when it had not failed."""
    failed = Export.objects.filter(pk=export.pk, state=Export.State.FAILED)
    if not build.jobs.requeue(failed, done=0, reason="", finished_at=None):
        return False
    export.refresh_from_db()
    build.publish(export)
    nudge(export)
    return True


def recent(project: Project) -> list[ExportData]:
    """The project's latest exports, the newest first."""
    return [describe(export) for export in project.exports.select_related("created_by")[:SHOWN]]


def describe(export: Export) -> ExportData:
    """An export as the API shows it."""
    known = formats().get(export.format)
    return ExportData(
        **dict(build.news(export)),
        format=export.format,
        title=known.title if known else export.format,
        options=export.options,
        created_by=export.created_by.shown_name if export.created_by else None,
        created_at=export.created_at.isoformat(),
    )


def choices() -> list[FormatData]:
    """The formats there are, for forms and clients."""
    return [
        FormatData(name=one.name, title=one.title, description=one.description, options=one.options.model_json_schema())
        for one in formats().values()
    ]
