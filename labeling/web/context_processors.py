"""What every page's template may use."""

from django.conf import settings
from django.http import HttpRequest

from labeling.web import email


def cookie_names(request: HttpRequest) -> dict[str, str]:
    """The name of the cookie from which a page's script takes the CSRF token: the installation's own."""
    return {"csrf_cookie_name": settings.CSRF_COOKIE_NAME}


def sends_email(request: HttpRequest) -> dict[str, bool]:
    """What e-mail this server sends: `labeling.web.email`."""
    return {"sends_email": email.is_sent(), "sends_notices": email.notices_are_sent()}
