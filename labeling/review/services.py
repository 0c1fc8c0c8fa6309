"""Reviewing: taking a turn at finished work, and the verdict.

A verdict is one transaction: lock the set, compare the version, change the status, log it, publish the drafts, end the
turn, open the next one, tell people. It names the version that the reviewer saw; sent again, it changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from labeling.accounts.models import User
from labeling.annotations import sets
from labeling.annotations.log import OBJECTS
from labeling.annotations.models import AnnotationEvent, AnnotationSet
from labeling.annotations.versions import REVIEWING, compare, is_open, now, record, tell
from labeling.assignment import turns
from labeling.assignment.lots import default_lot
from labeling.assignment.models import Slot, Touched
from labeling.audit.actions import Action
from labeling.audit.services import record as audit
from labeling.images.models import Image
from labeling.inbox.services import Kind as NoticeKind
from labeling.inbox.services import notify
from labeling.projects.access import May, may, who_may
from labeling.projects.models import Membership, Project
from labeling.review import draws, threads
from labeling.review.models import ReviewSettings, Thread, Verdict
from labeling.review.versions import authors_since
from labeling.web.api import ApiError
from labeling.web.events import labels_group, publish_committed

Kind = Verdict.Kind
Status = AnnotationSet.Status

ATTENTION = 3
"""From this round on managers are told that an image comes back again and again."""


def open_slot(kept: AnnotationSet, reviewer: User | None = None) -> Slot:
    """Let finished work wait for a reviewer: for `reviewer` where they had sent it back, else for any."""
    image = kept.image
    label = Slot.objects.filter(image=image, kind=Slot.Kind.LABEL).select_related("lot").first()
    lot = label.lot if label else default_lot(image.project_id)
    slot, _ = Slot.objects.get_or_create(
        image=image, kind=Slot.Kind.REVIEW, fold=0, state=Slot.State.OPEN,
        defaults={"lot": lot, "member": reviewer, "ready": True, "rank": label.rank if label else image.pk},
    )  # fmt: skip
    return slot


def own_work(kept: AnnotationSet, user: User) -> bool:
    """Whether the user changed objects since the image was accepted last, outside of a reviewer's turn; or corrected
    them in one, where a second reviewer is to look at that."""
    last = kept.verdicts.order_by("-version").first()
    if last is not None and last.kind == Kind.CORRECTED and last.by_id == user.pk and kept.status == Status.DONE:
        return True
    accepted = kept.verdicts.exclude(kind=Kind.SENT_BACK).order_by("-version").first()
    slots = Slot.objects.filter(image=kept.image_id, kind=Slot.Kind.REVIEW).values("pk")
    since = kept.events.filter(
        version__gt=accepted.version + 1 if accepted else 0, user=user, kind__in=OBJECTS, quiet=False
    )
    return since.filter(Q(slot=None) | ~Q(slot__in=slots)).exists()


def start(image: Image, user: User, *, correct: bool = False) -> AnnotationSet:
    """Take the turn at reviewing an image, or go on with it; with `correct` its labels may be changed meanwhile.

    Raises: ApiError 409 `not_done` where nothing is finished, `in_review` where somebody else reviews it, 403
    `no_corrections` where the project allows none.
    """
    settings = ReviewSettings.of(image.project_id)
    if correct and not settings.may_correct:
        raise ApiError(403, "no_corrections", "Reviewers may not change labels in this project. Send the image back.")
    with transaction.atomic():
        kept = _finished(image)
        _check_free(kept, user)
        slot = Slot.objects.select_for_update().filter(image=image, kind=Slot.Kind.REVIEW).exclude(
            state=Slot.State.CLOSED
        ).first() or open_slot(kept)  # fmt: skip
        moment = timezone.now()
        slot.state, slot.held_by, slot.held_until = Slot.State.HELD, user, moment + turns.HOLD
        slot.save(update_fields=["state", "held_by", "held_until"])
        held = Slot.objects.filter(turns.held_by(user), kind=Slot.Kind.REVIEW, lot__project=image.project_id)
        for other in held.exclude(pk=slot.pk).select_related("image"):
            leave(other.image, user)
        kept.opened_by, kept.opened_at, kept.opened_in = user, moment, slot.pk
        kept.opened_for = "correct" if correct else "review"
        kept.save(update_fields=["opened_by", "opened_at", "opened_in", "opened_for"])
        changed(image)
    return kept


def leave(image: Image, user: User) -> None:
    """Give a turn at reviewing back without a verdict."""
    with transaction.atomic():
        AnnotationSet.objects.filter(main_of=image, opened_by=user, opened_for__in=REVIEWING).update(
            opened_by=None, opened_at=None, opened_for="", opened_in=None
        )
        mine = Slot.objects.filter(image=image, kind=Slot.Kind.REVIEW, held_by=user, state=Slot.State.HELD)
        mine.update(state=Slot.State.OPEN, **turns.FREE)
        changed(image)


@dataclass(frozen=True)
class Said:
    """A verdict as its giver sends it."""

    kind: Verdict.Kind
    version: int
    summary: str = ""
    override: str = ""


def judge(image: Image, user: User, said: Said) -> tuple[AnnotationSet, Verdict]:
    """Accept finished work or send it back; accepted work may be sent back, too.

    Returns: the set with the version that the verdict made, and the verdict.
    Raises: ApiError 400 `no_reason` for sending back without a word; 403 `own_work`; 409 `not_done`, `in_review`,
    `conflict`.
    """
    with transaction.atomic():
        kept = sets.locked_main(image.pk)
        given = kept.verdicts.filter(version=said.version, by=user).first()
        if given is not None and _same(given.kind, said.kind):
            kept.version = given.version + 1
            return kept, given
        _check(kept, user, said)
        compare(kept, said.version)
        verdict = _write(kept, user, said)
        published = threads.publish_drafts(image, user)
        _next_turn(kept, user, verdict)
        _notices(kept, verdict, published)
        tell(kept, user)
        changed(image)
        return kept, verdict


def _same(given: str, wanted: str) -> bool:
    return given == wanted or {given, wanted} == {Kind.ACCEPTED, Kind.CORRECTED}


def _check(kept: AnnotationSet, user: User, said: Said) -> None:
    allowed = (Status.DONE, Status.ACCEPTED) if said.kind == Kind.SENT_BACK else (Status.DONE,)
    if kept.status not in allowed:
        raise ApiError(409, "not_done", _WHY_NOT[Status(kept.status)], **now(kept))
    _check_free(kept, user)
    if own_work(kept, user):
        manages = may(user, kept.image.project_id, May.MANAGE)
        if not manages or not said.override.strip():
            text = "You labeled this image yourself, so somebody else has to review it."
            more = " If nobody else can, say why you judge it yourself." if manages else ""
            raise ApiError(403, "own_work", text + more)
    if said.kind == Kind.SENT_BACK and not said.summary.strip() and not threads.open_ones(kept.image, user).exists():
        raise ApiError(400, "no_reason", "summary: say what has to change, or pin a comment to the picture.")


_WHY_NOT = {
    Status.NEW: "Nobody has labeled this image yet.",
    Status.IN_PROGRESS: "This image is being labeled. It can be reviewed once it is finished.",
    Status.SENT_BACK: "This image was sent back. It can be reviewed once it is fixed.",
    Status.ACCEPTED: "This image is accepted already.",
    Status.SKIPPED: "This image is skipped.",
    Status.DONE: "",
}


def _check_free(kept: AnnotationSet, user: User) -> None:
    """Raises: ApiError 409 `in_review` when somebody else is at it."""
    if kept.opened_by_id not in (None, user.pk) and kept.opened_for in REVIEWING and is_open(kept):
        name = kept.opened_by.shown_name if kept.opened_by else "Somebody"
        raise ApiError(409, "in_review", f"{name} is reviewing this image. Go on with another one.", **now(kept))


def _finished(image: Image) -> AnnotationSet:
    kept = sets.locked_main(image.pk)
    if kept.status not in (Status.DONE, Status.ACCEPTED):
        raise ApiError(409, "not_done", _WHY_NOT[Status(kept.status)], **now(kept))
    return kept


def _write(kept: AnnotationSet, user: User, said: Said) -> Verdict:
    corrected = said.kind == Kind.ACCEPTED and user.pk in _corrected_by(kept)
    kind = Kind.CORRECTED if corrected else said.kind
    verdict = Verdict.objects.create(
        set=kept, kind=kind, version=kept.version, round=kept.round, by=user, author=kept.finished_by,
        summary=said.summary.strip(), override=said.override.strip(),
    )  # fmt: skip
    was = {"status": kept.status}
    second = corrected and ReviewSettings.of(kept.image.project_id).strict
    if said.kind == Kind.SENT_BACK:
        kept.status = Status.SENT_BACK
    elif not second:
        kept.status = Status.ACCEPTED
    after = {"status": kept.status, "verdict": kind, "summary": verdict.summary}
    record(kept, user, AnnotationEvent.Kind.VERDICT, was, after)
    if said.kind == Kind.SENT_BACK:
        kept.round += 1
    kept.opened_by, kept.opened_at, kept.opened_for, kept.opened_in = None, None, "", None
    kept.save(update_fields=["round", "opened_by", "opened_at", "opened_for", "opened_in"])
    return verdict


def _corrected_by(kept: AnnotationSet) -> set[int]:
    """Who changed objects since the image was finished: reviewers, as anybody else would have taken it up again."""
    done = kept.events.filter(kind=AnnotationEvent.Kind.STATUS, after__status="done").order_by("-version").first()
    return authors_since(kept, done.version) if done else set()


def _next_turn(kept: AnnotationSet, user: User, verdict: Verdict) -> None:
    image = kept.image
    turns.close(image, kept, (Slot.Kind.REVIEW,))
    if kept.status == Status.DONE:  # a second reviewer looks at what the first one corrected
        Touched.objects.get_or_create(image=image, user=user)
        open_slot(kept)
    elif verdict.kind == Kind.SENT_BACK:
        turns.close(image, kept)
        label = Slot.objects.filter(image=image, kind=Slot.Kind.LABEL).first()
        lot = label.lot_id if label else default_lot(image.project_id).pk
        author = verdict.author if verdict.author and _fixes(verdict.author, image) else None
        Slot.objects.create(
            lot_id=lot, image=image, kind=Slot.Kind.FIX, member=author, ready=True, rank=image.pk
        )  # fmt: skip


def _fixes(user: User, image: Image) -> bool:
    """Whether somebody may label here, and changes the image's labels by that, not an opinion of their own."""
    return may(user, image.project_id, May.LABEL) and sets.opinion_of(image, user) is None


