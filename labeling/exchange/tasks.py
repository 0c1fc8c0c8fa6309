"""Celery's side of exports and imports. Messages are nudges: what is to do stands in the rows."""

from celery import shared_task
from celery.signals import worker_ready
from django.conf import settings

from labeling.exchange import build, importing, imports, losses, services
from labeling.server.host_lock import one_of


@shared_task
def run(export_id: int) -> bool:
    """Make an export, unless somebody has it or had it; True when this call did the work.

    All but one of a host's processes may do that at a time. Who finds no place leaves the row to those who have one.
    """
    with one_of("export", settings.TAKE_IN_AT_ONCE) as place:
        export = build.claim(export_id) if place else None
        if export is not None:
            build.make(export)
    following = build.next_free(export) if export is not None else None
    if following is not None:
        services.nudge(following)
    return export is not None


@shared_task
def bring_in(import_id: int) -> bool:
    """Check an import or carry it out, unless somebody has it or had it; True when this call did the work."""
    with one_of("import", settings.TAKE_IN_AT_ONCE) as place:
        row = importing.claim(import_id) if place else None
        if row is not None:
            importing.work(row)
    following = importing.jobs.line().exclude(pk=row.pk).first() if row is not None else None
    if following is not None:
        imports.nudge(following)
    return row is not None


@shared_task
def sweep() -> None:
    """Make good what a killed worker or a lost message left behind."""
    for export in build.unfinished():
        services.nudge(export)
    for row in importing.unfinished():
        imports.nudge(row)
    build.clear_scratch()


@shared_task
def count_facts(project_id: int | None = None) -> int:
    """Count what only masks say (`losses`), of a project or of all; returns how many times it counted."""
    return losses.count_alone(project_id)


@shared_task
def expire() -> int:
    """Every hour: zips and datasets that nobody needs any more."""
    return build.expire() + importing.expire()


@worker_ready.connect
def at_start(**_: object) -> None:
    """A worker that starts again takes up at once what the last one was killed at."""
    sweep.delay()
