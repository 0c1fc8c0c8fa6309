"""Telling people, and what they have read."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from labeling.accounts.models import User
from labeling.annotations.sets import is_blind
from labeling.images.models import Image
from labeling.inbox.models import Notice
from labeling.projects.access import projects_of, standing_of
from labeling.projects.models import Project
from labeling.web.events import publish_committed, user_group

Kind = Notice.Kind


def notify(
    person: User | None, kind: Notice.Kind, project: Project, *, image: Image | None = None, by: User | None = None,
    text: str = "", subject: str = "",
) -> None:  # fmt: skip
    """Tell somebody something, once: the same notice again changes nothing. Nobody is told of their own acts.

    Called in the transaction of what it is about. A notice of a person who is no member of the project is not made, nor
    one about labels that they must not see: of an image that is hidden from them, or of which they have an opinion.
    """
    if person is None or (by is not None and by.pk == person.pk) or not _belongs(person, project):
        return
    if image is not None and not _sees(person, image):
        return
    fields = {"by": by, "text": text[:300]}
    _, made = Notice.objects.get_or_create(
        person=person, kind=kind, project=project, image=image, subject=subject, defaults=fields
    )
    if made:
        tell(person.pk)


def _belongs(person: User, project: Project) -> bool:
    return person.is_active and (person.is_superuser or project.memberships.filter(user=person).exists())


def _sees(person: User, image: Image) -> bool:
    """Whether the image's labels are for the person."""
    if image.golden and Image.out_of_sight(person).filter(pk=image.pk).exists():
        return False
    standing = standing_of(person, image.project_id)
    return standing is not None and not is_blind(image, person, standing)


def notices_of(user: User) -> QuerySet[Notice]:
    """What somebody is told: nothing of projects that they have left, nor of images that are hidden from them."""
    rows = Notice.objects.filter(person=user, project__in=projects_of(user))
    return rows.exclude(image__in=Image.out_of_sight(user).values("pk"))


def unread(user: User) -> int:
    """How many notices somebody has not read."""
    return notices_of(user).filter(read_at=None).count()


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
