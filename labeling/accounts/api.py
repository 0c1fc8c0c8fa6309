"""What belongs to the signed-in person alone."""

from typing import Any, cast

from django.http import HttpRequest

from labeling.accounts.models import User
from labeling.accounts.specs import Keys
from labeling.common.api import api, body


@api("GET", "PUT")
def keys(request: HttpRequest) -> dict[str, Any]:
    """`/api/me/keys`: the editor's keys as the person wants them. What an action is called is the editor's business."""
    user = cast(User, request.user)
    if request.method == "PUT":
        user.keys = body(request, Keys).keys
        user.save(update_fields=["keys"])
    return {"keys": user.keys}
