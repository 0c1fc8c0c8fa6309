"""The OpenAPI document and the page that shows it, for everybody who is signed in."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from labeling.api.site import document
from labeling.web.api import ApiError


@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """`/api/schema.json`."""
    if not request.user.is_authenticated:
        return ApiError(401, "signed_out", "Sign in first.").response()
    return JsonResponse(document())


schema.login_required = False  # type: ignore[attr-defined]  # answers a program, not with the sign-in page


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """`/api/docs`: Swagger UI, whose files are this server's own."""
    return render(request, "api/docs.html")
