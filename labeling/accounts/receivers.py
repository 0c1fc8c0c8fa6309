"""What the audit log is told of accounts, however it comes about."""

from typing import Any

from allauth.account import signals as account
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa import signals as mfa
from allauth.socialaccount import signals as social
from django.contrib.auth import signals as auth
from django.dispatch import receiver
from django.http import HttpRequest

from labeling.accounts.models import User
from labeling.audit.actions import Action
from labeling.audit.services import record


@receiver(account.user_logged_in)
def signed_in(request: HttpRequest, user: User, **_: Any) -> None:
    """Somebody is in; a second factor was asked for before."""
    methods = [str(one.get("method")) for one in get_authentication_records(request, user)]
    record(Action.SIGNED_IN, by=user, request=request, methods=methods)


@receiver(auth.user_login_failed)
def sign_in_failed(credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    """A wrong password, also of somebody who is signed in and was asked for it again."""
    record(Action.SIGN_IN_FAILED, request=request, name=str(credentials.get("username", "")))


@receiver(auth.user_logged_out)
def signed_out(request: HttpRequest | None, user: User | None, **_: Any) -> None:
    """Somebody left, or was sent out."""
    if user is not None:
        record(Action.SIGNED_OUT, by=user, request=request)


@receiver([account.password_changed, account.password_set])
def password_changed(request: HttpRequest, user: User, **_: Any) -> None:
    """By the person, on the account page."""
    record(Action.PASSWORD_CHANGED, by=user, request=request, about=user)


@receiver(account.password_reset)
def password_reset(request: HttpRequest, user: User, **_: Any) -> None:
    """By a link that was sent by e-mail, or handed over by an administrator."""
    record(Action.PASSWORD_RESET, by=user, request=request, about=user)


@receiver(account.email_added)
def email_added(request: HttpRequest, user: User, email_address: Any, **_: Any) -> None:
    """An address that is not confirmed yet."""
    record(Action.EMAIL_CHANGED, by=user, request=request, added=email_address.email)


@receiver(account.email_removed)
def email_removed(request: HttpRequest, user: User, email_address: Any, **_: Any) -> None:
    """An address is gone."""
    record(Action.EMAIL_CHANGED, by=user, request=request, removed=email_address.email)


@receiver(account.email_confirmed)
def email_confirmed(request: HttpRequest, email_address: Any, **_: Any) -> None:
    """The link in the e-mail was opened."""
    record(Action.EMAIL_CHANGED, by=email_address.user, request=request, confirmed=email_address.email)


@receiver(account.email_changed)
def email_changed(request: HttpRequest, user: User, to_email_address: Any, **_: Any) -> None:
    """Another address is the primary one."""
    record(Action.EMAIL_CHANGED, by=user, request=request, primary=to_email_address.email)


@receiver(mfa.authenticator_added)
def factor_added(request: HttpRequest, user: User, authenticator: Any, **_: Any) -> None:
    """An authenticator app, a passkey or recovery codes."""
    record(Action.TWO_FACTOR_ADDED, by=user, request=request, type=authenticator.type)


@receiver([mfa.authenticator_removed])
def factor_removed(request: HttpRequest, user: User, authenticator: Any, **_: Any) -> None:
    """The same, removed."""
    record(Action.TWO_FACTOR_REMOVED, by=user, request=request, type=authenticator.type)


@receiver(mfa.authentication_failed)
def factor_failed(request: HttpRequest, user: User, authenticator: Any, **_: Any) -> None:
    """The password was right, the code was not."""
    record(Action.TWO_FACTOR_FAILED, by=user, request=request, type=authenticator.type)


@receiver(social.social_account_added)
def connected(request: HttpRequest, sociallogin: Any, **_: Any) -> None:
    """An account can be signed in to by the provider from now on."""
    record(Action.CONNECTION_ADDED, by=sociallogin.user, request=request)


@receiver(social.social_account_removed)
def disconnected(request: HttpRequest, socialaccount: Any, **_: Any) -> None:
    """And not any more."""
    record(Action.CONNECTION_REMOVED, by=socialaccount.user, request=request)
