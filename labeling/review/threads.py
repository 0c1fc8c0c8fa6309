"""Threads of comments on an image. They never raise the version of its labels: a comment must not stop a save."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from labeling.accounts.models import User
from labeling.annotations.models import AnnotationSet
from labeling.annotations.versions import REVIEWING
from labeling.images.models import Image
from labeling.inbox.services import Kind as NoticeKind
from labeling.inbox.services import notify
from labeling.projects.access import May, may
from labeling.review.models import Comment, Thread
from labeling.review.signals import comments_published
from labeling.web.api import ApiError
from labeling.web.events import labels_group, publish_committed

MOST = 200
"""Threads of an image."""

MENTION = re.compile(r"(?<![\w@])@([\w.@+-]{1,150})")
State = Thread.State


@dataclass(frozen=True)
class Pin:
    """Where a thread is: at a point of the view in pixels, or at a point of an object's box."""

    x: float
    y: float
    object: UUID | None = None


def seen_by(image: Image, user: User) -> QuerySet[Thread]:
    """The threads of an image that the user sees: all but others' drafts."""
    return Thread.objects.filter(Q(draft=False) | Q(author=user), image=image)


def open_ones(image: Image, user: User) -> QuerySet[Thread]:
    """The open threads that the user sees."""
    return seen_by(image, user).filter(state=State.OPEN)


def begin(image: Image, user: User, text: str, pin: Pin | None = None) -> Thread:
    """Begin a thread. What a reviewer says during a review is a draft until the verdict.

    Raises: ApiError 400 for a point outside of the picture, 409 `too_many`.
    """
    if pin is not None:
        _check_inside(image, pin)
    with transaction.atomic():
        Image.objects.select_for_update(no_key=True).get(pk=image.pk)
        last = image.threads.aggregate(last=Max("number"))["last"] or 0
        if image.threads.count() >= MOST:
            raise ApiError(409, "too_many", f"An image has at most {MOST} threads. Resolve them by editing the labels.")
        kept = AnnotationSet.objects.filter(main_of=image).first()
        draft = _drafts(kept, user)
        thread = Thread.objects.create(
            image=image, number=last + 1, author=user, draft=draft, round=kept.round if kept else 0,
            x=pin.x if pin else None, y=pin.y if pin else None, object=pin.object if pin else None,
        )  # fmt: skip
        comment = Comment.objects.create(thread=thread, author=user, text=text.strip(), draft=draft)
        if not draft:
            _notify(comment)
        changed(image)
    return thread


def _drafts(kept: AnnotationSet | None, user: User) -> bool:
    return kept is not None and kept.opened_by_id == user.pk and kept.opened_for in REVIEWING


def reply(thread: Thread, user: User, text: str) -> Comment:
    """Answer in a thread. A reviewer's answer during a review is a draft, too."""
    with transaction.atomic():
        kept = AnnotationSet.objects.filter(main_of=thread.image_id).first()
        draft = thread.draft or _drafts(kept, user)
        comment = Comment.objects.create(thread=thread, author=user, text=text.strip(), draft=draft)
        if not draft:
            _notify(comment)
        changed(thread.image)
    return comment


def set_state(thread: Thread, user: User, state: str) -> Thread:
    """Mark a thread as fixed (who labels), resolved (who reviews) or open again (either).

    Raises: ApiError 403 for resolving by somebody who may not review.
    """
    may_resolve = may(user, thread.image.project_id, May.REVIEW)
    if state == State.RESOLVED and not may_resolve and thread.author_id != user.pk:
        raise ApiError(403, "forbidden", "Only reviewers resolve threads. Mark it as fixed.")
    with transaction.atomic():
        Thread.objects.filter(pk=thread.pk).update(state=state, state_by=user)
        changed(thread.image)
    thread.state, thread.state_by = State(state), user
    return thread


def move(thread: Thread, user: User, pin: Pin) -> None:
    """Move one's own pin. Raises: ApiError 400 for a point outside of the picture, 403."""
    if thread.author_id != user.pk:
        raise ApiError(403, "forbidden", "Only who set a pin can move it.")
    _check_inside(thread.image, pin)
    thread.x, thread.y, thread.object = pin.x, pin.y, pin.object
    with transaction.atomic():
        Thread.objects.filter(pk=thread.pk).update(x=pin.x, y=pin.y, object=pin.object)
        changed(thread.image)


def _check_inside(image: Image, pin: Pin) -> None:
    if pin.object is None and not (0 <= pin.x <= image.width and 0 <= pin.y <= image.height):
        raise ApiError(400, "bad_request", f"x, y: the point is outside of the picture ({image.width}×{image.height}).")


def edit(comment: Comment, user: User, text: str) -> Comment:
    """Change one's own comment. Raises: ApiError 403."""
    if comment.author_id != user.pk:
        raise ApiError(403, "forbidden", "Only who wrote a comment can change it.")
    comment.text, comment.changed_at = text.strip(), None if comment.draft else timezone.now()
    comment.save(update_fields=["text", "changed_at"])
    changed(comment.thread.image)
    return comment


def take_back(thread: Thread, user: User) -> None:
    """Delete one's own draft. What others have read stays. Raises: ApiError 409."""
    if not thread.draft or thread.author_id != user.pk:
        raise ApiError(409, "published", "Others may have read this thread, so it can't be deleted. Resolve it.")
    image = thread.image
    thread.delete()
    changed(image)


def publish_drafts(image: Image, user: User) -> list[Thread]:
    """Show the reviewer's drafts to everybody; returns the threads in which something new is seen."""
    comments = Comment.objects.filter(thread__image=image, author=user, draft=True)
    published = list(comments)
    ids = {comment.thread_id for comment in published}
    Comment.objects.filter(pk__in=[comment.pk for comment in published]).update(draft=False)
    Thread.objects.filter(pk__in=ids, draft=True).update(draft=False)
    comments_published.send(sender=Comment, image=image, comments=published)
    return list(Thread.objects.filter(pk__in=ids).prefetch_related("comments__author"))


def notify_published(image: Image, published: Sequence[Thread]) -> None:
    """Tell people of what a verdict published: answers and mentions; the author is told of the verdict itself."""
    for thread in published:
        last = thread.comments.last()
        if last is not None:
            _notify(last)


def _notify(comment: Comment) -> None:
    thread, image, writer = comment.thread, comment.thread.image, comment.author
    if writer is None:
        return
    named = MENTION.findall(comment.text)
    mentioned = {*named, *(one.rstrip(".-+") for one in named)}  # a sentence may end after a name
    told = {writer.pk}
    members = User.objects.filter(memberships__project=image.project_id, is_active=True)
    for person in members.filter(username__in=mentioned):
        told.add(person.pk)
        notify(
            person, NoticeKind.MENTION, image.project, image=image, by=writer, text=comment.text,
            subject=f"comment {comment.pk}",
        )  # fmt: skip
    earlier = thread.comments.filter(pk__lt=comment.pk, draft=False).values("author")
    for person in members.filter(pk__in=earlier).exclude(pk__in=told).distinct():
        notify(
            person, NoticeKind.REPLY, image.project, image=image, by=writer, text=comment.text,
            subject=f"comment {comment.pk}",
        )  # fmt: skip


def changed(image: Image) -> None:
    """Tell open editors that an image's threads changed, once that is committed."""
    publish_committed(labels_group(image.pk), {"type": "review", "image": image.pk})
