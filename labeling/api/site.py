"""Every JSON route, one router an app."""

from functools import cache
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError
from ninja.operation import Operation
from ninja.security.base import AuthBase

from labeling.accounts import api as accounts
from labeling.annotations import api as annotations
from labeling.api.openapi import Document
from labeling.assignment import api as assignment
from labeling.exchange import api as exchange
from labeling.features import api as features
from labeling.history import api as history
from labeling.images import api as images
from labeling.inbox import api as inbox
from labeling.pages import api as pages
from labeling.people import api as people
from labeling.projects import api as projects
from labeling.projects.access import Shut
from labeling.quality import api as quality
from labeling.review import api as review
from labeling.sources import api as sources
from labeling.suggestions import api as suggestions
from labeling.suggestions import manage_api as suggestions_of_project
from labeling.web.api import ApiError

VERSION = "1"
"""Fields are added within a version; what is taken away or means something else makes a new one."""

APPS = (
    accounts, projects, people, images, sources, features, annotations, inbox, assignment, review, suggestions,
    suggestions_of_project, quality, history, exchange, pages,
)  # fmt: skip
"""Modules with a `router`."""

DESCRIPTION = """The JSON routes of this server, for its own pages and for scripts. docs/reference/api.md says how to
begin. A session's cookie says who asks; every change needs the CSRF token, too. Fields may be added to answers at any
time; a request with a field that is not known is refused."""


class Session(AuthBase):
    """Somebody who is signed in, by the session's cookie."""

    openapi_type = "apiKey"
    openapi_in = "cookie"

    def __init__(self) -> None:
        self.openapi_name = settings.SESSION_COOKIE_NAME
        super().__init__()

    def __call__(self, request: HttpRequest) -> Any:
        return request.user if request.user.is_authenticated else None


class JsonApi(NinjaAPI):
    """django-ninja with errors as `{"error": {"code", "message", …}}`."""

    def on_exception(self, request: HttpRequest, exc: Any) -> HttpResponse:
        """The answer for an error that is one; any other is for the middlewares (labeling/web/trouble.py)."""
        match exc:
            case ApiError():
                return exc.response()
            case AuthenticationError():
                return ApiError(401, "signed_out", "Sign in first.").response()
            case Http404():
                return ApiError(404, "not_found", str(exc) or "Not found.").response()
            case PermissionDenied():
                code = exc.code if isinstance(exc, Shut) else "forbidden"
                return ApiError(403, code, str(exc) or "You may not do this.").response()
        raise exc

    def get_openapi_operation_id(self, operation: Operation) -> str:
        app = operation.view_func.__module__.split(".")[1]
        return f"{app}_{operation.view_func.__name__}"

    def get_root_path(self, path_params: dict[str, Any]) -> str:
        return "/api/"

    def routes(self) -> list[Any]:
        """Django's URL patterns, without ninja's own pages."""
        return [one for bound in self._get_bound_routers() for one in bound.urls_paths(bound.prefix)]


api = JsonApi(title="Interlabel", version=VERSION, description=DESCRIPTION, auth=Session(), urls_namespace="api")
for _app in APPS:
    api.add_router("", _app.router)


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document."""
    told = {app.router.tags[0]: (app.__doc__ or "").split("\n")[0] for app in reversed(APPS) if app.router.tags}
    return {**Document(api, "/api/"), "tags": [{"name": name, "description": told[name]} for name in sorted(told)]}
