"""Answers of the endpoints of invitations."""

from labeling.people.models import Invitation
from labeling.projects.models import Role
from labeling.projects.schemas import RoleName
from labeling.web.routes import Answer, Moment, Omitted


class InvitationData(Answer):
    """An invitation that works. `link` is in the answer that makes it alone, unless it was sent by e-mail."""

    id: int
    role: RoleName
    email: str
    created_at: Moment
    expires_at: Moment
    uses: int
    most_uses: int
    link: Omitted[str] = None

    @classmethod
    def of(cls, one: Invitation, link: str | None = None) -> "InvitationData":
        """As the API tells it."""
        return cls(
            id=one.pk,
            role=Role(one.role),
            email=one.email,
            created_at=one.created_at.isoformat(),
            expires_at=one.expires_at.isoformat(),
            uses=one.uses,
            most_uses=one.most_uses,
            link=link,
        )


class InvitationList(Answer):
    """The open invitations of a project, the newest first."""

    results: list[InvitationData]


class Revoked(Answer):
    """The id of the invitation that does not work any more."""

    revoked: int
