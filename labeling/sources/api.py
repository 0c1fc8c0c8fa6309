"""Folders and buckets that pictures come from, over JSON. Managers only."""

from django.http import HttpRequest
from ninja import Status

from labeling.accounts.services import user_of
from labeling.projects.access import May, object_for, project_for
from labeling.projects.schemas import Deleted
from labeling.sources import services
from labeling.sources.models import Source
from labeling.sources.schemas import SourceData, SourceList
from labeling.sources.specs import NewSource, SourceChange
from labeling.web.routes import Router, Sent

router = Router(tags=["sources"])


def _source(request: HttpRequest, source_id: int) -> Source:
    return object_for(request, Source.objects.select_related("project", "upload"), May.MANAGE, pk=source_id)


def _told(source: Source) -> SourceData:
    return services.describe(services.counted(Source.objects.filter(pk=source.pk)).get())


@router.get("projects/{id:project_id}/sources")
def sources(request: HttpRequest, project_id: int) -> SourceList:
    """The connected folders and buckets of a project, and the places that the administrator allows."""
    project = project_for(request, project_id, May.MANAGE)
    return SourceList(results=services.listed(project), roots=services.allowed_roots())


@router.post("projects/{id:project_id}/sources", response={201: SourceData})
def connect(request: HttpRequest, project_id: int, sent: Sent[NewSource]) -> Status[SourceData]:
    """Connect a folder of a place: its pictures are added by reference, and stay where they are."""
    project, spec = project_for(request, project_id, May.MANAGE), sent.read()
    source = services.connect(project, user_of(request), root=spec.root, folder=spec.folder, watch=spec.watch)
    return Status(201, _told(source))


@router.get("sources/{id:source_id}")
def source(request: HttpRequest, source_id: int) -> SourceData:
    """How far a source is scanned, and which originals are not what they were."""
    return _told(_source(request, source_id))


@router.patch("sources/{id:source_id}")
def change(request: HttpRequest, source_id: int, sent: Sent[SourceChange]) -> SourceData:
    """Have a source scanned from time to time, or not."""
    found = _source(request, source_id)
    services.set_watch(found, sent.read().watch)
    return _told(found)


@router.post("sources/{id:source_id}/scan", response={202: SourceData})
def scan(request: HttpRequest, source_id: int) -> Status[SourceData]:
    """Have a source scanned now."""
    found = _source(request, source_id)
    services.scan_again(found)
    return Status(202, _told(found))


@router.delete("sources/{id:source_id}")
def disconnect(request: HttpRequest, source_id: int) -> Deleted:
    """Disconnect a source. Its images stay, and no file of it is touched."""
    services.disconnect(_source(request, source_id), user_of(request))
    return Deleted(deleted=source_id)
