"""Annotations as JSON. A stale version is answered 409 with what is there now; nothing is ever overwritten unseen."""

from django.http import Http404, HttpRequest
from ninja import Status

from labeling.accounts.services import user_of
from labeling.annotations import panoptic, services, sets, worktime
from labeling.annotations.models import Annotation
from labeling.annotations.schemas import (
    AnnotationData,
    Conflict,
    KeptMany,
    KeptOne,
    NewVersion,
    NoteSet,
    OverlapError,
    OverlapsError,
    Overview,
    PanopticState,
    StatusSet,
    TimeKept,
)
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
from labeling.images.models import Image
from labeling.projects.access import May, object_for, project_for, require
from labeling.web.api import Body
from labeling.web.routes import Router, Sent, takes

router = Router(tags=["annotations"])

_LOST = {409: Conflict, 422: OverlapError}
"""How a change ends that can't be carried out on what is there now."""


def _image(request: HttpRequest, image_id: int, what: May = May.LABEL) -> Image:
    return object_for(request, Image.objects.all(), what, pk=image_id)


def _changeable(request: HttpRequest, image_id: int) -> Image:
    """The image, if the user may change its labels: always, or while they review it."""
    image = _image(request, image_id, May.VIEW)
    require(request.user, image.project_id, May.REVIEW if sets.corrects(image, user_of(request)) else May.LABEL)
    return image


def _kept(request: HttpRequest, annotation_id: int) -> Annotation:
    objects = Annotation.objects.select_related("set__image")
    found = object_for(request, objects, project="set__image__project_id", pk=annotation_id)
    mine = sets.working_set(_changeable(request, found.set.image_id), user_of(request))
    if mine is None or mine.pk != found.set_id:  # an opinion is its author's alone
        raise Http404("No such object, or you are not a member of its project.")
    return found


@router.get("images/{id:image_id}/annotations")
def annotations(request: HttpRequest, image_id: int) -> Overview:
    """All kept objects of an image, with its version, status and note."""
    return services.overview(_image(request, image_id, May.VIEW), user_of(request))


@router.post("images/{id:image_id}/annotations", response={201: KeptOne, 200: KeptOne, **_LOST})
@takes(Body.MASKS)
def keep(request: HttpRequest, image_id: int, sent: Sent[NewAnnotation]) -> Status[KeptOne]:
    """Keep an object. 200 for one that was kept before: sending it again is harmless."""
    image = _changeable(request, image_id)
    version, annotation, new = services.create(image, user_of(request), **dict(sent.read()))
    return Status(201 if new else 200, KeptOne(version=version, annotation=AnnotationData.of(annotation)))


@router.put("annotations/{id:annotation_id}", response={200: KeptOne, **_LOST})
@takes(Body.MASKS)
def change(request: HttpRequest, annotation_id: int, sent: Sent[ChangedAnnotation]) -> KeptOne:
    """Change a kept object; what is left out stays."""
    kept = _kept(request, annotation_id)
    version, changed = services.change(kept, user_of(request), **dict(sent.read()))
    return KeptOne(version=version, annotation=AnnotationData.of(changed))


@router.delete("annotations/{id:annotation_id}", response={200: NewVersion, 409: Conflict})
def delete(request: HttpRequest, annotation_id: int, sent: Sent[SeenVersion]) -> NewVersion:
    """Delete a kept object."""
    kept = _kept(request, annotation_id)
    return NewVersion(version=services.delete(kept, user_of(request), version=sent.read().version))


@router.post("images/{id:image_id}/changes", response={200: KeptMany, **_LOST})
@takes(Body.MASKS)
def changes(request: HttpRequest, image_id: int, sent: Sent[Changes]) -> KeptMany:
    """Several changes of kept objects that belong together: all are carried out, or none."""
    image, spec = _changeable(request, image_id), sent.read()
    wanted = [one.change() for one in spec.changes]
    version, objects = services.change_many(image, user_of(request), version=spec.version, changes=wanted)
    return KeptMany(version=version, annotations=[AnnotationData.of(one) for one in objects])


@router.post("images/{id:image_id}/status", response={200: StatusSet, 409: Conflict})
def status(request: HttpRequest, image_id: int, sent: Sent[NewStatus]) -> StatusSet:
    """Say that an image is new, in progress, done or, for a reason, skipped."""
    image, spec = _image(request, image_id), sent.read()
    kept = services.set_status(
        image, user_of(request), version=spec.version, status=spec.status, reason=spec.reason
    )  # fmt: skip
    return StatusSet(version=kept.version, status=services.Status(kept.status), reason=kept.reason or None)


@router.post("images/{id:image_id}/note", response={200: NoteSet, 409: Conflict})
def note(request: HttpRequest, image_id: int, sent: Sent[NewNote]) -> NoteSet:
    """Say something about an image; every member sees it."""
    image, spec = _image(request, image_id), sent.read()
    kept = services.set_note(image, user_of(request), version=spec.version, text=spec.text)
    return NoteSet(version=kept.version, note=kept.note)


@router.post("images/{id:image_id}/time")
def time(request: HttpRequest, image_id: int, sent: Sent[TimeReport]) -> TimeKept:
    """Report how long the signed-in person has worked on an image, by labeling or in a turn at reviewing it.

    Reporting again is harmless.
    """
    image = _image(request, image_id, May.VIEW)
    require(request.user, image.project_id, May.REVIEW if worktime.reviews(image, user_of(request)) else May.LABEL)
    spec = sent.read()
    return TimeKept(seconds=worktime.report(image, user_of(request), spec.session, spec.seconds))


@router.get("projects/{id:project_id}/panoptic")
def project_panoptic(request: HttpRequest, project_id: int) -> PanopticState:
    """Whether a project is panoptic."""
    return PanopticState(panoptic=project_for(request, project_id).panoptic)


@router.put("projects/{id:project_id}/panoptic", response={200: PanopticState, 409: OverlapsError})
def switch_panoptic(request: HttpRequest, project_id: int, sent: Sent[PanopticSwitch]) -> PanopticState:
    """Turn panoptic mode on or off. Managers only; 409 `overlaps` as long as objects overlap."""
    project = project_for(request, project_id, May.MANAGE)
    if sent.read().panoptic:
        panoptic.turn_on(project)
    else:
        panoptic.turn_off(project)
    return PanopticState(panoptic=project.panoptic)
