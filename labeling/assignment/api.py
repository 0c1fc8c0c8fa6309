"""Lots, turns and actions on many images over JSON."""

from collections.abc import Callable

from django.http import HttpRequest
from ninja import Status

from labeling.accounts.models import User
from labeling.accounts.services import user_of
from labeling.annotations.models import AnnotationSet
from labeling.assignment import bulk as actions
from labeling.assignment import manage, specs, work
from labeling.assignment.filters import chosen
from labeling.assignment.models import Lot, Slot
from labeling.assignment.schemas import (
    BulkDone,
    Freed,
    HeldData,
    HeldList,
    LabelerData,
    LotData,
    LotDeleted,
    LotList,
    RefusedImage,
    UndoStep,
    WorkData,
    WorkList,
)
from labeling.projects.access import May, object_for, project_for, projects_of, require, standings_of
from labeling.projects.models import Project
from labeling.web.api import ApiError
from labeling.web.routes import Router, Sent

router = Router(tags=["assignment"])

HELD_SHOWN = 200


@router.get("me/work")
def my_work(request: HttpRequest) -> WorkList:
    """What waits for the signed-in person, project by project."""
    user = user_of(request)
    projects = standings_of(user, projects_of(user).filter(archived_at=None))
    return WorkList(results=[WorkData.of(one) for one in work.work_of(user, projects) if one.any])


@router.get("projects/{id:project_id}/lots")
def lots(request: HttpRequest, project_id: int) -> LotList:
    """The lots of a project, how far they are, and who may label."""
    project = project_for(request, project_id, May.ASSIGN)
    people = [LabelerData(id=one.pk, name=one.shown_name) for one in manage.eligible(project)]
    return LotList(results=[LotData.of(one) for one in work.lots_of([project.pk])], people=people)


@router.post("projects/{id:project_id}/lots", response={201: LotData})
def create_lot(request: HttpRequest, project_id: int, sent: Sent[specs.NewLot]) -> Status[LotData]:
    """Make a lot. 409 `too_few_people` when fewer people may label than each image needs."""
    project = project_for(request, project_id, May.ASSIGN)
    lot = manage.create_lot(project, user_of(request), **dict(sent.read()))
    return Status(201, _lot_data(lot))


def _lot_data(lot: Lot) -> LotData:
    return next(LotData.of(one) for one in work.lots_of([lot.project_id]) if one.lot.pk == lot.pk)


def _lot(request: HttpRequest, lot_id: int) -> Lot:
    return object_for(request, Lot.objects.select_related("project"), May.ASSIGN, pk=lot_id)


@router.patch("lots/{id:lot_id}")
def change_lot(request: HttpRequest, lot_id: int, sent: Sent[specs.LotChange]) -> LotData:
    """Change a lot; what is left out stays."""
    lot, spec = _lot(request, lot_id), sent.read()
    given = spec.model_dump(exclude_unset=True)
    if empty := [name for name, value in given.items() if value is None and name != "due"]:
        raise ApiError(400, "bad_request", f"{empty[0]}: give a value, or leave it out.")
    return _lot_data(manage.change_lot(lot, **given))


@router.delete("lots/{id:lot_id}")
def delete_lot(request: HttpRequest, lot_id: int) -> LotDeleted:
    """Delete an empty lot."""
    manage.delete_lot(_lot(request, lot_id))
    return LotDeleted(deleted=lot_id)


@router.get("projects/{id:project_id}/turns")
def turns(request: HttpRequest, project_id: int) -> HeldList:
    """Who holds which image now."""
    project = project_for(request, project_id, May.ASSIGN)
    return HeldList(results=[HeldData.of(slot) for slot in manage.held(project)[:HELD_SHOWN]])


@router.post("turns/{id:slot_id}/free")
def free(request: HttpRequest, slot_id: int) -> Freed:
    """Take a turn back from who holds it. What they saved stays."""
    slots = Slot.objects.all()
    return Freed(freed=manage.free(object_for(request, slots, May.ASSIGN, project="lot__project_id", pk=slot_id)))


