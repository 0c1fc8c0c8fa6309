"""The audit log: who did what, when and from where. Rows are added and never changed."""

from datetime import datetime
from typing import Any, NoReturn

from django.db import models
from django.utils import timezone

from labeling.audit.actions import label_of


class AppendOnlyError(Exception):
    """Somebody tried to change or delete what is in the audit log."""

    def __init__(self) -> None:
        super().__init__("The audit log is append-only: its events are neither changed nor deleted.")


class AuditEvents(models.QuerySet["AuditEvent"]):
    """Events can be read and added."""

    def update(self, **_: Any) -> NoReturn:
        raise AppendOnlyError

    def bulk_update(self, *_: Any, **__: Any) -> NoReturn:
        raise AppendOnlyError

    def delete(self) -> NoReturn:
        raise AppendOnlyError

    def forget_before(self, moment: datetime) -> int:
        """Delete what is older than `moment`, for the retention time alone; returns how many events.

        The database itself refuses to delete events of the last 30 days (migration 0001).
        """
        return int(self.filter(at__lt=moment)._raw_delete(self.db))


def _in_words(value: Any) -> str:
    """A value of the details; lists and tables with commas."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {_in_words(inner)}" for name, inner in sorted(value.items()))
    return ", ".join(map(_in_words, value)) if isinstance(value, list) else str(value)


class AuditEvent(models.Model):
    """Something that somebody did.

    People, objects and projects are named by id and by the name they had: the event stays when they are gone, so
    these are no foreign keys. The table has triggers; a migration that makes SQLite rebuild it must make them again.
    """

    at = models.DateTimeField(default=timezone.now, editable=False)
    user_id = models.BigIntegerField(null=True, editable=False, help_text="Who did it; none for somebody unknown.")
    name = models.CharField(max_length=150, blank=True, editable=False, help_text="The sign-in name, as it was.")
    action = models.CharField(max_length=40, editable=False)
    kind = models.CharField(max_length=40, blank=True, editable=False, help_text="What kind of object it was done to.")
    object_id = models.CharField(max_length=64, blank=True, editable=False)
    object_name = models.CharField(max_length=200, blank=True, editable=False)
    project_id = models.BigIntegerField(null=True, editable=False)
    project_name = models.CharField(max_length=200, blank=True, editable=False)
    address = models.GenericIPAddressField(null=True, editable=False)
    details = models.JSONField(default=dict, editable=False)

    objects = AuditEvents.as_manager()

    class Meta:
        ordering = ["-id"]
        default_permissions = ()
        indexes = [
            models.Index(fields=["at"], name="audit_at"),
            models.Index(fields=["user_id", "-id"], name="audit_by_user"),
            models.Index(fields=["project_id", "-id"], name="audit_by_project"),
            models.Index(fields=["action", "-id"], name="audit_by_action"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.name}: {self.action}"

    @property
    def action_label(self) -> str:
        """The action in words."""
        return label_of(self.action)

    @property
    def told(self) -> list[tuple[str, str]]:
        """The details in words, without those that are empty."""
        shown = [(name.replace("_", " "), _in_words(value)) for name, value in sorted(self.details.items())]
        return [(name, value) for name, value in shown if value]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add the event. Raises: AppendOnlyError for one that is there already."""
        if not self._state.adding:
            raise AppendOnlyError
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnlyError
