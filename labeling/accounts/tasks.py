"""Periodic work: what is over is thrown away."""

from importlib import import_module

from allauth.usersessions.models import UserSession
from celery import shared_task
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

from labeling.accounts import throttle
from labeling.accounts.models import FailedSignIn


@shared_task
def tidy() -> None:
    """Every hour: sessions, counted tries and limits that are over."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    alive = Session.objects.values("session_key")
    UserSession.objects.exclude(session_key__in=alive).delete()
    FailedSignIn.objects.filter(at__lt=timezone.now() - throttle.WINDOW).delete()
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {settings.CACHES['default']['LOCATION']} WHERE expires < %s", [timezone.now()])