@router.post("projects/{id:project_id}/images/bulk")
def bulk(request: HttpRequest, project_id: int, sent: Sent[specs.Bulk]) -> BulkDone:
    """One action on many images; each is changed by itself, and the answer says which were not and why."""
    project = project_for(request, project_id, May.ASSIGN)
    standing, user, spec = require(request.user, project_id), user_of(request), sent.read()
    following = None
    if spec.filter is not None:
        images, following = actions.page_of(chosen(project, standing.role, spec.filter, user), spec.after)
    else:
        images = [actions.Chosen(one.id, one.version) for one in spec.images or []]
    outcome, undo = _ACTIONS[type(spec.action)](project, user, images, spec.action)
    why = [
        RefusedImage(id=one.image, name=one.name, code=one.code, message=one.message)
        for one in outcome.refused[: actions.TOLD]
    ]
    return BulkDone(done=len(outcome.done), refused=len(outcome.refused), why=why, next=following, undo=undo)


def _undo(outcome: actions.Outcome, action_for: Callable[[str], specs.Action]) -> list[UndoStep]:
    return [
        UndoStep(action=action_for(was), images=[specs.SeenImage(id=one.pk, version=one.version) for one in images])
        for was, images in outcome.before.items()
    ]


_Result = tuple[actions.Outcome, list[UndoStep]]


def _assign(project: Project, user: User, images: list[actions.Chosen], action: specs.Assign) -> _Result:
    members = {one.pk: one for one in manage.eligible(project).filter(pk__in=action.members)}
    if missing := [pk for pk in action.members if pk not in members]:
        raise ApiError(400, "no_labeler", f"members: person {missing[0]} may not label here. Add them first.")
    outcome = actions.assign(project, images, [members[pk] for pk in dict.fromkeys(action.members)], user)
    return outcome, _undo(outcome, lambda was: specs.Assign(kind="assign", members=[int(was)] if was else []))


def _into_lot(project: Project, user: User, images: list[actions.Chosen], action: specs.IntoLot) -> _Result:
    lot = Lot.objects.filter(project=project, pk=action.lot).first()
    if lot is None:
        raise ApiError(400, "no_lot", f"lot: there is no lot {action.lot} in this project.")
    manage.check_folds(project, lot.folds)
    outcome = actions.move(lot, images)
    return outcome, _undo(outcome, lambda was: specs.IntoLot(kind="lot", lot=int(was)))


def _tag(project: Project, user: User, images: list[actions.Chosen], action: specs.PutTag) -> _Result:
    outcome = actions.tag(project, images, action.tag, remove=action.remove)
    return outcome, _undo(outcome, lambda was: specs.PutTag(kind="tag", tag=was, remove=not action.remove))


def _status(project: Project, user: User, images: list[actions.Chosen], action: specs.SetState) -> _Result:
    if (action.status == AnnotationSet.Status.SKIPPED) != bool(action.reason.strip()):
        raise ApiError(400, "bad_reason", "reason: say why the images are skipped; any other state has none.")
    outcome = actions.set_status(project, images, user, action.status, action.reason)
    return outcome, _undo(outcome, lambda was: specs.SetState.model_validate({"kind": "status", "status": was}))


def _golden(project: Project, user: User, images: list[actions.Chosen], action: specs.MarkGolden) -> _Result:
    require(user, project.pk, May.MANAGE)
    outcome = actions.mark_golden(project, images, user, remove=action.remove)
    # Marking again would copy the labels of now, not the truth that there was: no undo of that.
    undo = [] if action.remove else _undo(outcome, lambda was: specs.MarkGolden(kind="golden", remove=True))
    return outcome, undo


def _delete(project: Project, user: User, images: list[actions.Chosen], action: specs.DeleteImages) -> _Result:
    require(user, project.pk, May.MANAGE)
    return actions.delete(project, images), []


_ACTIONS: dict[type, Callable[..., _Result]] = {
    specs.Assign: _assign,
    specs.IntoLot: _into_lot,
    specs.PutTag: _tag,
    specs.SetState: _status,
    specs.MarkGolden: _golden,
    specs.DeleteImages: _delete,
}
