"""JSON routes: django-ninja with this product's errors, limits and order of checks.

A route is one function with its types; the OpenAPI document (labeling/api) has it by itself:

>>> @router.post("images/{id:image_id}/note")
... def set_note(request: HttpRequest, image_id: int, sent: Sent[NewNote]) -> NoteAnswer:
...     \"\"\"Say something about an image; every member sees it.\"\"\"
...     image = object_for(request, Image.objects.all(), May.LABEL, pk=image_id)
...     return NoteAnswer(note=services.set_note(image, sent.read().text))

Checks come in this order: CSRF (403), method (405), sign-in (401), access (404, 403), then body and query (415, 400).
"""

import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Generic, TypeAlias, TypeVar, cast, get_args, get_origin, get_type_hints

import ninja
from django.db.models import TextChoices
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import Status
from ninja.constants import NOT_SET
from ninja.operation import Operation, PathView
from ninja.params.models import BodyModel, Param, QueryModel
from pydantic import BaseModel, Field, ValidationError, WithJsonSchema
from pydantic.json_schema import SkipJsonSchema

from labeling.web.api import ApiError, Body, Spec, field_errors, json_of

SpecT = TypeVar("SpecT", bound=Spec)
ViewT = TypeVar("ViewT", bound=Callable[..., Any])
T = TypeVar("T")


def _is_none(value: object) -> bool:
    return value is None


Omitted: TypeAlias = Annotated[T | SkipJsonSchema[None], Field(exclude_if=_is_none)]
"""The type of a field of an answer that is left out where it is None, which is its default."""

Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
"""A point in time, as `datetime.isoformat` writes it."""


def values_of(choices: type[TextChoices]) -> WithJsonSchema:
    """Writes the values of an enumeration out where it stands: the models have several that are called `State`."""
    return WithJsonSchema({"type": "string", "enum": list(choices.values)})


def multipart(required: list[str], **fields: dict[str, Any]) -> dict[str, Any]:
    """What the OpenAPI document says of a form with files (`openapi_extra`). fields: their JSON schemas."""
    form = {"type": "object", "properties": fields, "required": required}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": form}}}}


FILE: dict[str, Any] = {"type": "string", "format": "binary"}

_SIZES = [Body.SMALL, Body.MASKS, Body.UPLOAD]


class Answer(BaseModel):
    """What a route answers. Fields that are not given to it are left out of the JSON."""

    def plain(self) -> dict[str, Any]:
        """What its JSON says, for templates."""
        return self.model_dump(mode="json", exclude_unset=True)


class Sent(Generic[SpecT]):
    """A request's JSON body. A view reads it once access is granted: an outsider learns nothing from its errors."""

    def __init__(self, request: HttpRequest, spec: type[SpecT]) -> None:
        self._request, self._spec = request, spec

    def read(self) -> SpecT:
        """Raises: ApiError 400 that names each wrong field, 413, 415 for a body that is not JSON by its type."""
        return checked(self._spec, json_of(self._request))


class Asked(Generic[SpecT]):
    """A request's query, read like `Sent`; of a field that is given twice the last one counts."""

    def __init__(self, request: HttpRequest, spec: type[SpecT]) -> None:
        self._request, self._spec = request, spec

    def read(self) -> SpecT:
        """Raises: ApiError 400 that names each wrong field."""
        return checked(self._spec, self._request.GET.dict())


def checked(spec: type[SpecT], sent: Any) -> SpecT:
    """What was sent as `spec`. Raises: ApiError 400 that names each wrong field."""
    try:
        return spec.model_validate(sent)
    except ValidationError as error:
        raise ApiError(400, "bad_request", field_errors(error)) from error


class _SentModel(BodyModel):
    @classmethod
    def resolve(cls, request: HttpRequest, api: Any, path_params: Any) -> Any:
        return {name: Sent(request, cast(type[Spec], field.annotation)) for name, field in cls.model_fields.items()}


class _AskedModel(QueryModel):
    @classmethod
    def resolve(cls, request: HttpRequest, api: Any, path_params: Any) -> Any:
        return {name: Asked(request, cast(type[Spec], field.annotation)) for name, field in cls.model_fields.items()}


class _SentParam(Param):  # type: ignore[misc]
    _model = _SentModel

    @classmethod
    def _param_source(cls) -> str:
        return "body"


class _AskedParam(Param):  # type: ignore[misc]
    _model = _AskedModel

    @classmethod
    def _param_source(cls) -> str:
        return "query"


_PARAMS: dict[Any, type[Param]] = {Sent: _SentParam, Asked: _AskedParam}


