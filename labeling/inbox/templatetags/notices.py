"""How notices are said."""

from django import template

from labeling.inbox.models import Notice
from labeling.inbox.schemas import NoticeData

register = template.Library()

DID = {
    Notice.Kind.SENT_BACK: "sent back",
    Notice.Kind.CORRECTED: "corrected and accepted",
    Notice.Kind.REPLY: "answered on",
    Notice.Kind.MENTION: "named you on",
    Notice.Kind.ASSIGNED: "gave you",
    Notice.Kind.LOT_FINISHED: "finished",
    Notice.Kind.ATTENTION: "needs your attention:",
}


@register.filter
def says(notice: NoticeData) -> str:
    """Who did what, as in “Ann sent back street-1.jpg” (as `saysNotice` of frontend/src/shared/inbox.ts)."""
    kind = Notice.Kind(notice.kind)
    about_text = notice.text if kind in (Notice.Kind.ASSIGNED, Notice.Kind.LOT_FINISHED) else ""
    who = notice.by or ("This" if kind == Notice.Kind.ATTENTION else "Somebody")
    return f"{who} {DID[kind]} {notice.image_name or about_text or notice.project_name}"
