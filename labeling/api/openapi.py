"""The OpenAPI document: every JSON route and every message of the two sockets, from the same types that check them."""

from typing import Any

from django.conf import settings
from ninja.openapi.schema import REF_TEMPLATE, OpenAPISchema
from ninja.operation import Operation
from ninja.schema import NinjaGenerateJsonSchema
from pydantic import TypeAdapter, ValidationError
from pydantic.json_schema import JsonSchemaMode

from labeling.live import messages
from labeling.live.progress_messages import ProgressMessage, ProgressPing
from labeling.pages.schemas import ProjectPage
from labeling.web.errors import ErrorAnswer

SOCKETS: list[tuple[str, Any, JsonSchemaMode, str]] = [
    ("ClickClientMessage", messages.CLIENT_MESSAGE, "validation", "What a client says on `/ws/images/{image_id}/`."),
    ("ClickServerMessage", messages.SERVER_MESSAGE, "serialization", "What it is told there."),
    (
        "ProgressClientMessage",
        TypeAdapter(ProgressPing),
        "validation",
        "What a client says on `/ws/projects/{project_id}/`.",
    ),
    ("ProgressMessage", TypeAdapter(ProgressMessage), "serialization", "What it is told there."),
]
"""Messages of docs/reference/protocol.md: name, type, direction and description."""

PAGES: list[tuple[str, Any]] = [("ProjectPage", ProjectPage)]
"""What pages start with and no route answers."""

SAFE = {"GET", "HEAD", "OPTIONS"}
"""Methods that change nothing and need no CSRF token."""

ERRORS = {
    "BadRequest": "The body, the query or a value in it is wrong; `field` or the message names it.",
    "SignedOut": "Nobody is signed in, or the session is over.",
    "Forbidden": "The person's role in the project is too small; or, with the code `csrf`, the token is missing.",
    "NotFound": "There is no such object, or the person is no member of its project.",
    "TooLarge": "The body is larger, or has more values, than the route takes; `limit` says how much that is.",
    "NotJson": "The body is no JSON by its Content-Type, or not UTF-8.",
    "Other": "Any other error. 409: something changed meanwhile; 429: too often; 503 and 507: the server can't, "
    "nothing was saved, and `Retry-After` says when to try again.",
}


class Document(OpenAPISchema):
    """The document as a dict that JSON can be made of."""

    def operation_details(self, operation: Operation) -> dict[str, Any]:
        details: dict[str, Any] = _without_titles(super().operation_details(operation))
        writes = not SAFE.issuperset(operation.methods)
        details["security"] = [{"session": [], "csrf": []} if writes else {"session": []}]
        details["responses"] = self._errors(operation, "requestBody" in details) | details["responses"]
        for model in operation.models:
            if model.__ninja_param_source__ == "body":
                details["requestBody"]["required"] = _is_needed(model)
        return details

    def _errors(self, operation: Operation, has_body: bool) -> dict[Any, Any]:
        found: dict[Any, str] = {401: "SignedOut"}
        if has_body or any(model.__ninja_param_source__ == "query" for model in operation.models):
            found |= {400: "BadRequest"}
        if has_body:
            found |= {413: "TooLarge", 415: "NotJson"}
        if "{" in operation.path:
            found |= {403: "Forbidden", 404: "NotFound"}
        elif not SAFE.issuperset(operation.methods):
            found |= {403: "Forbidden"}
        references = {status: {"$ref": f"#/components/responses/{found[status]}"} for status in sorted(found)}
        return references | {"default": {"$ref": "#/components/responses/Other"}}

    def get_components(self) -> dict[str, Any]:
        for name, adapter, mode, description in SOCKETS:
            self._add(name, adapter, mode, description)
        for name, model in PAGES:
            self._add(name, TypeAdapter(model), "serialization")
        self._add("ErrorAnswer", TypeAdapter(ErrorAnswer), "serialization")
        self.schemas = _without_titles(self.schemas)
        content = {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorAnswer"}}}
        return {
            "schemas": dict(sorted(self.schemas.items())),
            "responses": {name: {"description": text, "content": content} for name, text in ERRORS.items()},
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME},
                "csrf": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "X-CSRFToken",
                    "description": f"The value of the cookie `{settings.CSRF_COOKIE_NAME}`: for every method but GET.",
                },
            },
        }

    def _add(self, name: str, adapter: TypeAdapter[Any], mode: JsonSchemaMode, description: str = "") -> None:
        schema = adapter.json_schema(ref_template=REF_TEMPLATE, mode=mode, schema_generator=NinjaGenerateJsonSchema)
        found = schema.pop("$defs", {})
        if mode == "serialization":
            found = {name: _always_there(one) for name, one in found.items()}
            schema = _always_there(schema)
        self.add_schema_definitions(found)
        if description:
            schema = {"description": description} | schema
        self.add_schema_definitions({name: schema})

    def add_schema_definitions(self, definitions: dict[str, Any]) -> None:
        """Raises: ValueError for two types of one name."""
        for name, schema in definitions.items():
            if self.schemas.setdefault(name, schema) != schema:
                raise ValueError(f"two types of the API are called {name}; rename one")


def _always_there(schema: dict[str, Any]) -> dict[str, Any]:
    """A message's type in which fields with a default are required: the server says them always, but for those whose
    default is None (which stands in no schema)."""
    given = [name for name, field in schema.get("properties", {}).items() if "default" in field]
    if not given:
        return schema
    properties = {
        name: {key: value for key, value in field.items() if key != "default"}
        for name, field in schema["properties"].items()
    }
    return {**schema, "properties": properties, "required": [*given, *schema.get("required", [])]}


def _without_titles(value: Any) -> Any:
    """Schemas without pydantic's titles, which say a field's name again."""
    if isinstance(value, dict):
        kept = {key: one for key, one in value.items() if key != "title" or not isinstance(one, str)}
        return {key: _without_titles(one) for key, one in kept.items()}
    return [_without_titles(one) for one in value] if isinstance(value, list) else value


def _is_needed(model: Any) -> bool:
    """Whether a request has to have a body: not when all of its fields may be left out."""
    (field,) = model.model_fields.values()
    try:
        field.annotation.model_validate({})
    except ValidationError:
        return True
    return False
