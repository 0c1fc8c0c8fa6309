"""Answers of the inbox's API."""

from typing import Annotated, Literal

from labeling.inbox.models import Notice
from labeling.web.events import News
from labeling.web.routes import Answer, Moment, values_of

NoticeName = Annotated[Notice.Kind, values_of(Notice.Kind)]


class NoticeData(Answer):
    """Something that the signed-in person is told; `url` leads there."""

    id: int
    kind: NoticeName
    project: int
    project_name: str
    image: int | None
    image_name: str
    by: str | None
    text: str
    at: Moment
    read: bool
    url: str


class Inbox(Answer):
    """The newest notices, how many are unread, and what to ask for next; null: no more."""

    unread: int
    results: list[NoticeData]
    next: int | None


class InboxNews(News):
    """A person's inbox changed: load it again."""

    type: Literal["inbox"] = "inbox"
    user: int