def _notices(kept: AnnotationSet, verdict: Verdict, published: Sequence[Thread]) -> None:
    image, project = kept.image, kept.image.project
    if verdict.kind == Kind.SENT_BACK:
        text = verdict.summary or f"{len(published)} comments on the picture"
        notify(
            verdict.author, NoticeKind.SENT_BACK, project, image=image, by=verdict.by, text=text,
            subject=f"round {kept.round}",
        )  # fmt: skip
        if kept.round >= ATTENTION:
            text = f"{image.name} was sent back {kept.round} times."
            for one in Membership.objects.filter(project=project, role__in=who_may(May.MANAGE)).select_related("user"):
                notify(
                    one.user, NoticeKind.ATTENTION, project, image=image, by=verdict.by, text=text,
                    subject=f"round {kept.round}",
                )  # fmt: skip
    elif verdict.kind == Kind.CORRECTED:
        notify(
            verdict.author, NoticeKind.CORRECTED, project, image=image, by=verdict.by, text=verdict.summary,
            subject=f"version {verdict.version}",
        )  # fmt: skip
    threads.notify_published(image, published)


def changed(image: Image) -> None:
    """Tell open editors that an image's review (its turn, verdicts or threads) changed, once that is committed."""
    publish_committed(labels_group(image.pk), {"type": "review", "image": image.pk})


