"""Views of allauth, imported when they are first asked for: passkeys alone would make every start 0.2 s longer."""

from collections.abc import Callable
from functools import cache
from typing import Any

from allauth.account.middleware import AccountMiddleware
from allauth.core.exceptions import ImmediateHttpResponse, ReauthenticationRequired
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.module_loading import import_string

View = Callable[..., HttpResponseBase]


@cache
def _middleware() -> Any:
    return AccountMiddleware(lambda _: HttpResponse())


def guarded(view: View, *, is_open: bool = False) -> View:
    """A view with answers to what allauth raises. (The last of our middlewares carries out views itself, so Django
    asks none of the others what an exception means.) `is_open`: without a sign-in."""

    def guard(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, **kwargs)
        except ReauthenticationRequired as error:
            if request.user.is_authenticated and not _can_confirm(request):
                return _sign_in_again(request)
            return _middleware().process_exception(request, error)
        except ImmediateHttpResponse as error:
            return error.response

    vars(guard).update({**vars(view), "login_required": not is_open})
    return guard


def lazy(path: str, *, is_open: bool = False) -> View:
    """The view at a dotted path, guarded."""

    def view(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        return import_string(path)(request, **kwargs)

    return guarded(view, is_open=is_open)


def _can_confirm(request: HttpRequest) -> bool:
    """Whether somebody has a password or a second factor to show again."""
    from allauth.account.adapter import get_adapter

    return bool(get_adapter().get_reauthentication_methods(request.user))


def _sign_in_again(request: HttpRequest) -> HttpResponseBase:
    """Who came by single sign-on and has nothing else to show."""
    logout(request)
    messages.info(request, "Sign in again to change this.")
    return redirect_to_login(request.get_full_path())
