"""Who has an image open, and who of them works on it.

Rows, not memory: an image's editors may be on several server processes, and a process can die. A row lives while its
socket renews it; one that was not renewed for `STALE` is as good as gone and is deleted by whoever looks next.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from labeling.accounts.models import User
from labeling.annotations.models import Presence
from labeling.annotations.services import touch_open
from labeling.images.models import Image
from labeling.web.api import ApiError
from labeling.web.events import image_group, publish

RENEW_SECONDS = 20.0
STALE = timedelta(seconds=60)
"""Three renewals. So long a lost connection keeps its lease, unless somebody takes it."""


def arrive(image: Image, user: User, tab: UUID, channel: str, *, may_hold: bool, take: bool = False) -> bool:
    """An editor is open, or open again. It gets the lease if that is free, or if it takes it.

    Returns: whether it has the lease. Raises: ApiError 400 for a tab that is somebody else's.
    """
    with transaction.atomic():
        # Arrivals at an image one by one. No key is changed, so that objects can be kept meanwhile.
        if not Image.objects.select_for_update(no_key=True).filter(pk=image.pk).exists():
            return False
        here = Presence.objects.filter(image=image)
        if here.filter(tab=tab).exclude(user=user).exists():
            raise ApiError(400, "bad_tab", "tab: this is the name of somebody else's editor.")
        _forget_stale(image)
        now = timezone.now()
        others = here.filter(holds=True).exclude(tab=tab)
        holds = may_hold and (take or not others.exists())
        if holds:
            others.update(holds=False)
        fields = {"user": user, "channel": channel, "connected": True, "holds": holds, "seen_at": now}
        here.update_or_create(image=image, tab=tab, defaults=fields, create_defaults={**fields, "worked_at": now})
        transaction.on_commit(lambda: tell(image))
    if holds:
        touch_open(image, user)
    return holds


def renew(image: Image, tab: UUID, channel: str) -> bool:
    """The editor is still there. False when another socket speaks for it, or it counts as gone: arrive again."""
    known = Presence.objects.filter(image=image, tab=tab, channel=channel)
    renewed = bool(known.update(seen_at=timezone.now(), connected=True))
    if _forget_stale(image):
        tell(image)
    return renewed


def leave(image: Image, tab: UUID, channel: str, *, for_good: bool) -> None:
    """The socket has ended: the editor was closed, or only the connection to it was lost."""
    mine = Presence.objects.filter(image=image, tab=tab, channel=channel)
    changed = mine.delete()[0] if for_good else mine.update(connected=False)
    if changed:
        tell(image)


def present(image: Image) -> list[dict[str, Any]]:
    """Everybody who has the image open, in the order of their arrival."""
    now = timezone.now()
    rows = Presence.objects.filter(image=image, seen_at__gte=now - STALE).select_related("user")
    return [
        {
            "tab": row.tab,
            "user": row.user_id,
            "name": row.user.shown_name,
            "initials": row.user.initials,
            "hue": row.user.hue,
            "holds": row.holds,
            "away": not row.connected,
            "idle": max(0, int((now - row.worked_at).total_seconds())),
        }
        for row in rows
    ]


def tell(image: Image) -> None:
    """Every open editor of the image looks again who is there."""
    publish(image_group(image.pk), {"type": "presence"})


def _forget_stale(image: Image) -> bool:
    return bool(Presence.objects.filter(image=image, seen_at__lt=timezone.now() - STALE).delete()[0])
