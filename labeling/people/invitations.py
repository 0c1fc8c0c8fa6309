"""Making, revoking and accepting invitations: for pages and the API alike."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.core.internal import ratelimit
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from labeling.accounts.models import User
from labeling.audit.actions import Action
from labeling.audit.services import record
from labeling.people.models import Invitation, InvitationState, InvitationUse, hash_of
from labeling.projects.access import require_over
from labeling.projects.models import Membership, Project, Role
from labeling.web.api import ApiError
from labeling.web.email import is_sent

MOST_OPEN = 200
"""Open invitations of a project, or of the site."""

MOST_DAYS, MOST_USES = 90, 500
RATES = {"invite": "100/h/user"}
"""How many invitations somebody makes: nobody sends e-mail to the whole world from here."""


@dataclass(frozen=True)
class Made:
    """An invitation with its link, which nobody can look up later. None: it was sent by e-mail alone."""

    invitation: Invitation
    link: str | None


def invite(
    request: HttpRequest, project: Project | None, *, role: Role | None, email: str = "", days: int = 7, uses: int = 1
) -> Made:
    """Make an invitation. With `email` and a mail server it is sent, else whoever makes it hands the link over.

    Raises: ApiError 403 `role_above` for a role above the user's own, 400 `too_many` with `MOST_OPEN` open ones, 429
    `too_many` beyond `RATES`.
    """
    if project is not None and role is not None:
        require_over(request.user, project.pk, role)
    if not ratelimit.consume(request, app="labeling.people", action="invite", config=RATES):
        raise ApiError(429, "too_many", "You made many invitations within an hour. Wait, or use one link for several.")
    by = request.user if isinstance(request.user, User) else None
    with transaction.atomic():
        if Invitation.open_ones().filter(project=project).count() >= MOST_OPEN:
            raise ApiError(400, "too_many", f"There are {MOST_OPEN} open invitations. Revoke some first.")
        token = secrets.token_urlsafe(32)
        invitation = Invitation.objects.create(
            project=project,
            role=role or "",
            email=email,
            token_hash=hash_of(token),
            by_email=bool(email) and is_sent(),
            created_by=by,
            expires_at=timezone.now() + timedelta(days=days),
            most_uses=uses,
        )
        record(Action.INVITED, about=invitation, project=project, role=str(role or ""), days=days, uses=uses)
    link = link_of(request, token)
    if not invitation.by_email:
        return Made(invitation, link)
    _send(invitation, link)
    return Made(invitation, None)


def link_of(request: HttpRequest, token: str) -> str:
    """The address that is handed over."""
    return request.build_absolute_uri(reverse("people:join", args=[token]))


def _send(invitation: Invitation, link: str) -> None:
    """Raises: ImmediateHttpResponse when it fails; the invitation stays, and can be given a new link."""
    context = {"invitation": invitation, "link": link, "by": invitation.created_by}
    get_adapter().send_mail("people/email/invitation", invitation.email, context)


def new_link(request: HttpRequest, invitation: Invitation) -> str:
    """Another link, which whoever asks hands over; the one before stops working. Raises: ApiError 409 `closed`."""
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        found = _locked(invitation)
        found.token_hash, found.by_email = hash_of(token), False
        found.save(update_fields=["token_hash", "by_email"])
    return link_of(request, token)


def revoke(invitation: Invitation) -> None:
    """Its link stops working. Revoking it again changes nothing."""
    with transaction.atomic():
        found = Invitation.objects.select_for_update().get(pk=invitation.pk)
        if found.revoked_at is None:
            found.revoked_at = timezone.now()
            found.save(update_fields=["revoked_at"])
            record(Action.INVITATION_REVOKED, about=found, project=found.project)


def _locked(invitation: Invitation) -> Invitation:
    """The invitation, if it works now, so that its last use is used once. Raises: ApiError 409 `closed`."""
    found = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if found.state != InvitationState.OPEN:
        raise ApiError(409, "closed", why_closed(found))
    return found


def of_token(token: str) -> Invitation | None:
    """The invitation of a link, whether it works or not."""
    found = Invitation.objects.select_related("project", "created_by").filter(token_hash=hash_of(token)).first()
    return found if found is None or found.project is None or found.project.binned_at is None else None


WHY = {
    InvitationState.EXPIRED: "This invitation has expired.",
    InvitationState.REVOKED: "This invitation was revoked.",
    InvitationState.USED: "This invitation was used already.",
}


def why_closed(invitation: Invitation) -> str:
    """Why a link does not work, and what to do."""
    if invitation.project is not None and invitation.project.archived_at is not None:
        return f"“{invitation.project.name}” is archived: nobody can join it. Ask who invited you."
    by = invitation.created_by
    ask = f"Ask {by.shown_name} for a new one." if by is not None else "Ask for a new one."
    return f"{WHY[invitation.state]} {ask}"


def works(invitation: Invitation) -> bool:
    """Whether somebody can come by it now."""
    archived = invitation.project is not None and invitation.project.archived_at is not None
    return invitation.state == InvitationState.OPEN and not archived


def accept(invitation: Invitation, user: User) -> None:
    """Make a member of somebody with an account. A member stays what they are, and uses nothing up.

    Raises: ApiError 409 `closed`.
    """
    with transaction.atomic():
        project = invitation.project
        if project is not None and Membership.objects.filter(project=project, user=user).exists():
            return
        found = _locked(invitation)
        if InvitationUse.objects.filter(invitation=found, user=user).exists():
            return
        if project is not None:
            membership = Membership(project=project, user=user, role=found.role)
            membership.invited = _invited(found)
            membership.save()
        InvitationUse.objects.create(invitation=found, user=user)
        found.uses += 1
        found.save(update_fields=["uses"])
        told: dict[str, Any] = {"person": user.get_username(), "role": found.role, **_invited(found)}
        record(Action.INVITATION_ACCEPTED, by=user, about=found, project=project, **told)


def _invited(invitation: Invitation) -> dict[str, Any]:
    """For the audit log: by which invitation somebody came, and who had made it."""
    by = invitation.created_by
    return {"invitation": str(invitation), "invited_by": by.get_username() if by is not None else ""}


def accept_as_new(invitation: Invitation, *, username: str, name: str, password: str) -> User:
    """Make an account, and a member of it. Raises: ApiError 400 `name_taken`, 409 `closed`."""
    with transaction.atomic():
        _locked(invitation)
        if User.objects.filter(username__iexact=username).exists():
            raise _taken(username)
        try:
            with transaction.atomic():
                user = User.objects.create_user(username, password=password, first_name=name)
        except IntegrityError as error:
            raise _taken(username) from error
        _add_address(invitation, user)
        record(Action.PERSON_CREATED, by=user, about=user, project=invitation.project)
        accept(invitation, user)
    return user


def _taken(username: str) -> ApiError:
    return ApiError(400, "name_taken", f"“{username}” is taken. Choose another username.")


def _add_address(invitation: Invitation, user: User) -> None:
    """The address that the invitation was for; confirmed if only an e-mail to it had the link."""
    if not invitation.email or EmailAddress.objects.filter(email__iexact=invitation.email, verified=True).exists():
        return
    EmailAddress.objects.create(user=user, email=invitation.email, verified=invitation.by_email, primary=True)
    user.email = invitation.email
    user.save(update_fields=["email"])
