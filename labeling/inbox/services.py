"""Telling people, and what they have read."""

from django.db import transaction
from django.utils import timezone

from labeling.accounts.models import User
from labeling.images.models import Image
from labeling.inbox.models import Notice
from labeling.projects.models import Project
from labeling.web.events import publish_committed, user_group

Kind = Notice.Kind


def notify(
    person: User | None, kind: Notice.Kind, project: Project, *, image: Image | None = None, by: User | None = None,
    text: str = "", subject: str = "",
) -> None:  # fmt: skip
    """Tell somebody something, once: the same notice again changes nothing. Nobody is told of their own acts.

    Called in the transaction of what it is about. A notice of a person who is no member of the project is not made.
    """
    if person is None or (by is not None and by.pk == person.pk) or not _belongs(person, project):
        return
    fields = {"by": by, "text": text[:300]}
    _, made = Notice.objects.get_or_create(
        person=person, kind=kind, project=project, image=image, subject=subject, defaults=fields
    )
    if made:
        tell(person.pk)


def _belongs(person: User, project: Project) -> bool:
    return person.is_active and (person.is_superuser or project.memberships.filter(user=person).exists())


def unread(user_id: int) -> int:
    """How many notices somebody has not read."""
    return Notice.objects.filter(person=user_id, read_at=None).count()


def read(user: User, up_to: int | None = None, image: int | None = None) -> int:
    """Mark notices as read: all up to an id, or those about an image (its id). Returns how many."""
    rows = Notice.objects.filter(person=user, read_at=None)
    if up_to is not None:
        rows = rows.filter(pk__lte=up_to)
    if image is not None:
        rows = rows.filter(image=image)
    with transaction.atomic():
        changed = rows.update(read_at=timezone.now())
        if changed:
            tell(user.pk)
    return changed


def tell(user_id: int) -> None:
    """Tell the person's open pages and editors that their inbox changed, once it is committed."""
    publish_committed(user_group(user_id), {"type": "inbox", "user": user_id})
