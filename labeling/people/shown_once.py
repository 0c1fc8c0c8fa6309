"""Links that are shown once, on the page that follows: they are stored as hashes only."""

from dataclasses import asdict, dataclass

from django.http import HttpRequest

KEY = "people_link"


@dataclass(frozen=True)
class ShownLink:
    """A link to hand over; `what` says what it does."""

    link: str
    what: str


def show_next(request: HttpRequest, link: str, what: str) -> None:
    """Keep a link for the next page of this session."""
    request.session[KEY] = asdict(ShownLink(link, what))


def shown(request: HttpRequest) -> ShownLink | None:
    """The link to show, once."""
    kept = request.session.pop(KEY, None)
    return ShownLink(**kept) if kept else None
