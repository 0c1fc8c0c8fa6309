"""E-mail about what somebody has not seen in their inbox.

What is mailed is marked in a transaction that locks the person's settings, before it is sent: two workers send nothing
twice. Where sending fails the mark is taken off again. Without EMAIL_HOST and an address of this site there is no mail.
"""

import logging
from datetime import datetime, timedelta
from smtplib import SMTPException, SMTPRecipientsRefused
from urllib.parse import urljoin
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from labeling.accounts.models import User
from labeling.inbox.api import notice_data
from labeling.inbox.models import MailSettings, Notice
from labeling.inbox.services import notices_of
from labeling.web import email

logger = logging.getLogger(__name__)

PATIENCE = timedelta(minutes=30)
"""What was not seen for so long is mailed."""

PAUSE = timedelta(hours=1)
"""Between two mails to a person."""

MOST_REFUSALS = 3
"""After so many refused mails in a row no more are sent, until the person saves their settings."""

MOST = 20
"""Notices that a mail lists."""

QUIET = (Notice.Kind.CORRECTED,)
"""Told in the inbox alone."""

_SALT = "labeling.inbox.unsubscribe"


def send_due(now: datetime | None = None) -> int:
    """Mail everybody whose notices have waited long enough; returns how many mails were sent."""
    if not email.notices_are_sent():
        return 0
    now = now or timezone.now()
    waiting = Notice.objects.filter(read_at=None, mailed_at=None, at__lte=now - PATIENCE).exclude(kind__in=QUIET)
    people = User.objects.filter(pk__in=waiting.values("person"), is_active=True).exclude(email="")
    return sum(_send(person, now) for person in people.iterator(chunk_size=200))


def _send(person: User, now: datetime) -> bool:
    claimed = _claim(person, now)
    if not claimed:
        return False
    try:
        message(person, claimed).send()
    except (SMTPException, OSError) as error:
        refused = isinstance(error, SMTPRecipientsRefused)
        logger.warning("the mail about the inbox of user %d was not sent: %s", person.pk, error)
        with transaction.atomic():
            kept = MailSettings.objects.select_for_update().get(person=person)
            kept.refusals += refused
            kept.save(update_fields=["refusals"])
            Notice.objects.filter(pk__in=[one.pk for one in claimed]).update(mailed_at=None)
        return False
    MailSettings.objects.filter(person=person).exclude(refusals=0).update(refusals=0)
    return True


def _claim(person: User, now: datetime) -> list[Notice]:
    """The notices to mail, marked as mailed; none where it is not the time, or another worker was faster."""
    with transaction.atomic():
        MailSettings.objects.get_or_create(person=person)
        kept = MailSettings.objects.select_for_update().get(person=person)
        if not is_due(kept, now):
            return []
        rows = notices_of(person).filter(read_at=None, mailed_at=None, at__lte=now - PATIENCE)
        rows = rows.exclude(kind__in=QUIET)
        found = list(rows.select_related("project", "image", "by"))
        if found:
            Notice.objects.filter(pk__in=[one.pk for one in found]).update(mailed_at=now)
            kept.sent_at = now
            kept.save(update_fields=["sent_at"])
        return found


def is_due(kept: MailSettings, now: datetime) -> bool:
    """Whether the person may be mailed now, by their settings and the last mail."""
    if kept.how == MailSettings.How.NEVER or kept.refusals >= MOST_REFUSALS:
        return False
    if kept.how == MailSettings.How.SOON:
        return kept.sent_at is None or kept.sent_at <= now - PAUSE
    local = now.astimezone(zone_of(kept.zone))
    today = local.replace(hour=kept.hour, minute=0, second=0, microsecond=0)
    return local >= today and (kept.sent_at is None or kept.sent_at < today)


def zone_of(name: str) -> ZoneInfo:
    """The time zone of a name; UTC for one that is not known (any more)."""
    return ZoneInfo(name if name in available_timezones() else "UTC")


def message(person: User, notices: list[Notice]) -> EmailMultiAlternatives:
    """The mail that lists notices, the newest first; text, and the same as plain HTML."""
    shown = [notice_data(one) for one in notices[:MOST]]
    listed = [{"notice": one, "url": urljoin(settings.SITE_URL, one.url)} for one in shown]
    leave = urljoin(settings.SITE_URL, reverse("inbox:unsubscribe", args=[token_of(person)]))
    context = {
        "person": person,
        "listed": listed,
        "more": len(notices) - len(shown),
        "inbox": urljoin(settings.SITE_URL, reverse("inbox:inbox")),
        "unsubscribe": leave,
    }
    count = len(notices)
    subject = shown[0].project_name if count == 1 else f"{count} notices"
    mail = EmailMultiAlternatives(
        subject=f"Interlabel: {_one_line(subject)}",
        body=render_to_string("inbox/mail.txt", context),
        to=[person.email],
        headers={
            "Auto-Submitted": "auto-generated",
            "List-Unsubscribe": f"<{leave}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "X-Auto-Response-Suppress": "All",
        },
    )
    mail.attach_alternative(render_to_string("inbox/mail.html", context), "text/html")
    return mail


def _one_line(text: str) -> str:
    return " ".join(text.split())


def token_of(person: User) -> str:
    """What a link has to say to end the person's mail."""
    return signing.dumps(person.pk, salt=_SALT)


def unsubscribe(token: str) -> bool:
    """End the mail of the token's person; False for a token that is not ours."""
    person = person_of(token)
    if person is None:
        return False
    MailSettings.objects.update_or_create(person=person, defaults={"how": MailSettings.How.NEVER})
    return True


def person_of(token: str) -> User | None:
    """Whose token it is; None for one that is not ours."""
    try:
        return User.objects.filter(pk=signing.loads(token, salt=_SALT)).first()
    except signing.BadSignature:
        return None