def accept_by_sample(images: Sequence[Image], user: User) -> list[tuple[Image, str]]:
    """Accept finished images of which others of their lot were drawn and judged; each for itself.

    Returns: the images that were not accepted, with the reason.
    """
    refused: list[tuple[Image, str]] = []
    for image in images:
        kept = AnnotationSet.objects.filter(main_of=image).first()
        try:
            if kept is None or kept.draws.filter(round=kept.round, drawn=True).exists():
                raise ApiError(409, "drawn", "This image was drawn for review. Review it.")
            judge(image, user, Said(Kind.SAMPLE, kept.version))
        except ApiError as error:
            refused.append((image, error.message))
    if len(images) > len(refused):
        accepted = len(images) - len(refused)
        audit(Action.SAMPLE_ACCEPTED, by=user, project=images[0].project, images=accepted)
    return refused


def change_settings(project: Project, given: dict[str, Any]) -> None:
    """Change how a project reviews. Turned on, what is finished already waits for review; turned off, nothing does."""
    with transaction.atomic():
        before = ReviewSettings.of(project.pk).enabled
        rules, _ = ReviewSettings.objects.update_or_create(project=project, defaults=given)
        audit(Action.SETTINGS_CHANGED, project=project, part="review", **given)
        if rules.enabled == before:
            return
        waits = Slot.objects.filter(lot__project=project, kind=Slot.Kind.REVIEW).exclude(state=Slot.State.CLOSED)
        waits.update(state=Slot.State.CLOSED, closed_at=timezone.now(), **turns.FREE)
        if not rules.enabled:
            return
        done = AnnotationSet.objects.filter(main_of__project=project, status=Status.DONE)
        for kept in done.select_related("image", "finished_by").iterator(chunk_size=500):
            if draws.is_drawn(kept, kept.finished_by, rules):
                open_slot(kept)
