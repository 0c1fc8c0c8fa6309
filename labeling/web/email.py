"""Whether this server sends e-mail: the one place that says so, to code and to templates."""

from django.conf import settings


def is_sent() -> bool:
    """Whether e-mail that somebody asks for on a page reaches people, and not only the server's log."""
    return bool(settings.EMAIL_HOST)


def notices_are_sent() -> bool:
    """Whether e-mail that no request asked for is sent, too: its links need the address of this site."""
    return is_sent() and bool(settings.SITE_URL)
