"""Annotations as JSON. A stale version is answered 409 with what is there now; nothing is ever overwritten unseen."""

from typing import Any, cast

from django.http import HttpRequest

from labeling.accounts.models import User
from labeling.annotations import panoptic, services, worktime
from labeling.annotations.models import Annotation
from labeling.annotations.specs import (
    ChangedAnnotation,
    Changes,
    NewAnnotation,
    NewNote,
    NewStatus,
    PanopticSwitch,
    SeenVersion,
    TimeReport,
)
from labeling.common.api import Body, api, body
from labeling.images.models import Image
from labeling.projects.access import EVERY_ROLE, LABELERS, MANAGERS, object_for, project_for

Answer = dict[str, Any] | tuple[int, dict[str, Any]]


def _user(request: HttpRequest) -> User:
    """Who asks; `@api` has refused the signed-out."""
    return cast(User, request.user)


@api("GET", "POST", takes=Body.MASKS)
def annotations(request: HttpRequest, image_id: int) -> Answer:
    """`/api/images/<id>/annotations`: all kept objects of an image, or keep another one."""
    allowed = EVERY_ROLE if request.method == "GET" else LABELERS
    image = object_for(request, Image.objects.all(), allowed, pk=image_id)
    if request.method == "GET":
        return services.overview(image)
    spec = body(request, NewAnnotation)
    version, annotation, new = services.create(image, _user(request), **dict(spec))
    return 201 if new else 200, {"version": version, "annotation": services.payload(annotation)}


@api("PUT", "DELETE", takes=Body.MASKS)
def annotation(request: HttpRequest, annotation_id: int) -> Answer:
    """`/api/annotations/<id>`: change or delete a kept object."""
    kept = object_for(
        request,
        Annotation.objects.select_related("set__image"),
        LABELERS,
        project="set__image__project_id",
        pk=annotation_id,
    )
    if request.method == "DELETE":
        return {"version": services.delete(kept, _user(request), version=body(request, SeenVersion).version)}
    spec = body(request, ChangedAnnotation)
    version, changed = services.change(kept, _user(request), **dict(spec))
    return {"version": version, "annotation": services.payload(changed)}


@api("POST", takes=Body.MASKS)
def changes(request: HttpRequest, image_id: int) -> Answer:
    """`/api/images/<id>/changes`: several changes of kept objects that belong together, all or none."""
    image = object_for(request, Image.objects.all(), LABELERS, pk=image_id)
    spec = body(request, Changes)
    wanted = [one.change() for one in spec.changes]
    version, objects = services.change_many(image, _user(request), version=spec.version, changes=wanted)
    return {"version": version, "annotations": [services.payload(one) for one in objects]}


@api("GET", "PUT")
def project_panoptic(request: HttpRequest, project_id: int) -> Answer:
    """`/api/projects/<id>/panoptic`: whether a project is panoptic; a manager may turn it on and off."""
    project = project_for(request, project_id, EVERY_ROLE if request.method == "GET" else MANAGERS)
    if request.method == "PUT":
        if body(request, PanopticSwitch).panoptic:
            panoptic.turn_on(project)
        else:
            panoptic.turn_off(project)
    return {"panoptic": project.panoptic}


@api("POST")
def status(request: HttpRequest, image_id: int) -> Answer:
    """`/api/images/<id>/status`: say that an image is new, in progress, done or, for a reason, skipped."""
    image = object_for(request, Image.objects.all(), LABELERS, pk=image_id)
    spec = body(request, NewStatus)
    kept = services.set_status(
        image, _user(request), version=spec.version, status=spec.status, reason=spec.reason
    )  # fmt: skip
    reason = {"reason": kept.reason} if kept.reason else {}
    return {"version": kept.version, "status": kept.status, **reason}


@api("POST")
def note(request: HttpRequest, image_id: int) -> Answer:
    """`/api/images/<id>/note`: what annotators have to say about an image; every member sees it."""
    image = object_for(request, Image.objects.all(), LABELERS, pk=image_id)
    spec = body(request, NewNote)
    kept = services.set_note(image, _user(request), version=spec.version, text=spec.text)
    return {"version": kept.version, "note": kept.note}


@api("POST")
def time(request: HttpRequest, image_id: int) -> Answer:
    """`/api/images/<id>/time`: how long the signed-in user has worked on an image. Reporting again is harmless."""
    image = object_for(request, Image.objects.all(), LABELERS, pk=image_id)
    spec = body(request, TimeReport)
    return {"seconds": worktime.report(image, _user(request), spec.session, spec.seconds)}
