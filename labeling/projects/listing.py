"""Which projects the list shows, in which order: searching, filters, sorting. All of it is in the address."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Count, F, Max, Q, QuerySet
from django.db.models.functions import Coalesce, Greatest, Lower
from django.http import QueryDict

from labeling.accounts.models import User
from labeling.projects.access import May, bin_of, projects_of, who_may
from labeling.projects.models import Membership, Project

SHOWS = {"active": "Active", "mine": "I manage", "archived": "Archived", "bin": "Bin"}
SORTS = {"newest": "Newest first", "activity": "Last activity", "todo": "Most to do", "name": "Name"}
ENDED = ("done", "accepted", "skipped")
"""Statuses of images that nobody has to label any more."""

LONGEST = 200


@dataclass(frozen=True)
class Asked:
    """What the list is asked for. What it does not know is as if it had not been asked."""

    show: str = "active"
    sort: str = "newest"
    text: str = ""

    @classmethod
    def of(cls, query: QueryDict) -> "Asked":
        show, sort = query.get("show", ""), query.get("sort", "")
        return cls(
            show=show if show in SHOWS else "active",
            sort=sort if sort in SORTS else "newest",
            text=" ".join(query.get("q", "").split())[:LONGEST],
        )

    def address(self, **other: str) -> str:
        """The query of an address with something else asked for."""
        asked = {"show": self.show, "sort": self.sort, "q": self.text} | other
        shipped = {"show": "active", "sort": "newest", "q": ""}
        return "?" + urlencode({name: value for name, value in asked.items() if value != shipped.get(name)})


def listed(user: User, asked: Asked) -> QuerySet[Project]:
    """The projects that are asked for."""
    found = _shown(user, asked.show)
    for word in asked.text.split():
        found = found.filter(Q(name__icontains=word) | Q(instructions__icontains=word))
    return _sorted(found, asked.sort)


def totals(user: User) -> dict[str, int]:
    """How many projects each filter shows."""
    return {show: _shown(user, show).count() for show in SHOWS}


def _shown(user: User, show: str) -> QuerySet[Project]:
    if show == "bin":
        return bin_of(user)
    found = projects_of(user)
    if show == "archived":
        return found.exclude(archived_at=None)
    found = found.filter(archived_at=None)
    if show == "mine":
        own = Membership.objects.filter(user=user, role__in=who_may(May.MANAGE))
        return found.filter(pk__in=own.values("project"))
    return found


def _sorted(found: QuerySet[Project], sort: str) -> QuerySet[Project]:
    if sort == "name":
        return found.order_by(Lower("name"), "pk")
    if sort == "activity":
        return found.annotate(activity=last_activity()).order_by("-activity", "-pk")
    if sort == "todo":
        return found.annotate(waiting=waiting()).order_by("-waiting", "-pk")
    return found.order_by("-created_at", "-pk")


def waiting() -> Count:
    """Images that are still to be labeled."""
    return Count("images", filter=~Q(images__annotation_set__status__in=ENDED) | Q(images__annotation_set=None))


def last_activity() -> Greatest:
    """When something was last labeled or added."""
    labeled, added = Max("images__annotation_set__changed_at"), Max("images__created_at")
    return Greatest(F("created_at"), Coalesce(labeled, F("created_at")), Coalesce(added, F("created_at")))
