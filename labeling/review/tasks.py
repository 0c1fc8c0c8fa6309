"""Celery's side of review."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from labeling.assignment.models import Slot

RESERVED = timedelta(days=3)
"""How long what was sent back waits for its author alone, and fixed work for the reviewer who sent it back."""


@shared_task
def open_to_all() -> int:
    """Let others fix or review what its people have left for too long; returns how many slots."""
    late = Slot.objects.filter(
        kind__in=(Slot.Kind.FIX, Slot.Kind.REVIEW), state=Slot.State.OPEN, made_at__lt=timezone.now() - RESERVED
    )
    return late.exclude(member=None).update(member=None)
