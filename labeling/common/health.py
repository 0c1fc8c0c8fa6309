"""`GET /healthz`."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse


@login_not_required
def healthz(request: HttpRequest) -> JsonResponse:
    """Readiness of database, broker, worker and model."""
    return JsonResponse({})
