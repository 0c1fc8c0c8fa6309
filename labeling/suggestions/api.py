"""Suggestions of an image over JSON: look, accept, reject, ask for more."""

from django.http import HttpRequest
from ninja import Status

from labeling.accounts.services import user_of
from labeling.annotations.schemas import Conflict
from labeling.annotations.sets import opinion_of
from labeling.images.models import Image
from labeling.projects.access import May, object_for, project_for
from labeling.suggestions import heads, runs, services, text
from labeling.suggestions.open_suggestions import offered
from labeling.suggestions.schemas import (
    AcceptedData,
    AcceptedInProject,
    Offered,
    PhraseFound,
    Rejected,
    Reopened,
    RunData,
    Statistics,
    SuggestionData,
)
from labeling.suggestions.specs import (
    AcceptSpec,
    ChoiceSpec,
    NewImageRun,
    OffersQuery,
    PhraseSpec,
    ProjectAcceptSpec,
    UidsSpec,
)
from labeling.suggestions.statistics import share_untouched
from labeling.web.api import ApiError, Body
from labeling.web.routes import Asked, Router, Sent, takes

router = Router(tags=["suggestions"])


def _image(request: HttpRequest, image_id: int, what: May = May.LABEL) -> Image:
    """The image, for somebody who may. Raises: ApiError 409 `blind` for one that they label without sight of others."""
    image = object_for(request, Image.objects.select_related("project"), what, pk=image_id)
    if what != May.VIEW and opinion_of(image, user_of(request)):
        raise ApiError(409, "blind", BLIND)
    return image


BLIND = (
    "Several people label this image without sight of each other, so it has no suggestions: they would show what "
    "others kept. Click the objects instead."
)


@router.get("images/{id:image_id}/suggestions")
def suggestions(request: HttpRequest, image_id: int, asked: Asked[OffersQuery]) -> Offered:
    """What is offered on an image now."""
    image, query = _image(request, image_id, May.VIEW), asked.read()
    if opinion_of(image, user_of(request)):
        return Offered(results=[], running=[], looked=[])
    found = offered(image, [query.method] if query.method else [], query.above)
    return Offered(results=[SuggestionData.of(row) for row in found], running=_running(image), looked=runs.looks(image))


def _running(image: Image) -> list[str]:
    """Methods that are to look at the image, or do."""
    waiting = image.run_images.filter(state__in=runs.WAITING)
    return sorted(set(waiting.values_list("run__method", flat=True)))


@router.post("images/{id:image_id}/suggestions", response={202: RunData})
def look(request: HttpRequest, image_id: int, sent: Sent[NewImageRun]) -> Status[RunData]:
    """Have a method look at this image, before all others."""
    image, spec = _image(request, image_id), sent.read()
    head = heads.for_project(image.project, spec.head) if spec.head else None
    run = runs.start(
        image.project, user_of(request), spec.method, head=head, images=[image],
        options=spec.options.model_dump(exclude_none=True), first=True,
    )  # fmt: skip
    return Status(202, runs.describe(run))


@router.post("images/{id:image_id}/suggestions/accept", response={200: AcceptedData, 409: Conflict})
@takes(Body.MASKS)
def accept(request: HttpRequest, image_id: int, sent: Sent[AcceptSpec]) -> AcceptedData:
    """Keep suggestions as annotations: these ones, or all that fit a choice."""
    image, spec = _image(request, image_id), sent.read()
    if spec.all is not None:
        return services.accept_all(image, user_of(request), spec.version, _choice(spec.all)).answer()
    wanted = [services.Wanted(one.uid, one.category, one.counts, one.clicks) for one in spec.suggestions or []]
    return services.accept(image, user_of(request), spec.version, wanted).answer()


@router.post("projects/{id:project_id}/suggestions/accept")
def accept_in_project(request: HttpRequest, project_id: int, sent: Sent[ProjectAcceptSpec]) -> AcceptedInProject:
    """Keep all suggestions that fit a choice, some images a request. Managers only."""
    project, spec = project_for(request, project_id, May.MANAGE), sent.read()
    return services.accept_in_project(project, user_of(request), _choice(spec), spec.after)


def _choice(spec: ChoiceSpec) -> services.Choice:
    return services.Choice(spec.above, spec.category, tuple(spec.methods), spec.give)


@router.post("images/{id:image_id}/suggestions/reject")
def reject(request: HttpRequest, image_id: int, sent: Sent[UidsSpec]) -> Rejected:
    """Say that suggestions are no objects: they are not proposed again."""
    image = _image(request, image_id)
    return Rejected(rejected=services.reject(image, user_of(request), sent.read().uids))


@router.post("images/{id:image_id}/suggestions/reopen")
def reopen(request: HttpRequest, image_id: int, sent: Sent[UidsSpec]) -> Reopened:
    """Take rejections back."""
    image = _image(request, image_id)
    return Reopened(reopened=services.reopen(image, sent.read().uids))


@router.post("images/{id:image_id}/text")
def phrase(request: HttpRequest, image_id: int, sent: Sent[PhraseSpec]) -> PhraseFound:
    """Find what a phrase means on an image."""
    image = _image(request, image_id)
    return text.ask(image, user_of(request), sent.read().phrase)


@router.get("projects/{id:project_id}/suggestions/figures")
def figures(request: HttpRequest, project_id: int) -> Statistics:
    """What people did with the suggestions of a project."""
    return share_untouched(project_for(request, project_id))
