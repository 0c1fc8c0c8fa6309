"""What the API, the pages and the management command share: asking for an export."""

import time
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from labeling.accounts.models import User
from labeling.audit.actions import Action
from labeling.audit.services import record
from labeling.exchange import build, losses, sinks
from labeling.exchange.models import Export
from labeling.exchange.registry import Options, format_named, formats
from labeling.exchange.schemas import ExportData, FormatData, LossesData
from labeling.exchange.specs import NewSink
from labeling.projects.access import May, may, named, require, who_may
from labeling.projects.models import Project
from labeling.server import wake_up
from labeling.web.api import ApiError

SHOWN = 20


def start(
    project: Project, user: User, *, format: str, options: dict[str, Any], freeze: str = "", sink: NewSink | None = None
) -> Export:
    """Queue an export; a worker makes it. freeze: the name of the version that it is to be. sink: where it is put as
    well.

    Raises: ApiError 400 for an unknown format, option or bucket, 403 for labels that only managers may have, 409
    `nothing_to_export` when no image would be in it, `name_taken`.
    """
    name = ""
    if freeze:
        require(user, project.pk, May.MANAGE)
        name = _free_name(project, freeze)
    parsed = checked(project, user, format, options)
    to = sinks.chosen(project, format, sink.place, sink.folder, sink.unpack) if sink else None
    export = _queued(project, user, format, parsed, name, to)
    nudge(export)
    return export


def make_here(project: Project, user: User, *, format: str, options: Options, freeze: str) -> Export:
    """Make a version in this process, for the command, whose user may everything. Returns: the export, ready or failed.

    Raises: ApiError as `start`.
    """
    export = _queued(project, user, format, options, _free_name(project, freeze))
    claimed = build.claim(export.pk)
    if claimed is not None:
        build.make(claimed)
    export.refresh_from_db()
    while export.state in (Export.State.QUEUED, Export.State.RUNNING):  # a worker was quicker
        time.sleep(0.2)
        export.refresh_from_db()
    return export


def _queued(
    project: Project, user: User, format: str, parsed: Options, name: str, sink: sinks.Sink | None = None
) -> Export:
    total = sum(map(len, build.datasets_of(project, format_named(format), parsed)))
    if not total:
        raise ApiError(409, "nothing_to_export", _why_nothing(parsed))
    fields: dict[str, Any] = {"name": name, "frozen_by": user, "frozen_at": timezone.now()} if name else {}
    export = _create(
        project=project, created_by=user, format=format, options=parsed.model_dump(exclude_none=True), total=total,
        sink=sink.plain() if sink else None, **fields,
    )  # fmt: skip
    record(Action.EXPORT_MADE, by=user, about=export, project=project, total=total, options=export.options)
    if name:
        record(Action.EXPORT_FROZEN, by=user, about=export, project=project, name=name)
    build.publish(export)
    return export


def checked(project: Project, user: User, format: str, options: dict[str, Any]) -> Options:
    """The options of an export, as this user may have them. Raises: ApiError 400, 403."""
    parsed = format_named(format).parse(options)
    if parsed.sets != "main":
        _require_others(user, project)
    if parsed.filter is not None:
        parsed = parsed.model_copy(update={"filter": parsed.filter.for_user(user)})
    return parsed


def what_is_lost(project: Project, user: User, *, format: str, options: dict[str, Any]) -> LossesData:
    """What an export would have and lose. Raises: as `checked`."""
    return losses.of_export(project, format_named(format), checked(project, user, format, options))


def may_have(user: User, export: Export) -> bool:
    """Whether somebody who may export may have this export's labels, too."""
    return not export.of_others or _sees_figures(user, export.project_id)


def require_labels(user: User, *exports: Export) -> None:
    """Raises: ApiError 403 where an export has labels that this user may not have."""
    for one in exports:
        if not may_have(user, one):
            _require_others(user, one.project)


def _sees_figures(user: User, project_id: int) -> bool:
    return may(user, project_id, May.FIGURES)  # in an archived project, too


