"""What administrators do to accounts."""

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse

from labeling.accounts.models import User
from labeling.accounts.services import set_active
from labeling.audit.actions import Action
from labeling.audit.services import record
from labeling.web.api import ApiError

SHOWN = {"": "Everybody", "active": "Active", "deactivated": "Deactivated", "administrators": "Administrators"}
"""Which people the page shows, by the query's word."""


def people(search: str = "", shown: str = "") -> QuerySet[User]:
    """People whose username, name or e-mail address has `search` in it, by username."""
    factors = Authenticator.objects.filter(user=OuterRef("pk"))
    found = User.objects.order_by("username", "pk").annotate(has_second_factor=Exists(factors))
    for word in search.split()[:5]:
        has = Q(username__icontains=word) | Q(first_name__icontains=word) | Q(last_name__icontains=word)
        found = found.filter(has | Q(email__icontains=word))
    if shown == "active":
        found = found.filter(is_active=True)
    elif shown == "deactivated":
        found = found.filter(is_active=False)
    elif shown == "administrators":
        found = found.filter(is_superuser=True)
    return found


def deactivate(by: User, user: User) -> None:
    """Keep somebody out, from this moment. What they labeled stays. Raises: ApiError 400 `yourself`."""
    _not_oneself(by, user, "You can't deactivate your own account. Ask another administrator.")
    with transaction.atomic():
        locked = _locked(by, user)
        if locked.is_active:
            set_active(locked, False)
            record(Action.PERSON_DEACTIVATED, by=by, about=locked)


def reactivate(by: User, user: User) -> None:
    """Let somebody in again."""
    with transaction.atomic():
        locked = _locked(by, user)
        if not locked.is_active:
            set_active(locked, True)
            record(Action.PERSON_REACTIVATED, by=by, about=locked)


def set_administrator(by: User, user: User, wanted: bool) -> None:
    """Give or take the rights of an administrator. Raises: ApiError 400 `yourself`, so one is always left."""
    _not_oneself(by, user, "You can't revoke your own rights. Ask another administrator.")
    with transaction.atomic():
        locked = _locked(by, user)
        if locked.is_superuser != wanted:
            locked.is_superuser = locked.is_staff = wanted
            locked.save(update_fields=["is_superuser", "is_staff"])
            record(Action.ADMINISTRATOR_MADE if wanted else Action.ADMINISTRATOR_REVOKED, by=by, about=locked)


def remove_second_factors(by: User, user: User) -> None:
    """Somebody has lost phone and codes: from now on their password alone signs them in. Raises: ApiError 400
    `yourself`, as the own ones are removed on the account page, which asks for one of them."""
    _not_oneself(by, user, "Remove your own second factors on your account page.")
    with transaction.atomic():
        locked = _locked(by, user)
        types = sorted(Authenticator.objects.filter(user=locked).values_list("type", flat=True))
        if types:
            Authenticator.objects.filter(user=locked).delete()
            record(Action.TWO_FACTOR_REMOVED, by=by, about=locked, types=types)


def reset_link(request: HttpRequest, user: User) -> str:
    """A link with which somebody sets a new password, to be handed over. It works once, for 24 hours."""
    key = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
    record(Action.PASSWORD_RESET_ASKED, about=user)
    return request.build_absolute_uri(reverse("account_reset_password_from_key", kwargs=key))


def _not_oneself(by: User, user: User, message: str) -> None:
    if by.pk == user.pk:
        raise ApiError(400, "yourself", message)


def _locked(by: User, user: User) -> User:
    """Somebody's row as it is now, and one's own: two administrators can't revoke each other at the same moment.

    Raises: ApiError 403 `not_administrator` when one is none any more.
    """
    rows = {row.pk: row for row in User.objects.select_for_update().filter(pk__in=(by.pk, user.pk)).order_by("pk")}
    mine = rows.get(by.pk)
    if mine is None or not (mine.is_active and mine.is_superuser):
        raise ApiError(403, "not_administrator", "You are no administrator any more.")
    if user.pk not in rows:
        raise ApiError(404, "not_found", "This account was deleted. Load the page again.")
    return rows[user.pk]
