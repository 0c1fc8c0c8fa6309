"""The audit log takes events and gives none back: in the model, and in the database itself."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import RequestFactory
from django.utils import timezone

from labeling.accounts.models import User
from labeling.audit import services, tasks, triggers
from labeling.audit.actions import LABELS, Action
from labeling.audit.models import AppendOnlyError, AuditEvent
from labeling.audit.services import record
from labeling.projects.models import Project


@pytest.fixture
def event(alice: User) -> AuditEvent:
    return record(Action.SIGNED_IN, by=alice)


@pytest.fixture
def triggers_of_a_real_database(db: None) -> None:
    """The test database has all but SQLite's trigger against deletion (tests/conftest.py)."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(triggers.SQLITE[1])


def test_what_is_recorded(alice: User, project: Project) -> None:
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.7")
    request.user = alice
    made = record(Action.MEMBER_ROLE_CHANGED, request=request, about=project, project=project, role="reviewer")
    event = AuditEvent.objects.get(pk=made.pk)
    assert (event.user_id, event.name, event.address) == (alice.pk, "alice", "10.0.0.7")
    assert (event.kind, event.object_id, event.object_name) == ("project", str(project.pk), "Street")
    assert (event.project_id, event.project_name, event.details) == (project.pk, "Street", {"role": "reviewer"})
    assert (event.pk, event.action_label) == (made.pk, "Changed a role")


def test_long_names_are_cut_and_the_event_is_kept(db: None) -> None:
    assert record(Action.SIGN_IN_FAILED, name="x" * 5000).name == "x" * 150


def test_every_action_has_words() -> None:
    assert set(LABELS) == set(Action)
    assert len({action.value for action in Action}) == len(Action)
    assert max(len(action) for action in Action) <= 40


def test_it_stays_when_the_person_and_the_project_are_gone(alice: User, project: Project) -> None:
    record(Action.EXPORT_MADE, by=alice, project=project)
    project.delete()
    alice.delete()
    event = AuditEvent.objects.get(action="export.made")
    assert (event.name, event.project_name) == ("alice", "Street")


def test_the_model_refuses(event: AuditEvent) -> None:
    event.name = "somebody else"
    for change in (
        event.save, event.delete, AuditEvent.objects.all().delete,
        lambda: AuditEvent.objects.update(name="x"), lambda: AuditEvent.objects.bulk_update([event], ["name"]),
    ):  # fmt: skip
        with pytest.raises(AppendOnlyError):
            change()
    assert AuditEvent.objects.get().name == "alice"


@pytest.mark.parametrize("sql", ["UPDATE audit_auditevent SET name = 'x'", "DELETE FROM audit_auditevent"])
def test_the_database_refuses(sql: str, event: AuditEvent, triggers_of_a_real_database: None) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert AuditEvent.objects.get().name == "alice"


def made(days_ago: float) -> AuditEvent:
    return AuditEvent.objects.create(action=Action.SIGNED_IN, at=timezone.now() - timedelta(days=days_ago))


def test_what_is_older_than_the_retention_time_is_forgotten(triggers_of_a_real_database: None, settings: Any) -> None:
    settings.AUDIT_DAYS = 40
    made(41)
    kept = [made(39).pk, made(0).pk]
    assert tasks.tidy() == 1
    assert sorted(AuditEvent.objects.values_list("pk", flat=True)) == kept
    settings.AUDIT_DAYS = 0
    made(5000)
    assert services.forget_old() == 0


def test_the_last_days_are_kept_whatever_is_set(triggers_of_a_real_database: None, settings: Any) -> None:
    made(triggers.KEPT_DAYS - 1)
    settings.AUDIT_DAYS = 1
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        services.forget_old()
    assert AuditEvent.objects.count() == 1
