"""Review over JSON: turns, verdicts, threads and their comments, earlier versions, settings."""

from django.http import Http404, HttpRequest
from ninja import Status

from labeling.accounts.models import User
from labeling.accounts.services import user_of
from labeling.annotations.log import objects_at
from labeling.annotations.models import AnnotationSet
from labeling.annotations.schemas import Conflict
from labeling.annotations.sets import is_blind
from labeling.annotations.versions import REVIEWING, is_open
from labeling.assignment.models import Slot
from labeling.images.models import Image
from labeling.projects.access import May, Standing, object_for, project_for, require, require_one
from labeling.projects.models import Project
from labeling.review import queue, samples, services, threads
from labeling.review.models import Comment, ReviewSettings, Thread, Verdict
from labeling.review.schemas import (
    CommentData,
    Mentionable,
    NextToReview,
    NotInSample,
    OldObject,
    OldVersion,
    PersonData,
    ReviewData,
    ReviewSettingsData,
    SampleJudged,
    TakenBack,
    ThreadData,
    VerdictData,
    VerdictGiven,
)
from labeling.review.specs import (
    GiveVerdict,
    NewComment,
    NewThread,
    NextReview,
    ReviewSettingsSpec,
    SampleVerdict,
    StartReview,
    ThreadChange,
    VersionQuery,
)
from labeling.web.routes import Asked, Router, Sent

router = Router(tags=["review"])


def _image(request: HttpRequest, image_id: int, what: May = May.VIEW) -> Image:
    """An image whose labels the user may see. Raises: Http404 also for who labels it without sight of others."""
    image = object_for(request, Image.objects.select_related("project"), what, pk=image_id)
    if is_blind(image, user_of(request), require(request.user, image.project_id)):
        raise Http404("You label this image without sight of others, so it has no versions and comments for you.")
    return image


def _require_writer(request: HttpRequest, project_id: int) -> None:
    """Raises: PermissionDenied for who may neither label nor review, and in an archived project."""
    require_one(request.user, project_id, May.LABEL, May.REVIEW, doing="can comment")


def _thread(request: HttpRequest, thread_id: int) -> Thread:
    """A thread to be written in."""
    rows = Thread.objects.select_related("image__project")
    found = object_for(request, rows, project="image__project_id", pk=thread_id)
    _require_writer(request, found.image.project_id)
    if found.draft and found.author_id != user_of(request).pk:
        raise Http404("No such object, or you are not a member of its project.")
    _image(request, found.image_id)
    return found


@router.get("images/{id:image_id}/review")
def review(request: HttpRequest, image_id: int) -> ReviewData:
    """An image's review: whose turn it is, verdicts and threads."""
    image, user = object_for(request, Image.objects.select_related("project"), pk=image_id), user_of(request)
    return review_data(image, user, require(user, image.project_id))


def review_data(image: Image, user: User, standing: Standing) -> ReviewData:
    """The review of an image, as `user` sees it."""
    rules = ReviewSettings.of(image.project_id)
    sets = AnnotationSet.objects.select_related("opened_by", "finished_by")
    blind = is_blind(image, user, standing)
    kept = (
        sets.filter(image=image, author=user, kind="opinion").first() if blind else sets.filter(main_of=image).first()
    )
    held = kept is not None and kept.opened_for in REVIEWING and is_open(kept)
    mine = held and kept is not None and kept.opened_by_id == user.pk
    seen = threads.seen_by(image, user).prefetch_related("comments__author") if not blind else []
    waits = Slot.objects.filter(image=image, kind=Slot.Kind.REVIEW).exclude(state=Slot.State.CLOSED).exists()
    waits = waits and not blind
    data = ReviewData(
        enabled=rules.enabled,
        may_correct=rules.may_correct,
        status=AnnotationSet.Status(kept.status) if kept else AnnotationSet.Status.NEW,
        round=kept.round if kept else 0,
        mine=mine,
        correcting=mine and kept is not None and kept.opened_for == "correct",
        holder=kept.opened_by.shown_name if held and not mine and kept and kept.opened_by else None,
        own_work=kept is not None and services.own_work(kept, user),
        waits=waits,
        verdicts=[VerdictData.of(one) for one in kept.verdicts.select_related("by")] if kept else [],
        threads=[ThreadData.of(one, user) for one in seen],
    )
    if (
        kept
        and kept.finished_by
        and not (rules.blind and not standing.can(May.MANAGE) and kept.finished_by_id != user.pk)
    ):
        data.author = PersonData.of(kept.finished_by)
    data.worker = _worker(image)
    if rules.enabled and standing.can(May.REVIEW):
        open_ones = queue.waiting(image.project, user).filter(state=Slot.State.OPEN)
        data.waiting, data.on_the_way = open_ones.count(), queue.on_the_way(image.project)
    return data


