"""What every page's template may use."""

from django.conf import settings
from django.http import HttpRequest


def cookie_names(request: HttpRequest) -> dict[str, str]:
    """The name of the cookie from which a page's script takes the CSRF token: the installation's own."""
    return {"csrf_cookie_name": settings.CSRF_COOKIE_NAME}


def sends_email(request: HttpRequest) -> dict[str, bool]:
    """Whether e-mail reaches people, and not only the server's log."""
    return {"sends_email": bool(settings.EMAIL_HOST)}
