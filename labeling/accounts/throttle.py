"""A limit on guessing passwords, counted in the database: it holds for all processes and after a restart.

A try is counted before its password is looked at, so that many at once are no more than many one after the other.
Each pair of name and place gets a few tries, a place more (an office shares one). All places together only slow each
other down: who attacks a name from everywhere makes its owner wait for seconds, and keeps nobody out. A browser that
this name has signed in with before is told by a signed cookie (`devices.py`) and has tries of its own, whatever is
tried elsewhere, also by a neighbour at the same address.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from labeling.accounts.models import FailedSignIn

WINDOW = timedelta(minutes=15)
TRIES_FOR_PAIR = 5
TRIES_FOR_ADDRESS = 50
TRIES_FOR_NAME = 100
"""From so many failures on, a name gets one try at a time: the next one after `SLOW`, from wherever."""

SLOW = timedelta(seconds=10)
_LOCK = 0x5167_4E49  # "sIgNI": any number that no other lock has


@dataclass(frozen=True)
class Caller:
    """Who tries: the name as typed, the place, and the known browser ("" for one that is not)."""

    username: str
    address: str | None
    device: str = ""

    @property
    def name(self) -> str:
        return self.username.lower()[:150]


class MustWait(Exception):
    """No try is allowed before `wait` is over; nothing was counted."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"wait {wait}")
        self.wait = wait


def begin(caller: Caller) -> FailedSignIn:
    """Count a try, as failed until it has succeeded. Raises: MustWait.

    One at a time: SQLite's transactions are (they begin by taking the write lock), PostgreSQL is asked for a lock.
    """
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        wait = _wait_for(caller)
        if wait > timedelta(0):
            raise MustWait(wait)
        FailedSignIn.objects.filter(at__lt=timezone.now() - WINDOW).delete()
        return FailedSignIn.objects.create(username=caller.name, address=caller.address, device=caller.device)


def succeeded(caller: Caller) -> None:
    """Forget the try, and the typing errors before it."""
    FailedSignIn.objects.filter(_own(caller)).delete()


def _own(caller: Caller) -> Q:
    """The tries that count against this caller alone."""
    if caller.device:
        return Q(username=caller.name, device=caller.device)
    return Q(username=caller.name, address=caller.address, device="")


def _wait_for(caller: Caller) -> timedelta:
    """How long this caller must wait; zero when a try is allowed."""
    waits = [_until_free(_own(caller), TRIES_FOR_PAIR)]
    if not caller.device:
        waits.append(_until_free(Q(address=caller.address), TRIES_FOR_ADDRESS))
        waits.append(_until_slow_is_over(caller.name))
    now = timezone.now()
    return max((moment - now for moment in waits if moment), default=timedelta(0))


def _until_free(which: Q, tries: int) -> datetime | None:
    """When the oldest of the last `tries` failures leaves the window; None when there are not that many."""
    moments = _recent(which)[tries - 1 : tries]
    return moments[0] + WINDOW if moments else None


def _until_slow_is_over(name: str) -> datetime | None:
    """When a name that is tried everywhere may be tried again; None while it is not."""
    moments = _recent(Q(username=name))[:TRIES_FOR_NAME]
    return moments[0] + SLOW if len(moments) == TRIES_FOR_NAME else None


def _recent(which: Q) -> list[datetime]:
    """The moments of the failures, newest first; no more than any limit needs."""
    recent = FailedSignIn.objects.filter(which, at__gt=timezone.now() - WINDOW)
    return list(recent.order_by("-at").values_list("at", flat=True)[:TRIES_FOR_NAME])
