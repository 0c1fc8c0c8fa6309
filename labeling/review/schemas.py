"""Answers of the review's API."""

from typing import Annotated
from uuid import UUID

from labeling.accounts.models import User
from labeling.annotations.schemas import Box, ClickData, StatusName
from labeling.review.models import Comment, Thread, Verdict
from labeling.web.routes import Answer, Moment, Omitted, values_of

VerdictName = Annotated[Verdict.Kind, values_of(Verdict.Kind)]
ThreadStateName = Annotated[Thread.State, values_of(Thread.State)]


class PersonData(Answer):
    """A person beside what they said or did."""

    id: int
    name: str
    username: str
    initials: str
    hue: int

    @classmethod
    def of(cls, user: User | None) -> "PersonData | None":
        if user is None:
            return None
        return cls(
            id=user.pk, name=user.shown_name, username=user.username, initials=user.initials, hue=user.hue
        )  # fmt: skip


class CommentData(Answer):
    """Something that somebody said; a draft is seen by its author alone."""

    id: int
    author: PersonData | None
    text: str
    draft: bool
    at: Moment
    changed: bool

    @classmethod
    def of(cls, comment: Comment) -> "CommentData":
        return cls(
            id=comment.pk, author=PersonData.of(comment.author), text=comment.text, draft=comment.draft,
            at=comment.at.isoformat(), changed=comment.changed_at is not None,
        )  # fmt: skip


class ThreadData(Answer):
    """A conversation about an image. `x` and `y` are pixels of the view, or of an object's box from its corner."""

    id: int
    number: int
    state: ThreadStateName
    draft: bool
    x: float | None
    y: float | None
    object: UUID | None
    round: int
    comments: list[CommentData]

    @classmethod
    def of(cls, thread: Thread, user: User) -> "ThreadData":
        seen = [one for one in thread.comments.all() if not one.draft or one.author_id == user.pk]
        return cls(
            id=thread.pk, number=thread.number, state=Thread.State(thread.state), draft=thread.draft, x=thread.x,
            y=thread.y, object=thread.object, round=thread.round, comments=[CommentData.of(one) for one in seen],
        )  # fmt: skip


class VerdictData(Answer):
    """What a reviewer said of a version."""

    kind: VerdictName
    version: int
    round: int
    by: PersonData | None
    summary: str
    at: Moment

    @classmethod
    def of(cls, verdict: Verdict) -> "VerdictData":
        return cls(
            kind=Verdict.Kind(verdict.kind), version=verdict.version, round=verdict.round,
            by=PersonData.of(verdict.by), summary=verdict.summary, at=verdict.at.isoformat(),
        )  # fmt: skip


class ReviewData(Answer):
    """An image's review, as the signed-in person sees it.

    `enabled`: the project reviews finished images. `mine`: it is their turn, and `correcting`, too, whether they may
    change labels meanwhile. `holder`: whose turn it is else. `own_work`: they labeled it, so others judge it. `author`:
    who finished it; left out where reviewers are not to know. `worker`: whose turn at labeling or fixing it is, or for
    whom that is reserved. `waiting` and `on_the_way`, for reviewers: how many images of the project wait for them, and
    how many are still labeled or fixed.
    """

    enabled: bool
    may_correct: bool
    status: StatusName
    round: int
    mine: bool
    correcting: bool
    holder: str | None
    own_work: bool
    waits: bool
    author: Omitted[PersonData] = None
    worker: Omitted[PersonData] = None
    waiting: Omitted[int] = None
    on_the_way: Omitted[int] = None
    verdicts: list[VerdictData]
    threads: list[ThreadData]


class Mentionable(Answer):
    """Members of a project, to be named in comments."""

    people: list[PersonData]


class VerdictGiven(Answer):
    """The verdict, the version that it made, and how far the image is now."""

    version: int
    status: StatusName
    round: int
    verdict: VerdictData


class NextToReview(Answer):
    """The next image to review; null: nothing waits. `waiting` counts those that do, `on_the_way` what is still being
    labeled or fixed."""

    image: int | None
    waiting: int
    on_the_way: int


class OldObject(Answer):
    """An object as it was at an earlier version."""

    uid: UUID
    category: int
    counts: str
    bbox: Box
    area: int
    clicks: list[ClickData]
    z: int
    attributes: dict[str, bool | int | float | str | None]


class OldVersion(Answer):
    """An image's labels as they were at a version."""

    version: int
    annotations: list[OldObject]


class ReviewSettingsData(Answer):
    """How a project reviews finished images."""

    enabled: bool
    rate: int
    newcomers: int
    may_correct: bool
    strict: bool
    blind: bool


class NotInSample(Answer):
    """An image that was neither accepted nor drawn, and why."""

    image: int
    reason: str


class SampleJudged(Answer):
    """How many images were accepted without a look at each, or drawn for review; where the next request goes on."""

    done: int
    refused: list[NotInSample]
    next: int | None


class TakenBack(Answer):
    """The thread that was deleted."""

    thread: int
