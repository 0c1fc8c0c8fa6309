"""Suggestions of an image over JSON: look, accept, reject, ask for more."""

from typing import Any, cast

from django.http import HttpRequest
from pydantic import ValidationError

from labeling.accounts.models import User
from labeling.common.api import ApiError, Body, api, body, field_errors
from labeling.images.models import Image
from labeling.projects.access import EVERY_ROLE, LABELERS, MANAGERS, object_for, project_for
from labeling.suggestions import heads, runs, services, text
from labeling.suggestions.figures import share_untouched
from labeling.suggestions.models import Method
from labeling.suggestions.offers import offered, payload
from labeling.suggestions.specs import (
    AcceptSpec,
    ChoiceSpec,
    NewImageRun,
    OffersQuery,
    PhraseSpec,
    ProjectAcceptSpec,
    UidsSpec,
)

Answer = dict[str, Any] | tuple[int, dict[str, Any]]


def _user(request: HttpRequest) -> User:
    """Who asks; `@api` has refused the signed-out."""
    return cast(User, request.user)


@api("GET", "POST")
def suggestions(request: HttpRequest, image_id: int) -> Answer:
    """`/api/images/<id>/suggestions`: what is offered now, or have a method look at this image first of all."""
    allowed = EVERY_ROLE if request.method == "GET" else LABELERS
    image = object_for(request, Image.objects.select_related("project"), allowed, pk=image_id)
    if request.method == "GET":
        try:
            query = OffersQuery.model_validate(request.GET.dict())
        except ValidationError as error:
            raise ApiError(400, "bad_request", field_errors(error)) from error
        found = offered(image, [query.method] if query.method else [], query.above)
        shown = [payload(row) for row in found]
        return {"results": shown, "running": _running(image), "looked": runs.looks(image)}
    spec = body(request, NewImageRun)
    head = heads.for_project(image.project, spec.head) if spec.head else None
    run = runs.start(
        image.project, _user(request), Method(spec.method), head=head, images=[image],
        options=spec.options.model_dump(exclude_none=True), first=True,
    )  # fmt: skip
    return 202, runs.describe(run)


def _running(image: Image) -> list[str]:
    """Methods that are to look at the image, or do."""
    waiting = image.run_images.filter(state__in=runs.WAITING)
    return sorted(set(waiting.values_list("run__method", flat=True)))


@api("POST", takes=Body.MASKS)
def accept(request: HttpRequest, image_id: int) -> Answer:
    """`/api/images/<id>/suggestions/accept`: keep suggestions as annotations."""
    image = object_for(request, Image.objects.select_related("project"), LABELERS, pk=image_id)
    spec = body(request, AcceptSpec)
    if spec.all is not None:
        return services.accept_all(image, _user(request), spec.version, _choice(spec.all)).payload()
    wanted = [services.Wanted(one.uid, one.category, one.counts, one.clicks) for one in spec.suggestions or []]
    return services.accept(image, _user(request), spec.version, wanted).payload()


@api("POST")
def accept_in_project(request: HttpRequest, project_id: int) -> Answer:
    """`/api/projects/<id>/suggestions/accept`: keep all that fit a choice, some images a request."""
    project = project_for(request, project_id, MANAGERS)
    spec = body(request, ProjectAcceptSpec)
    return services.accept_in_project(project, _user(request), _choice(spec), spec.after)


def _choice(spec: ChoiceSpec) -> services.Choice:
    return services.Choice(spec.above, spec.category, tuple(spec.methods), spec.give)


@api("POST")
def reject(request: HttpRequest, image_id: int) -> Answer:
    """`/api/images/<id>/suggestions/reject`: these are no objects, and are not proposed again."""
    image = object_for(request, Image.objects.all(), LABELERS, pk=image_id)
    return {"rejected": services.reject(image, _user(request), body(request, UidsSpec).uids)}


@api("POST")
def reopen(request: HttpRequest, image_id: int) -> Answer:
    """`/api/images/<id>/suggestions/reopen`: take rejections back."""
    image = object_for(request, Image.objects.all(), LABELERS, pk=image_id)
    return {"reopened": services.reopen(image, body(request, UidsSpec).uids)}


@api("POST")
def phrase(request: HttpRequest, image_id: int) -> Answer:
    """`/api/images/<id>/text`: where on the image a phrase is."""
    image = object_for(request, Image.objects.select_related("project"), LABELERS, pk=image_id)
    return text.ask(image, _user(request), body(request, PhraseSpec).phrase)


@api("GET")
def figures(request: HttpRequest, project_id: int) -> Answer:
    """`/api/projects/<id>/suggestions/figures`: what people did with suggestions."""
    return share_untouched(project_for(request, project_id))