def _require_others(user: User, project: Project) -> None:
    if not _sees_figures(user, project.pk):
        who = named(who_may(May.FIGURES))
        raise ApiError(403, "others_labels", f"Only {who} may export labels of single annotators and golden images.")


def freeze(export: Export, user: User, name: str) -> None:
    """Make a finished export a named version of the dataset, which is kept for good.

    Raises: ApiError 409 `not_ready`, `frozen`, `name_taken`.
    """
    require(user, export.project_id, May.MANAGE)
    name = _free_name(export.project, name)
    try:
        with transaction.atomic():
            loose = Export.objects.filter(pk=export.pk, state=Export.State.READY, name="")
            if not loose.update(name=name, frozen_by=user, frozen_at=timezone.now()):
                raise ApiError(409, "not_ready", "Only a finished export that is not frozen yet can be frozen.")
    except IntegrityError as error:
        raise _taken(name) from error
    export.refresh_from_db()
    record(Action.EXPORT_FROZEN, by=user, about=export, project=export.project, name=name)
    build.publish(export)


def _free_name(project: Project, name: str) -> str:
    """Raises: ApiError 400 `bad_name`, 409 `name_taken`."""
    name = " ".join(name.split())
    if not name:
        raise ApiError(400, "bad_name", "Give the version a name.")
    if project.exports.filter(name__iexact=name).exists():
        raise _taken(name)
    return name


def _taken(name: str) -> ApiError:
    return ApiError(409, "name_taken", f"There is a version “{name}” already. Choose another name.")


def _create(**fields: Any) -> Export:
    try:
        with transaction.atomic():
            return Export.objects.create(**fields)
    except IntegrityError as error:
        raise _taken(fields.get("name", "")) from error


def delete(export: Export, user: User) -> None:
    """Delete an export with its files. Raises: PermissionDenied; a frozen version is deleted by who may archive."""
    require(user, export.project_id, May.ARCHIVE if export.name else May.MANAGE)
    export.delete()


def _why_nothing(options: Options) -> str:
    if options.filter is not None or options.only is not None:
        return _NOTHING_CHOSEN
    return _NOTHING[options.images] if options.sets == "main" else _NO_SETS[options.sets]


_NOTHING = {
    "labeled": "No image has an object and none is done. Label an image first, or export all images.",
    "done": "No image is done. Finish an image first, or export the labeled images.",
    "accepted": "No image is accepted. Review one first, or export the done images.",
    "all": "The project has no images. Add images first.",
}
_NO_SETS = {
    "each": "Nobody has labels of their own of such images. Export the labels of the images.",
    "consensus": "No such image has two finished opinions. Export the labels of the images.",
    "golden": "No such image is golden. Export the labels of the images.",
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


def recent(project: Project, user: User) -> list[ExportData]:
    """The project's latest exports, the newest first."""
    return [describe(export, user) for export in _all_of(project)[:SHOWN]]


def versions_of(project: Project, user: User) -> list[ExportData]:
    """The frozen versions of a project, the newest first."""
    return [describe(export, user) for export in _all_of(project).exclude(name="")]


def _all_of(project: Project) -> QuerySet[Export]:
    return project.exports.select_related("created_by", "frozen_by").all()


def describe(export: Export, user: User) -> ExportData:
    """An export as the API shows it to somebody who may export."""
    known = formats().get(export.format)
    news = dict(build.news(export))
    if not may_have(user, export):
        news["url"] = None
    return ExportData(
        **news,
        format=export.format,
        title=known.title if known else export.format,
        options=export.options,
        created_by=export.created_by.shown_name if export.created_by else None,
        created_at=export.created_at.isoformat(),
        name=export.name or None,
        sha256=export.sha256 or None,
        frozen_by=export.frozen_by.shown_name if export.frozen_by else None,
        frozen_at=export.frozen_at.isoformat() if export.frozen_at else None,
        delivered=export.delivered or None,
    )


def choices() -> list[FormatData]:
    """The formats there are, for forms and clients."""
    return [
        FormatData(name=one.name, title=one.title, description=one.description, options=one.options.model_json_schema())
        for one in formats().values()
    ]