def _worker(image: Image) -> PersonData | None:
    """Whose turn at labeling an image it is; nobody's where several people label it without sight of each other."""
    turns = Slot.objects.filter(image=image, kind__in=(Slot.Kind.FIX, Slot.Kind.LABEL), lot__folds=1)
    found = turns.exclude(state=Slot.State.CLOSED).select_related("held_by", "member").order_by("kind").first()
    return PersonData.of(found.held_by or found.member) if found else None


@router.get("projects/{id:project_id}/people")
def people(request: HttpRequest, project_id: int) -> Mentionable:
    """Whom a comment may name: the project's members."""
    project = project_for(request, project_id)
    rows = User.objects.filter(memberships__project=project, is_active=True).order_by("username")
    return Mentionable(people=[one for one in map(PersonData.of, rows) if one])


@router.post("images/{id:image_id}/review", response={200: ReviewData, 409: Conflict})
def start(request: HttpRequest, image_id: int, sent: Sent[StartReview]) -> ReviewData:
    """Take the turn at reviewing an image, or go on with it: it lasts ten minutes from the last call."""
    image, user = _image(request, image_id, May.REVIEW), user_of(request)
    services.start(image, user, correct=sent.read().correct)
    return review_data(image, user, require(user, image.project_id))


@router.delete("images/{id:image_id}/review")
def leave(request: HttpRequest, image_id: int) -> ReviewData:
    """Give the turn back without a verdict; drafts stay."""
    image, user = _image(request, image_id, May.REVIEW), user_of(request)
    services.leave(image, user)
    return review_data(image, user, require(user, image.project_id))


@router.post("images/{id:image_id}/verdict", response={200: VerdictGiven, 409: Conflict})
def verdict(request: HttpRequest, image_id: int, sent: Sent[GiveVerdict]) -> VerdictGiven:
    """Accept finished work, or send it back. Sent again, it changes nothing."""
    image, spec = _image(request, image_id, May.REVIEW), sent.read()
    said = services.Said(Verdict.Kind(spec.verdict), spec.version, spec.summary, spec.override)
    kept, given = services.judge(image, user_of(request), said)
    return VerdictGiven(
        version=kept.version, status=AnnotationSet.Status(kept.status), round=kept.round, verdict=VerdictData.of(given)
    )


@router.post("projects/{id:project_id}/review/next")
def next_to_review(request: HttpRequest, project_id: int, sent: Sent[NextReview]) -> NextToReview:
    """Take the turn at the next image that waits for review."""
    project, spec, user = project_for(request, project_id, May.REVIEW), sent.read(), user_of(request)
    image = queue.claim(project, user, spec.after)
    open_ones = queue.waiting(project, user).filter(state=Slot.State.OPEN)
    return NextToReview(image=image, waiting=open_ones.count(), on_the_way=queue.on_the_way(project))


@router.post("projects/{id:project_id}/review/sample")
def judge_sample(request: HttpRequest, project_id: int, sent: Sent[SampleVerdict]) -> SampleJudged:
    """Accept finished images that were not drawn for review, without a look at each, or draw them after all."""
    project, spec, user, following = project_for(request, project_id, May.REVIEW), sent.read(), user_of(request), None
    if spec.lot is not None:
        images, following = samples.page_of(project, spec.lot, spec.after)
    else:
        images = list(Image.objects.filter(project=project, pk__in=spec.images or []).select_related("project"))
    refused = samples.draw(project, images) if spec.draw else services.accept_by_sample(images, user)
    told = [NotInSample(image=image.pk, reason=why) for image, why in refused]
    return SampleJudged(done=len(images) - len(refused), refused=told, next=following)


