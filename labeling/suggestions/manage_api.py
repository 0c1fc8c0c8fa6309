"""Runs, heads, mappings and settings of a project over JSON. Every member may look, managers may change."""

from typing import Any, cast

from django.http import HttpRequest

from labeling.accounts.models import User
from labeling.common.api import ApiError, api, body
from labeling.images.models import Image
from labeling.projects.access import EVERY_ROLE, MANAGERS, object_for, project_for
from labeling.projects.models import Project
from labeling.suggestions import heads, learning, mapping, runs
from labeling.suggestions.models import HeadVersion, Method, Run, SuggestionSettings
from labeling.suggestions.specs import MappingSpec, NewHead, NewRun, SettingsSpec

Answer = dict[str, Any] | tuple[int, dict[str, Any]]


def _project(request: HttpRequest, project_id: int) -> Project:
    return project_for(request, project_id, EVERY_ROLE if request.method == "GET" else MANAGERS)


@api("GET", "POST")
def project_runs(request: HttpRequest, project_id: int) -> Answer:
    """`/api/projects/<id>/suggestions/runs`: the latest ones, or start one."""
    project = _project(request, project_id)
    if request.method == "GET":
        return {"results": [runs.describe(run) for run in runs.recent(project)]}
    spec = body(request, NewRun)
    head = heads.for_project(project, spec.head) if spec.head else None
    images = None if spec.images is None else _images(project, spec.images)
    run = runs.start(
        project, cast(User, request.user), Method(spec.method), head=head, images=images,
        options=spec.options.model_dump(exclude_none=True),
    )  # fmt: skip
    return 202, runs.describe(run)


def _images(project: Project, ids: list[int]) -> list[Image]:
    found = list(project.images.filter(pk__in=ids))
    missing = set(ids) - {image.pk for image in found}
    if missing:
        raise ApiError(400, "no_such_image", f"The project has no image {min(missing)}. Reload the page.")
    return found


@api("GET")
def run(request: HttpRequest, run_id: int) -> Answer:
    """`/api/suggestions/runs/<id>`: how far a run is, and which images failed."""
    return runs.describe(object_for(request, Run.objects.select_related("head", "created_by"), pk=run_id), True)


@api("POST")
def stop_run(request: HttpRequest, run_id: int) -> Answer:
    """`/api/suggestions/runs/<id>/stop`: what is found stays."""
    found = object_for(request, Run.objects.select_related("project"), MANAGERS, pk=run_id)
    return {"stopped": runs.stop(found), **runs.describe(found)}


@api("POST")
def retry_run(request: HttpRequest, run_id: int) -> Answer:
    """`/api/suggestions/runs/<id>/retry`: look at the failed and stopped images again."""
    found = object_for(request, Run.objects.select_related("project"), MANAGERS, pk=run_id)
    return {"queued": runs.retry(found), **runs.describe(found)}


@api("GET", "POST")
def project_heads(request: HttpRequest, project_id: int) -> Answer:
    """`/api/projects/<id>/heads`: the project's own and the starter models, or train one."""
    project = _project(request, project_id)
    if request.method == "GET":
        found = [*heads.of_project(project), *heads.starters()]
        return {"results": [heads.describe(head) for head in found]}
    spec = body(request, NewHead)
    return 202, heads.describe(learning.ask(project, cast(User, request.user), spec.kind, spec.steps))


@api("GET")
def head(request: HttpRequest, head_id: int) -> Answer:
    """`/api/heads/<id>`: one of a project's own heads. (A starter model has no project, so it is nobody's here.)"""
    return heads.describe(object_for(request, HeadVersion.objects.select_related("created_by"), pk=head_id))


@api("POST")
def cancel_head(request: HttpRequest, head_id: int) -> Answer:
    """`/api/heads/<id>/cancel`: stop a training."""
    found = object_for(request, HeadVersion.objects.select_related("project"), MANAGERS, pk=head_id)
    return {"cancelled": learning.cancel(found), **heads.describe(found)}


@api("POST")
def retry_head(request: HttpRequest, head_id: int) -> Answer:
    """`/api/heads/<id>/retry`: go on with a failed or cancelled training."""
    found = object_for(request, HeadVersion.objects.select_related("project"), MANAGERS, pk=head_id)
    return {"queued": learning.retry(found), **heads.describe(found)}


@api("GET", "PATCH")
def head_mapping(request: HttpRequest, project_id: int, head_id: int) -> Answer:
    """`/api/projects/<id>/heads/<id>/mapping`: which class each of a head's words is."""
    project = _project(request, project_id)
    found = heads.for_project(project, head_id)
    if request.method == "PATCH":
        if found.state in learning.UNFINISHED:
            raise ApiError(409, "still_learning", "The model is still being trained. Change its classes afterwards.")
        mapping.change(project, found, body(request, MappingSpec).mapping)
    return {"mapping": mapping.payload(project, found)}


@api("GET", "PATCH")
def settings(request: HttpRequest, project_id: int) -> Answer:
    """`/api/projects/<id>/suggestions/settings`."""
    project = _project(request, project_id)
    if request.method == "PATCH":
        given = body(request, SettingsSpec).model_dump(exclude_none=True)
        SuggestionSettings.objects.update_or_create(project=project, defaults=given)
    found = SuggestionSettings.of(project.pk)
    return {name: getattr(found, name) for name in SettingsSpec.model_fields}
