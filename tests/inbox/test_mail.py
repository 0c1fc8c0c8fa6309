"""E-mail about what somebody has not seen in the inbox: when, to whom, once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from smtplib import SMTPRecipientsRefused
from typing import Any
from urllib.parse import urlparse

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.db import close_old_connections, connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from labeling.accounts.models import User
from labeling.inbox.mail import PATIENCE, send_due, token_of
from labeling.inbox.models import MailSettings, Notice
from labeling.inbox.services import notify
from labeling.projects.models import Project
from labeling.web import email
from tests.review.conftest import AsUser

Box = list[EmailMultiAlternatives]
LATER = timedelta(minutes=31)


@pytest.fixture(autouse=True)
def _mail_server(settings: Any) -> None:
    settings.EMAIL_HOST, settings.SITE_URL = "mail.example.org", "https://labels.example.org"


@pytest.fixture
def told(bob: User, alice: User, project: Project) -> Notice:
    """Bob has an address, and has been told something."""
    User.objects.filter(pk=bob.pk).update(email="bob@example.org")
    bob.refresh_from_db()
    tell(bob, alice, project, "round 1")
    return Notice.objects.get()


def tell(bob: User, alice: User, project: Project, subject: str) -> None:
    notify(bob, Notice.Kind.SENT_BACK, project, by=alice, text="The <edge> is off.", subject=subject)


@pytest.mark.django_db
def test_mail_settings_are_shown_only_where_mail_is_sent(bob: User, as_user: AsUser, settings: Any) -> None:
    assert 'name="how"' in as_user(bob).get("/inbox/").content.decode()
    assert "/inbox/#mail" in as_user(bob).get("/account/").content.decode()
    settings.EMAIL_HOST = ""
    page = as_user(bob).get("/inbox/").content.decode()
    assert "This server sends no e-mail" in page
    assert 'name="how"' not in page
    assert "/inbox/#mail" not in as_user(bob).get("/account/").content.decode()


@pytest.mark.django_db
def test_what_was_not_seen_for_half_an_hour_is_mailed_once(told: Notice, mailoutbox: Box) -> None:
    assert send_due(told.at + PATIENCE - timedelta(seconds=1)) == 0
    assert send_due(told.at + LATER) == 1
    assert send_due(told.at + timedelta(days=2)) == 0

    [sent] = mailoutbox
    assert sent.to == ["bob@example.org"]
    assert "The <edge> is off." in sent.body
    html = str(sent.alternatives[0][0])
    assert "The &lt;edge&gt; is off." in html
    assert "https://labels.example.org/projects/" in sent.body
    headers = sent.message()
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["List-Unsubscribe"].startswith("<https://labels.example.org/inbox/unsubscribe/")


@pytest.mark.django_db
def test_what_was_seen_or_is_quiet_is_not_mailed(
    told: Notice, bob: User, alice: User, project: Project, mailoutbox: Box
) -> None:
    Notice.objects.update(read_at=timezone.now())
    notify(bob, Notice.Kind.CORRECTED, project, by=alice, subject="version 3")

    assert send_due(told.at + LATER) == 0
    assert mailoutbox == []


@pytest.mark.django_db
def test_at_most_one_an_hour(told: Notice, bob: User, alice: User, project: Project) -> None:
    first = told.at + LATER
    assert send_due(first) == 1
    tell(bob, alice, project, "round 2")
    assert send_due(first + timedelta(minutes=59)) == 0
    assert send_due(first + timedelta(minutes=60)) == 1


@pytest.mark.django_db
def test_daily_at_ones_own_hour(told: Notice, bob: User) -> None:
    MailSettings.objects.create(person=bob, how="daily", hour=8, zone="America/New_York")
    day = datetime(2030, 7, 1, tzinfo=timezone.get_fixed_timezone(0))
    Notice.objects.update(at=day)

    assert send_due(day.replace(hour=11, minute=59)) == 0  # 7:59 in New York
    assert send_due(day.replace(hour=12)) == 1
    Notice.objects.update(mailed_at=None)
    assert send_due(day.replace(hour=20)) == 0
    assert send_due(day.replace(day=2, hour=12)) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("change", [{"EMAIL_HOST": ""}, {"SITE_URL": ""}])
def test_without_a_mail_server_or_an_address_there_is_the_inbox_alone(
    told: Notice, settings: Any, change: dict[str, str]
) -> None:
    for name, value in change.items():
        setattr(settings, name, value)

    assert send_due(told.at + LATER) == 0
    assert Notice.objects.filter(mailed_at=None).count() == 1


@pytest.mark.django_db
def test_who_left_or_wants_none_gets_none(told: Notice, bob: User, project: Project) -> None:
    project.memberships.filter(user=bob).delete()
    assert send_due(told.at + LATER) == 0
    project.memberships.create(user=bob, role="annotator")
    MailSettings.objects.update_or_create(person=bob, defaults={"how": "never"})
    assert send_due(told.at + LATER) == 0


@pytest.mark.django_db
def test_a_mail_that_fails_is_sent_later_and_three_refusals_end_it(
    told: Notice, monkeypatch: pytest.MonkeyPatch, as_user: AsUser, bob: User
) -> None:
    def refuse(self: EmailMultiAlternatives) -> int:
        raise SMTPRecipientsRefused({"bob@example.org": (550, b"no such box")})

    with monkeypatch.context() as patched:
        patched.setattr(EmailMultiAlternatives, "send", refuse)
        for hours in range(1, 6):
            assert send_due(told.at + timedelta(hours=2 * hours)) == 0
    assert MailSettings.objects.get().refusals == 3
    assert send_due(told.at + timedelta(days=1)) == 0
    as_user(bob).post(reverse("inbox:mail"), {"how": "soon", "hour": "8", "zone": "Europe/Berlin"})
    assert send_due(told.at + timedelta(days=1)) == 1


@pytest.mark.django_db
def test_one_click_ends_it_without_signing_in(told: Notice, bob: User, mailoutbox: Box) -> None:
    send_due(told.at + LATER)
    link = mailoutbox[0].message()["List-Unsubscribe"].strip("<>")
    path = urlparse(link).path
    client = Client(enforce_csrf_checks=True)

    assert MailSettings.objects.get().how == "soon"
    assert client.get(path).status_code == 200
    assert MailSettings.objects.get().how == "soon"  # looking at it changes nothing
    assert client.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert MailSettings.objects.get().how == "never"


@pytest.mark.django_db
def test_a_token_of_somebody_else_is_refused(bob: User) -> None:
    answer = Client().post(reverse("inbox:unsubscribe", args=[token_of(bob) + "x"]))

    assert answer.status_code == 404
    assert not MailSettings.objects.filter(how="never").exists()


@pytest.mark.django_db
def test_the_page_lists_reads_and_keeps_settings(told: Notice, as_user: AsUser, bob: User) -> None:
    client = as_user(bob)
    page = client.get(reverse("inbox:inbox")).content.decode()
    assert "sent back" in page
    assert "(unread)" in page
    assert f"{told.at:%Y-%m-%d %H:%M}" in page

    client.post(reverse("inbox:read"), {"up_to": str(told.pk)})
    assert "(unread)" not in client.get(reverse("inbox:inbox")).content.decode()
    wrong = client.post(reverse("inbox:mail"), {"how": "daily", "hour": "7", "zone": "Mars/Base"})
    assert wrong.status_code == 400
    assert "time zone is not known" in wrong.content.decode()
    client.post(reverse("inbox:mail"), {"how": "daily", "hour": "7", "zone": "Europe/Berlin"})
    kept = MailSettings.objects.get(person=bob)
    assert (kept.how, kept.hour, kept.zone) == ("daily", 7, "Europe/Berlin")


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_one_mail(told: Notice, mailoutbox: Box) -> None:
    def work(_: int) -> int:
        try:
            return send_due(told.at + LATER)
        finally:
            close_old_connections()
            connections.close_all()

    with ThreadPoolExecutor(2) as workers:
        assert sum(workers.map(work, range(2))) == 1
    assert len(mail.outbox) == 1


@pytest.mark.parametrize(("host", "address"), [("", ""), ("", "https://x.example"), ("mail.example", "")])
def test_pages_offer_mail_only_where_it_is_sent(
    as_user: AsUser, bob: User, settings: Any, host: str, address: str
) -> None:
    """The account page, the inbox and what sends it ask the same."""
    client = as_user(bob)

    def offered() -> list[bool]:
        account, inbox = (client.get(url).content.decode() for url in ("/account/", "/inbox/"))
        return ["Choose what comes by e-mail" in account, 'name="how"' in inbox, email.notices_are_sent()]

    settings.EMAIL_HOST, settings.SITE_URL = host, address
    assert offered() == [False] * 3
    settings.EMAIL_HOST, settings.SITE_URL = "mail.example", "https://x.example"
    assert offered() == [True] * 3
