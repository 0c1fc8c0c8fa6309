"""Writing into the audit log, and reading it."""

from datetime import date, datetime, time, timedelta
from typing import Any, Protocol

from django.conf import settings
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from labeling.audit.actions import Action
from labeling.audit.current import current_request
from labeling.audit.models import AuditEvent
from labeling.web.network import client_address


class Person(Protocol):
    """A user, or whoever has an id and a sign-in name."""

    @property
    def pk(self) -> Any: ...

    def get_username(self) -> str: ...


class Named(Protocol):
    """A project, or whatever has an id and a name."""

    @property
    def pk(self) -> Any: ...

    @property
    def name(self) -> str: ...


def record(
    action: Action,
    *,
    request: HttpRequest | None = None,
    by: Person | None = None,
    name: str = "",
    about: Model | None = None,
    project: Named | None = None,
    **details: Any,
) -> AuditEvent:
    """Write an event; inside of a transaction it is kept if that is.

    `request` is the one that is carried out, unless another is given. `by` did it: without it the request's user, if
    somebody is signed in, else `name` as typed. `about` is the object it was done to: kind, id and name are copied.
    `details` have to be values that JSON can have, and no secrets.
    """
    request = request or current_request()
    who = by if by is not None else _user_of(request)
    return AuditEvent.objects.create(
        user_id=who.pk if who is not None else None,
        name=(who.get_username() if who is not None else name)[:150],
        action=action,
        kind=about._meta.model_name or "" if about is not None else "",
        object_id=str(about.pk or "") if about is not None else "",
        object_name=str(about)[:200] if about is not None else "",
        project_id=project.pk if project is not None else None,
        project_name=project.name[:200] if project is not None else "",
        address=_address(request),
        details=details,
    )


def _user_of(request: HttpRequest | None) -> Person | None:
    user = getattr(request, "user", None)
    return user if user is not None and user.is_authenticated else None


def _address(request: HttpRequest | None) -> str | None:
    address = client_address(request.META) if request is not None else None
    return str(address) if address else None


def events(
    *,
    person: str = "",
    action: str = "",
    project: str = "",
    since: date | None = None,
    until: date | None = None,
) -> QuerySet[AuditEvent]:
    """The events that match all that is given, the newest first.

    `person` is a part of a sign-in name, who did it or to whom it was done; `project` an id or a part of a name;
    `since` and `until` are days in UTC, both included.
    """
    found = AuditEvent.objects.all()
    if person:
        done_to = Q(kind="user", object_name__icontains=person)
        found = found.filter(Q(name__icontains=person) | done_to)
    if action:
        found = found.filter(action=action)
    if project:
        by_name = Q(project_name__icontains=project)
        is_id = project.isdecimal() and len(project) < 19
        found = found.filter(by_name | Q(project_id=int(project)) if is_id else by_name)
    if since:
        found = found.filter(at__gte=_midnight(since))
    if until:
        found = found.filter(at__lt=_midnight(until) + timedelta(days=1))
    return found


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def forget_old() -> int:
    """Delete what is older than the retention time; returns how many events."""
    if not settings.AUDIT_DAYS:
        return 0
    return AuditEvent.objects.all().forget_before(timezone.now() - timedelta(days=settings.AUDIT_DAYS))
