"""A limit on guessing passwords, counted in the database: it holds for all processes and after a restart.

Each pair of name and address gets a few tries, an address more (an office shares one), and a name more still, so that
nobody can lock a colleague out from another address with five requests, yet a spread-out attack on one name ends too.
"""

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from labeling.accounts.models import FailedSignIn

WINDOW = timedelta(minutes=15)
TRIES_FOR_PAIR = 5
TRIES_FOR_ADDRESS = 50
TRIES_FOR_NAME = 100


def wait_for(username: str, address: str | None) -> timedelta:
    """How long this name must wait at this address; zero when a try is allowed."""
    name = username.lower()
    now = timezone.now()
    waits = (
        _until_free(Q(username=name, address=address), TRIES_FOR_PAIR),
        _until_free(Q(address=address), TRIES_FOR_ADDRESS),
        _until_free(Q(username=name), TRIES_FOR_NAME),
    )
    return max((moment - now for moment in waits if moment), default=timedelta(0))


def _until_free(which: Q, tries: int) -> datetime | None:
    """When the oldest of the last `tries` failures leaves the window; None when there are not that many."""
    recent = FailedSignIn.objects.filter(which, at__gt=timezone.now() - WINDOW)
    moments = recent.order_by("-at").values_list("at", flat=True)[tries - 1 : tries]
    return moments[0] + WINDOW if moments else None


def failed(username: str, address: str | None) -> None:
    """Count a failure, and throw away what no longer counts."""
    FailedSignIn.objects.filter(at__lt=timezone.now() - WINDOW).delete()
    FailedSignIn.objects.create(username=username.lower()[:150], address=address)


def succeeded(username: str, address: str | None) -> None:
    """Forget the typing errors before a success."""
    FailedSignIn.objects.filter(username=username.lower(), address=address).delete()
