"""The signed-in person's inbox over JSON."""

from django.http import HttpRequest
from django.urls import reverse

from labeling.accounts.models import User
from labeling.accounts.services import user_of
from labeling.inbox import services
from labeling.inbox.models import Notice
from labeling.inbox.schemas import Inbox, NoticeData
from labeling.inbox.specs import InboxQuery, ReadSpec
from labeling.web.routes import Asked, Router, Sent

router = Router(tags=["inbox"])


@router.get("me/inbox")
def inbox(request: HttpRequest, asked: Asked[InboxQuery]) -> Inbox:
    """What one is told, the newest first; nothing of projects that one has left."""
    query = asked.read()
    return inbox_page(user_of(request), query.before, query.limit)


def inbox_page(user: User, before: int | None = None, limit: int = 30) -> Inbox:
    """A page of somebody's notices."""
    rows = services.notices_of(user)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.select_related("project", "image", "by")[: limit + 1])
    shown = found[:limit]
    return Inbox(
        unread=services.unread(user),
        results=[notice_data(one) for one in shown],
        next=shown[-1].pk if len(found) > limit else None,
    )


@router.post("me/inbox/read")
def read(request: HttpRequest, sent: Sent[ReadSpec]) -> Inbox:
    """Mark notices as read."""
    user, spec = user_of(request), sent.read()
    services.read(user, up_to=spec.up_to, image=spec.image)
    return inbox_page(user)


def notice_data(one: Notice) -> NoticeData:
    """A notice as clients see it."""
    image = one.image
    where = reverse("pages:editor", args=[image.pk]) if image else reverse("pages:project", args=[one.project_id])
    return NoticeData(
        id=one.pk,
        kind=Notice.Kind(one.kind),
        project=one.project_id,
        project_name=one.project.name,
        image=image.pk if image else None,
        image_name=image.name if image else "",
        by=one.by.shown_name if one.by else None,
        text=one.text,
        at=one.at.isoformat(),
        read=one.read_at is not None,
        url=where,
    )
