"""Runs, heads, mappings and settings of a project over JSON. Every member may look, managers may change."""

from django.http import HttpRequest
from ninja import Status

from labeling.accounts.services import user_of
from labeling.audit.actions import Action
from labeling.audit.services import record as audit
from labeling.images.models import Image
from labeling.projects.access import May, object_for, project_for
from labeling.projects.models import Project
from labeling.suggestions import heads, learning, mapping, runs
from labeling.suggestions.models import HeadVersion, Run, SuggestionSettings
from labeling.suggestions.schemas import (
    HeadCancelled,
    HeadData,
    HeadList,
    HeadQueued,
    MappingData,
    RunData,
    RunList,
    RunQueued,
    RunStopped,
    SettingsData,
)
from labeling.suggestions.specs import MappingSpec, NewHead, NewRun, SettingsSpec
from labeling.suggestions.uncertainty import order_images
from labeling.web.api import ApiError
from labeling.web.routes import Router, Sent

router = Router(tags=["suggestions"])


@router.get("projects/{id:project_id}/suggestions/runs")
def project_runs(request: HttpRequest, project_id: int) -> RunList:
    """The latest runs of a project."""
    found = runs.recent(project_for(request, project_id))
    return RunList(results=[runs.describe(run) for run in found])


@router.post("projects/{id:project_id}/suggestions/runs", response={202: RunData})
def start_run(request: HttpRequest, project_id: int, sent: Sent[NewRun]) -> Status[RunData]:
    """Have a method look at images."""
    project, spec = project_for(request, project_id, May.MANAGE), sent.read()
    head = heads.for_project(project, spec.head) if spec.head else None
    images = None if spec.images is None else _images(project, spec.images)
    run = runs.start(
        project, user_of(request), spec.method, head=head, images=images,
        options=spec.options.model_dump(exclude_none=True),
    )  # fmt: skip
    return Status(202, runs.describe(run))


def _images(project: Project, ids: list[int]) -> list[Image]:
    found = list(project.images.filter(pk__in=ids))
    missing = set(ids) - {image.pk for image in found}
    if missing:
        raise ApiError(400, "no_such_image", f"The project has no image {min(missing)}. Reload the page.")
    return found


def _run(request: HttpRequest, run_id: int) -> Run:
    return object_for(request, Run.objects.select_related("project"), May.MANAGE, pk=run_id)


@router.get("suggestions/runs/{id:run_id}")
def run(request: HttpRequest, run_id: int) -> RunData:
    """How far a run is, and which images failed."""
    return runs.describe(object_for(request, Run.objects.select_related("head", "created_by"), pk=run_id), True)


@router.post("suggestions/runs/{id:run_id}/stop")
def stop_run(request: HttpRequest, run_id: int) -> RunStopped:
    """Stop a run; what is found stays."""
    found = _run(request, run_id)
    stopped = runs.stop(found)
    return RunStopped(**dict(runs.describe(found)), stopped=stopped)


@router.post("suggestions/runs/{id:run_id}/retry")
def retry_run(request: HttpRequest, run_id: int) -> RunQueued:
    """Look at a run's failed and stopped images again."""
    found = _run(request, run_id)
    queued = runs.retry(found)
    return RunQueued(**dict(runs.describe(found)), queued=queued)


@router.get("projects/{id:project_id}/heads")
def project_heads(request: HttpRequest, project_id: int) -> HeadList:
    """The models that a project can ask or has trained."""
    found = [*heads.of_project(project_for(request, project_id)), *heads.starters()]
    return HeadList(results=[heads.describe(head) for head in found])


@router.post("projects/{id:project_id}/heads", response={202: HeadData})
def train_head(request: HttpRequest, project_id: int, sent: Sent[NewHead]) -> Status[HeadData]:
    """Train a model on the project's finished images."""
    project, spec = project_for(request, project_id, May.MANAGE), sent.read()
    return Status(202, heads.describe(learning.ask(project, user_of(request), spec.kind, spec.steps)))


def _head(request: HttpRequest, head_id: int) -> HeadVersion:
    return object_for(request, HeadVersion.objects.select_related("project"), May.MANAGE, pk=head_id)


@router.get("heads/{id:head_id}")
def head(request: HttpRequest, head_id: int) -> HeadData:
    """One of a project's own models. (A starter model has no project, so it is nobody's here.)"""
    return heads.describe(object_for(request, HeadVersion.objects.select_related("created_by"), pk=head_id))


@router.post("heads/{id:head_id}/cancel")
def cancel_head(request: HttpRequest, head_id: int) -> HeadCancelled:
    """Stop a training."""
    found = _head(request, head_id)
    cancelled = learning.cancel(found)
    return HeadCancelled(**dict(heads.describe(found)), cancelled=cancelled)


@router.post("heads/{id:head_id}/retry")
def retry_head(request: HttpRequest, head_id: int) -> HeadQueued:
    """Go on with a failed or cancelled training."""
    found = _head(request, head_id)
    queued = learning.retry(found)
    return HeadQueued(**dict(heads.describe(found)), queued=queued)


@router.get("projects/{id:project_id}/heads/{id:head_id}/mapping")
def head_mapping(request: HttpRequest, project_id: int, head_id: int) -> MappingData:
    """Which class each of a model's words is."""
    project = project_for(request, project_id)
    return MappingData(mapping=mapping.payload(project, heads.for_project(project, head_id)))


@router.patch("projects/{id:project_id}/heads/{id:head_id}/mapping")
def change_mapping(request: HttpRequest, project_id: int, head_id: int, sent: Sent[MappingSpec]) -> MappingData:
    """Say which classes a model's words are."""
    project = project_for(request, project_id, May.MANAGE)
    found = heads.for_project(project, head_id)
    if found.state in learning.UNFINISHED:
        raise ApiError(409, "still_learning", "The model is still being trained. Change its classes afterwards.")
    mapping.change(project, found, sent.read().mapping)
    return MappingData(mapping=mapping.payload(project, found))


@router.get("projects/{id:project_id}/suggestions/settings")
def settings(request: HttpRequest, project_id: int) -> SettingsData:
    """What a project lets happen by itself."""
    return _settings(project_for(request, project_id))


@router.patch("projects/{id:project_id}/suggestions/settings")
def change_settings(request: HttpRequest, project_id: int, sent: Sent[SettingsSpec]) -> SettingsData:
    """Change what a project lets happen by itself; what is left out stays."""
    project = project_for(request, project_id, May.MANAGE)
    given = sent.read().model_dump(exclude_none=True)
    before = SuggestionSettings.of(project.pk).least_sure_first
    found, _ = SuggestionSettings.objects.update_or_create(project=project, defaults=given)
    audit(Action.SETTINGS_CHANGED, project=project, part="suggestions", **given)
    if found.least_sure_first != before:
        order_images(project)
    return _settings(project)


def _settings(project: Project) -> SettingsData:
    found = SuggestionSettings.of(project.pk)
    return SettingsData(**{name: getattr(found, name) for name in SettingsData.model_fields})