def takes(kind: Body, before: Callable[..., Any] | None = None) -> Callable[[ViewT], ViewT]:
    """How large a body a view takes (labeling/web/gate.py). `before` is called with the request and the ids of the
    address before an upload is read, and raises Http404 or PermissionDenied."""

    def mark(view: ViewT) -> ViewT:
        vars(view).update(takes=kind, before_body=before)
        return view

    return mark


class JsonOperation(Operation):
    """One method of a route."""

    def __init__(self, path: str, methods: list[str], view_func: Callable[..., Any], **options: Any) -> None:
        hints = get_type_hints(view_func, include_extras=True)
        signature = inspect.signature(view_func)
        parameters = [_as_ninja_takes_it(one, hints) for one in signature.parameters.values()]
        vars(view_func)["__signature__"] = signature.replace(parameters=parameters)
        if options.get("response", NOT_SET) is NOT_SET:
            options["response"] = hints["return"]
        summary, _, rest = inspect.cleandoc(view_func.__doc__ or "").partition("\n")
        options["summary"] = options.get("summary") or summary
        super().__init__(path, methods, view_func, **options)
        self.description = options.get("description") or rest.strip()

    def run(self, request: HttpRequest, **ids: Any) -> HttpResponseBase:
        """The answer, also an error, has the headers that the view gave to its `HttpResponse` parameter."""
        told = HttpResponse()
        del told.headers["Content-Type"]
        try:
            refused = self._run_checks(request)
            if refused is not None:
                return refused
            values = self._get_values(request, ids, told)
            answer: HttpResponseBase = self._response(self.view_func(request, **values))
        except Exception as error:  # noqa: BLE001 - raises what is no answer
            answer = self.api.on_exception(request, error)
        for name, value in told.items():
            answer[name] = value
        return answer

    def _response(self, result: Status[Answer] | Status[None] | Answer) -> HttpResponse:
        """The answer as JSON. Its type was checked when it was made, and is the one that the document has."""
        if not isinstance(result, Status):
            result = Status(next(iter(self.response_models)), result)
        status, answer = result.status_code, result.value
        if answer is None:
            return HttpResponse(status=status)
        expected = self.response_models[status].model_fields["response"].annotation
        if type(answer) is not expected:
            raise TypeError(f"{self.view_func.__qualname__} answers {type(answer).__name__}, not {expected}")
        content = answer.model_dump_json(exclude_unset=True)
        return HttpResponse(content, status=status, content_type="application/json")


def _as_ninja_takes_it(parameter: inspect.Parameter, hints: Mapping[str, Any]) -> inspect.Parameter:
    annotation = hints.get(parameter.name, parameter.annotation)
    param = _PARAMS.get(get_origin(annotation))
    if param is not None:
        (spec,) = get_args(annotation)
        annotation = Annotated[spec, param(...)]
    return parameter.replace(annotation=annotation)


class Route(PathView):
    """An address with its methods."""

    def add_operation(
        self, path: str, methods: list[str], view_func: Callable[..., Any], **options: Any
    ) -> JsonOperation:
        operation = JsonOperation(path, methods, view_func, **options)
        self.operations.append(operation)
        return operation

    def clone(self) -> "Route":
        copy = Route()
        copy.operations = [one.clone() for one in self.operations]
        return copy

    def get_view(self) -> Callable[..., HttpResponseBase]:
        """The Django view, with what gate and middlewares want to know of it. Django checks its CSRF token."""

        def view(request: HttpRequest, **ids: Any) -> HttpResponseBase:
            operation = self._find_operation(request)
            return self._not_allowed() if operation is None else operation.run(request, **ids)

        marks = [vars(one.view_func) for one in self.operations]
        vars(view).update(
            is_api=True,
            login_required=False,  # for Django's redirecting middleware: an API answers 401 itself
            takes=max((one.get("takes", Body.SMALL) for one in marks), key=_SIZES.index),
            before_body=next((one["before_body"] for one in marks if one.get("before_body")), None),
        )
        return view

    def _not_allowed(self) -> HttpResponse:
        methods = [method for one in self.operations for method in one.methods]
        response = ApiError(405, "method_not_allowed", f"Use {' or '.join(methods)}.").response()
        response.headers["Allow"] = ", ".join(methods)
        return response


class Router(ninja.Router):
    """The JSON routes of an app. Its answers are what its views say they return."""

    def add_api_operation(self, path: str, methods: list[str], view_func: Callable[..., Any], **options: Any) -> None:
        self._check_not_frozen()
        route = self.path_operations.setdefault(path, Route())
        route.add_operation(path, methods, view_func, **options)
