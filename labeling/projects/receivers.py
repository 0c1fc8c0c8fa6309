"""Open editors are told what changes in their project, however it comes about: settings, API, admin."""

from typing import Any

from django.db.models import QuerySet
from django.db.models.signals import post_delete, post_save, pre_save
from django.dispatch import receiver

from labeling.audit.actions import Action
from labeling.audit.services import record
from labeling.projects.models import Attribute, Category, Membership, Project
from labeling.web import events


def tell_editors(project_id: int) -> None:
    """Have the project's open editors load its classes, attributes and settings again, once that is committed."""
    events.publish_committed(events.editors_group(project_id), {"type": "project"})


def _goes_with_all(origin: Any) -> bool:
    """Whether the whole project is deleted: then its editors are told that their images are gone."""
    return (origin.model if isinstance(origin, QuerySet) else type(origin)) is Project


@receiver([post_save, post_delete], sender=Category)
@receiver([post_save, post_delete], sender=Attribute)
def tell_of_definitions(instance: Category | Attribute, origin: Any = None, **_: Any) -> None:
    """A class or an attribute was made, changed or deleted."""
    if not _goes_with_all(origin):
        tell_editors(instance.project_id)


@receiver(post_save, sender=Project)
def tell_of_settings(instance: Project, **_: Any) -> None:
    """Name, instructions, rules."""
    tell_editors(instance.pk)


@receiver([post_save, post_delete], sender=Membership)
def tell_of_members(instance: Membership, origin: Any = None, **_: Any) -> None:
    """Somebody came, got another role, or was removed: their own sockets look again."""
    if _goes_with_all(origin):
        return
    event = {"type": "membership", "user": instance.user_id}
    events.publish_committed(events.user_group(instance.user_id), event)


@receiver(pre_save, sender=Membership)
def note_role(instance: Membership, **_: Any) -> None:
    """The role before, for the audit log."""
    before = Membership.objects.filter(pk=instance.pk).values_list("role", flat=True).first() if instance.pk else None
    instance.role_before = before


@receiver(post_save, sender=Membership)
def record_member(instance: Membership, created: bool, **_: Any) -> None:
    """Into the audit log: somebody came, or got another role."""
    if created:
        by = instance.user if instance.invited else None  # who joins has no account before, or is signed in
        who, where, role = instance.user, instance.project, str(instance.role)
        record(Action.MEMBER_ADDED, by=by, about=who, project=where, role=role, **instance.invited)
    elif instance.role != instance.role_before:
        role, before = str(instance.role), str(instance.role_before)
        record(Action.MEMBER_ROLE_CHANGED, about=instance.user, project=instance.project, role=role, before=before)


@receiver(post_delete, sender=Membership)
def record_removal(instance: Membership, origin: Any = None, **_: Any) -> None:
    """Into the audit log: somebody was removed, or their account was deleted."""
    if not _goes_with_all(origin):
        record(Action.MEMBER_REMOVED, about=instance.user, project=instance.project, role=str(instance.role))
