"""Bodies of the endpoints of invitations."""

from typing import Annotated, Self

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from pydantic import AfterValidator, Field, StringConstraints, model_validator

from labeling.people.invitations import MOST_DAYS, MOST_USES
from labeling.projects.models import Role
from labeling.web.api import Spec


def _address(text: str) -> str:
    try:
        validate_email(text)
    except ValidationError:
        raise ValueError("enter an e-mail address") from None
    return text


Address = Annotated[str, StringConstraints(strip_whitespace=True, max_length=254), AfterValidator(_address)]


class InvitationSpec(Spec):
    """`POST /api/projects/<id>/invitations`. With `email` and a mail server the invitation is sent to that address."""

    role: Role
    email: Address | None = None
    days: int = Field(default=7, ge=1, le=MOST_DAYS)
    uses: int = Field(default=1, ge=1, le=MOST_USES)

    @model_validator(mode="after")
    def _address_is_one_persons(self) -> Self:
        if self.email and self.uses > 1:
            raise ValueError("uses: an invitation by e-mail is for one person")
        return self
