"""Everything needs a sign-in, but for the few views that say otherwise."""

from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase


class SignedInMiddleware(LoginRequiredMiddleware):
    """Django's, which looks the person up before it asks whether the view cares: `/healthz`, opened in a browser that
    has a session, would need the database to say that the database is down."""

    def process_view(self, request: HttpRequest, view_func: Any, *args: Any) -> HttpResponseBase | None:
        if not getattr(view_func, "login_required", True):
            return None
        answer: HttpResponseBase | None = super().process_view(request, view_func, *args)
        return answer


def require_administrator(request: HttpRequest) -> None:
    """Raises: PermissionDenied unless an administrator of the whole site asks."""
    if not (request.user.is_active and getattr(request.user, "is_superuser", False)):
        raise PermissionDenied("Only administrators can open this page.")
