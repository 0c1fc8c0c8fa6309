"""One's own account: name, and what leads to e-mail addresses, password, second factor, sessions, theme and keys."""

import re
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from labeling.accounts.browsers import browser_name
from labeling.accounts.forms import NameForm
from labeling.accounts.models import User
from labeling.accounts.services import end_sessions, user_of
from labeling.audit.actions import Action
from labeling.audit.services import record


@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """Show the account; change the name that others see."""
    user = user_of(request)
    form = NameForm(request.POST or None, initial={"name": user.get_full_name()})
    if request.method == "POST" and form.is_valid():
        user.first_name, user.last_name = form.cleaned_data["name"], ""
        user.save(update_fields=["first_name", "last_name"])
        messages.success(request, "Name saved.")
        return redirect("accounts:account")
    return render(request, "accounts/account.html", {"form": form, **_context(user)})


def _context(user: User) -> dict[str, Any]:
    factors = list(Authenticator.objects.filter(user=user))
    return {
        "emails": EmailAddress.objects.filter(user=user).order_by("-primary", "email"),
        "has_app": any(one.type == Authenticator.Type.TOTP for one in factors),
        "passkeys": sum(one.type == Authenticator.Type.WEBAUTHN for one in factors),
        "sessions": UserSession.objects.filter(user=user).count(),
        "keys": [(title_of(action), keys) for action, keys in sorted(user.keys.items())],
        "single_sign_on": settings.OIDC_NAME if settings.SOCIALACCOUNT_PROVIDERS else "",
        "connections": SocialAccount.objects.filter(user=user).count(),
    }


def title_of(action: str) -> str:
    """An action of the editor in words: `nextImage` is "Next image"."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", action)
    return words[:1].upper() + words[1:].lower()


@require_http_methods(["GET", "HEAD", "POST"])
def sessions(request: HttpRequest) -> HttpResponse:
    """The browsers in which somebody is signed in; a POST signs all others out."""
    user = user_of(request)
    if request.method == "POST":
        end_sessions(user, but=request)
        record(Action.SESSIONS_ENDED, request=request)
        messages.success(request, "Signed out of all other browsers.")
        return redirect("usersessions_list")
    rows = [
        {"row": one, "browser": browser_name(one.user_agent), "is_this": one.session_key == request.session.session_key}
        for one in UserSession.objects.purge_and_list(user)
    ]
    rows.sort(key=lambda one: (not one["is_this"], -one["row"].last_seen_at.timestamp()))
    return render(request, "accounts/sessions.html", {"rows": rows, "has_others": len(rows) > 1})


@require_POST
def reset_keys(request: HttpRequest) -> HttpResponse:
    """The editor's keys as shipped."""
    user = user_of(request)
    user.keys = {}
    user.save(update_fields=["keys"])
    messages.success(request, "The editor's keys are the default ones again.")
    return redirect(reverse("accounts:account") + "#keys")
