"""What other apps ask about people, and what is done to accounts."""

from typing import cast

from allauth.usersessions.models import UserSession
from django.contrib.auth import HASH_SESSION_KEY
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest

from labeling.accounts.models import User
from labeling.accounts.signals import deactivated, sessions_ended
from labeling.web import events


def user_of(request: HttpRequest) -> User:
    """Who asks. For views that only signed-in people reach, which is all of them but the sign-in page and health."""
    return cast(User, request.user)


def shown_name(user: User) -> str:
    """What e-mails call somebody."""
    return user.shown_name


def end_sessions(user: User, *, but: HttpRequest | None = None) -> None:
    """Sign somebody out everywhere, but in the browser of one request. Sockets are closed once that is committed."""
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(sessions_ended=F("sessions_ended") + 1)
        user.refresh_from_db(fields=["sessions_ended"])
        kept = but.session.session_key if but is not None else None
        for session in UserSession.objects.filter(user=user).exclude(session_key=kept or ""):
            session.end()
        if but is not None:
            but.session[HASH_SESSION_KEY] = user.get_session_auth_hash()
            but.session.save()
        sessions_ended.send(sender=User, user=user)
        events.publish_committed(events.user_group(user.pk), {"type": "membership", "user": user.pk})


def set_active(user: User, active: bool) -> None:
    """Deactivate an account, which ends its sessions, or reactivate it."""
    with transaction.atomic():
        user.is_active = active
        user.save(update_fields=["is_active"])
        if not active:
            end_sessions(user)
            deactivated.send(sender=User, user=user)