@router.get("images/{id:image_id}/versions")
def version(request: HttpRequest, image_id: int, asked: Asked[VersionQuery]) -> OldVersion:
    """An image's labels as they were at a version."""
    image, wanted = _image(request, image_id), asked.read().version
    kept = AnnotationSet.objects.filter(main_of=image).first()
    objects = objects_at(kept, wanted) if kept else []
    names = OldObject.model_fields
    return OldVersion(
        version=wanted,
        annotations=[OldObject(**{name: one[name] for name in names if name in one}) for one in objects],
    )


@router.post("images/{id:image_id}/threads", response={201: ThreadData})
def begin(request: HttpRequest, image_id: int, sent: Sent[NewThread]) -> Status[ThreadData]:
    """Begin a thread. During a review it is a draft until the verdict."""
    image, user = _image(request, image_id), user_of(request)
    _require_writer(request, image.project_id)
    spec = sent.read()
    pin = threads.Pin(spec.x, spec.y, spec.object) if spec.x is not None and spec.y is not None else None
    return Status(201, ThreadData.of(threads.begin(image, user, spec.text, pin), user))


@router.patch("threads/{id:thread_id}")
def change_thread(request: HttpRequest, thread_id: int, sent: Sent[ThreadChange]) -> ThreadData:
    """Mark a thread as fixed, resolved or open again; or move one's own pin."""
    found, user, spec = _thread(request, thread_id), user_of(request), sent.read()
    if spec.x is not None and spec.y is not None:
        threads.move(found, user, threads.Pin(spec.x, spec.y, spec.object))
    if spec.state is not None:
        threads.set_state(found, user, spec.state)
    return ThreadData.of(found, user)


@router.delete("threads/{id:thread_id}")
def take_back(request: HttpRequest, thread_id: int) -> TakenBack:
    """Delete one's own draft."""
    threads.take_back(_thread(request, thread_id), user_of(request))
    return TakenBack(thread=thread_id)


@router.post("threads/{id:thread_id}/comments", response={201: CommentData})
def reply(request: HttpRequest, thread_id: int, sent: Sent[NewComment]) -> Status[CommentData]:
    """Answer in a thread."""
    found = _thread(request, thread_id)
    return Status(201, CommentData.of(threads.reply(found, user_of(request), sent.read().text)))


@router.put("comments/{id:comment_id}")
def edit(request: HttpRequest, comment_id: int, sent: Sent[NewComment]) -> CommentData:
    """Change one's own comment."""
    rows = Comment.objects.select_related("thread__image__project")
    found = object_for(request, rows, project="thread__image__project_id", pk=comment_id)
    _require_writer(request, found.thread.image.project_id)
    _image(request, found.thread.image_id)
    return CommentData.of(threads.edit(found, user_of(request), sent.read().text))


@router.get("projects/{id:project_id}/review/settings")
def settings(request: HttpRequest, project_id: int) -> ReviewSettingsData:
    """How a project reviews."""
    return _settings(project_for(request, project_id))


@router.patch("projects/{id:project_id}/review/settings")
def change_settings(request: HttpRequest, project_id: int, sent: Sent[ReviewSettingsSpec]) -> ReviewSettingsData:
    """Change how a project reviews; what is left out stays. Turned on, finished images begin to wait."""
    project = project_for(request, project_id, May.MANAGE)
    services.change_settings(project, sent.read().model_dump(exclude_none=True))
    return _settings(project)


def _settings(project: Project) -> ReviewSettingsData:
    found = ReviewSettings.of(project.pk)
    return ReviewSettingsData(**{name: getattr(found, name) for name in ReviewSettingsData.model_fields})
