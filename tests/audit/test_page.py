"""`/audit/`: for administrators alone, with filters, pages and CSV."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client

from labeling.accounts.models import User
from labeling.audit.actions import Action
from labeling.audit.models import AuditEvent
from labeling.audit.services import record
from labeling.audit.views import PER_PAGE
from labeling.exchange.models import Export
from labeling.images.models import Image
from labeling.projects.models import Project

AsUser = Callable[[User | None], Client]


@pytest.fixture
def root(db: None, client: Client) -> Client:
    client.force_login(User.objects.create_superuser("root", password="x"))
    return client


def shown(client: Client, **query: str) -> list[str]:
    """The events that the page has, by action and name."""
    found = client.get("/audit/", query).context["events"]
    return [
        f"{event.action} {event.name}" for event in found if event.name != "root" and event.action != "member.added"
    ]


def test_members_and_managers_are_refused(project: Project, alice: User, bob: User, as_user: AsUser) -> None:
    for user in (alice, bob):
        for url in ("/audit/", "/audit/events.csv"):
            page = as_user(user).get(url)
            assert page.status_code == 403
            assert "Only administrators can open this page." in page.content.decode()
            assert "A manager of the project" not in page.content.decode()


def test_filters(root: Client, project: Project, alice: User, bob: User) -> None:
    record(Action.EXPORT_MADE, by=alice, project=project)
    record(Action.SIGN_IN_FAILED, name="mallory")
    record(Action.PERSON_DEACTIVATED, by=alice, about=bob)
    AuditEvent.objects.create(action=Action.SIGNED_OUT, name="bob", at=datetime(2026, 1, 31, 23, 59, tzinfo=UTC))
    everything = ["sign_out bob", "person.deactivated alice", "sign_in.failed mallory", "export.made alice"]
    assert shown(root) == everything
    assert shown(root, person="ALI") == ["person.deactivated alice", "export.made alice"]
    assert shown(root, person="bob") == ["sign_out bob", "person.deactivated alice"]
    assert shown(root, action="sign_in.failed") == ["sign_in.failed mallory"]
    assert shown(root, project="stree") == shown(root, project=str(project.pk)) == ["export.made alice"]
    assert shown(root, since="2026-01-31", until="2026-01-31") == ["sign_out bob"]
    assert shown(root, until="2026-01-30") == []


@pytest.mark.parametrize(
    "query", [{"since": "yesterday"}, {"action": "no such"}, {"until": "2026-02-31"}, {"person": "x" * 200}]
)
def test_a_filter_that_makes_no_sense_finds_nothing(query: dict[str, str], root: Client, alice: User) -> None:
    record(Action.SIGNED_IN, by=alice)
    page = root.get("/audit/", query)
    assert page.status_code == 200
    assert not page.context["events"]
    assert "No events match this filter" in page.content.decode()


@pytest.mark.parametrize("before", ["x", "-1", "9" * 19, "9" * 40, "٣"])
def test_strange_pages_open(before: str, root: Client) -> None:
    assert root.get("/audit/", {"before": before}).status_code == 200


def test_pages_and_query_counts(root: Client, django_assert_max_num_queries: Any) -> None:
    events = [AuditEvent(action=Action.SIGNED_IN, name=f"user{number}") for number in range(2 * PER_PAGE + 1)]
    AuditEvent.objects.bulk_create(events)
    seen: list[str] = []
    query: dict[str, str] = {"person": "user"}
    while True:
        with django_assert_max_num_queries(4):
            page = root.get("/audit/", query)
        seen += [event.name for event in page.context["events"]]
        if page.context["older"] is None:
            break
        query["before"] = str(page.context["older"])
    assert seen == [f"user{number}" for number in reversed(range(2 * PER_PAGE + 1))]


def test_csv(root: Client, alice: User, project: Project) -> None:
    record(Action.EXPORT_MADE, by=alice, project=project, format="coco")
    record(Action.SIGN_IN_FAILED, name='=HYPERLINK("x")')
    answer = root.get("/audit/events.csv", {"action": "export.made"})
    assert answer["Content-Disposition"] == 'attachment; filename="audit.csv"'
    rows = list(csv.DictReader(io.StringIO(b"".join(answer).decode())))
    assert [(row["name"], row["action"], row["project_name"], row["details"]) for row in rows] == [
        ("alice", "export.made", "Street", '{"format": "coco"}')
    ]
    text = b"".join(root.get("/audit/events.csv")).decode()
    assert "'=HYPERLINK" in text


def test_details_in_words(root: Client, alice: User) -> None:
    record(Action.SIGNED_IN, by=alice, methods=["password", "mfa"], role="", last_day=3, options={"images": "all"})
    page = root.get("/audit/").content.decode()
    assert "last day: 3 · methods: password, mfa · options: images all" in page
    assert "role:" not in page


def test_exports_are_in_it(alice: User, project: Project) -> None:
    image = Image.objects.create(project=project, name="a.png", sha256="0" * 64, width=1, height=1)
    client = Client()
    client.force_login(alice)
    sent = {"format": "coco", "options": {"images": "all"}}
    made = client.post(f"/api/projects/{project.pk}/exports", sent, "application/json").json()
    export = Export.objects.get(pk=made["id"])
    export.file.save("a.zip", ContentFile(b"PK"))
    Export.objects.update(state=Export.State.READY)
    assert client.head(f"/exports/{export.pk}/download").status_code == 200
    assert client.get(f"/exports/{export.pk}/download").status_code == 200
    rows = AuditEvent.objects.filter(kind="export").order_by("id")
    assert [(row.name, row.action, row.project_name) for row in rows] == [
        ("alice", "export.made", "Street"),
        ("alice", "export.downloaded", "Street"),
    ]
    assert image.project_id == rows[0].project_id


def test_memberships_are_in_it_however_they_come_about(root: Client, project: Project, alice: User, bob: User) -> None:
    as_alice = Client()
    as_alice.force_login(alice)
    as_alice.post(f"/projects/{project.pk}/members/{bob.pk}", {"role": "reviewer"})
    as_alice.post(f"/projects/{project.pk}/members/{bob.pk}", {"remove": "1"})
    root.post("/admin/projects/membership/add/", {"project": project.pk, "user": bob.pk, "role": "annotator"})
    rows = AuditEvent.objects.filter(object_name="bob", kind="user").exclude(name="").order_by("id")
    assert [(row.name, row.action, row.project_name, row.details) for row in rows] == [
        ("alice", "member.role_changed", "Street", {"role": "reviewer", "before": "annotator"}),
        ("alice", "member.removed", "Street", {"role": "reviewer"}),
        ("root", "member.added", "Street", {"role": "annotator"}),
    ]
    assert {row.address for row in rows} == {"127.0.0.1"}


def test_what_the_admin_does_to_accounts_is_in_it(root: Client, alice: User) -> None:
    form = {"username": "alice", "date_joined_0": "2026-01-01", "date_joined_1": "00:00", "keys": "{}"}
    root.post(f"/admin/accounts/user/{alice.pk}/change/", form | {"is_superuser": "on"})
    new = {"password1": "a-new-password-9", "password2": "a-new-password-9", "usable_password": "true"}
    root.post(f"/admin/accounts/user/{alice.pk}/password/", new)
    actions = AuditEvent.objects.filter(name="root", kind="user").order_by("id").values_list("action", flat=True)
    assert list(actions) == ["person.deactivated", "administrator.made", "password.changed"]
