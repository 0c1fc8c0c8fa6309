"""Invitations into projects."""

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Status

from labeling.people import invitations
from labeling.people.models import Invitation
from labeling.people.schemas import InvitationData, InvitationList, Revoked
from labeling.people.specs import InvitationSpec
from labeling.projects.access import May, project_for
from labeling.web.routes import Router, Sent

router = Router(tags=["people"])


@router.get("projects/{id:project_id}/invitations")
def open_invitations(request: HttpRequest, project_id: int) -> InvitationList:
    """The invitations that work. Managers only."""
    project = project_for(request, project_id, May.MANAGE)
    return InvitationList(results=[InvitationData.of(one) for one in Invitation.open_ones().filter(project=project)])


@router.post("projects/{id:project_id}/invitations", response={201: InvitationData})
def invite(request: HttpRequest, project_id: int, sent: Sent[InvitationSpec]) -> Status[InvitationData]:
    """Invite somebody. Managers only; the answer has the link, which can't be asked for later."""
    project = project_for(request, project_id, May.MANAGE)
    spec = sent.read()
    made = invitations.invite(request, project, role=spec.role, email=spec.email or "", days=spec.days, uses=spec.uses)
    return Status(201, InvitationData.of(made.invitation, made.link))


@router.delete("projects/{id:project_id}/invitations/{id:invitation_id}")
def revoke(request: HttpRequest, project_id: int, invitation_id: int) -> Revoked:
    """Make an invitation's link stop working. Managers only."""
    project_for(request, project_id, May.MANAGE)
    invitations.revoke(get_object_or_404(Invitation, pk=invitation_id, project=project_id))
    return Revoked(revoked=invitation_id)
