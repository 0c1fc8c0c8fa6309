"""Forms of invitations and of those who accept them."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from labeling.accounts.models import User
from labeling.people.invitations import MOST_DAYS, MOST_USES
from labeling.projects.models import Membership, Role

DAYS = [(1, "1 day"), (7, "7 days"), (30, "30 days"), (MOST_DAYS, f"{MOST_DAYS} days")]


class SiteInvitationForm(forms.Form):
    """An account without a project."""

    email = forms.EmailField(required=False, error_messages={"invalid": "Enter an e-mail address, or leave it empty."})
    days = forms.TypedChoiceField(choices=DAYS, coerce=int, initial=7)
    uses = forms.IntegerField(
        min_value=1, max_value=MOST_USES, initial=1,
        error_messages={
            "min_value": "At least 1.",
            "max_value": f"At most {MOST_USES}.",
            "required": "Enter how many people may use the link.",
        },
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """An address is one person's."""
        data = super().clean() or {}
        if data.get("email") and data.get("uses", 1) > 1:
            self.add_error("uses", "An invitation by e-mail is for one person. Leave the address empty for several.")
        return data


class InvitationForm(SiteInvitationForm):
    """A role in a project."""

    role = forms.ChoiceField(choices=Role.choices, initial=Membership._meta.get_field("role").default)


class NewPersonForm(forms.Form):
    """Who comes by an invitation and has no account."""

    username = forms.CharField(max_length=150, strip=True, error_messages={"required": "Choose a username."})
    name = forms.CharField(max_length=150, required=False, strip=True)
    password1 = forms.CharField(strip=False, error_messages={"required": "Choose a password."})
    password2 = forms.CharField(strip=False, error_messages={"required": "Enter the password again."})

    def clean_username(self) -> str:
        """As Django takes it."""
        username = str(self.cleaned_data["username"])
        User.username_validator(username)
        return username

    def clean(self) -> dict[str, Any]:
        """The passwords are the same one, and a good one."""
        data = super().clean() or {}
        first, second = data.get("password1"), data.get("password2")
        if first and second and first != second:
            self.add_error("password2", "The passwords differ. Enter the same one twice.")
        elif first:
            try:
                validate_password(first, User(username=data.get("username", "")))
            except ValidationError as error:
                self.add_error("password1", error)
        return data
