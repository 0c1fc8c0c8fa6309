"""Notices about assignment: people are told what they were given, who assigns that a lot is finished."""

from collections.abc import Mapping
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from labeling.accounts.models import User
from labeling.assignment.models import Lot, Slot
from labeling.inbox.models import Notice
from labeling.inbox.services import notify, tell
from labeling.projects.access import May, who_may
from labeling.projects.models import Membership, Project

TOGETHER = timedelta(minutes=10)
"""What somebody gives a person within this time is one notice, unless it was read or mailed meanwhile."""


@transaction.atomic
def given(project: Project, by: User, counts: Mapping[int, int]) -> None:
    """Tell people how many images were reserved for them. counts: by the person's id."""
    since = timezone.now() - TOGETHER
    for person in User.objects.filter(pk__in=[pk for pk, count in counts.items() if count]):
        own = Notice.objects.filter(person=person, kind=Notice.Kind.ASSIGNED, project=project, by=by)
        last = own.select_for_update().filter(read_at=None, mailed_at=None, at__gt=since).first()
        before = int(last.text.split()[0].replace(",", "")) if last else 0
        text = _images(before + counts[person.pk])
        if last is None:
            notify(person, Notice.Kind.ASSIGNED, project, by=by, text=text, subject=timezone.now().isoformat())
        else:
            own.filter(pk=last.pk).update(text=text)
            tell(person.pk)


def finished(image: int, by: User) -> None:
    """Tell who assigns in the project when the last image of the lot of `image` is finished; once a lot."""
    slots = Slot.objects.filter(kind=Slot.Kind.LABEL)
    lot = Lot.objects.select_related("project").filter(slots__in=slots.filter(image=image)).first()
    if lot is None or slots.filter(lot=lot).exclude(state=Slot.State.CLOSED).exists():
        return
    members = Membership.objects.filter(project=lot.project_id, role__in=who_may(May.ASSIGN))
    for one in members.select_related("user"):
        notify(one.user, Notice.Kind.LOT_FINISHED, lot.project, by=by, text=f"“{lot.name}”", subject=f"lot {lot.pk}")


def _images(count: int) -> str:
    return f"{count:,} image{'' if count == 1 else 's'}"
