"""What the editor page starts with; `frontend/src/editor` reads it as `EditorData`."""

from typing import Any

from django.urls import reverse

from labeling.accounts.models import User
from labeling.features.models import Encoding
from labeling.images.models import Image
from labeling.images.pictures import is_deep
from labeling.images.services import pyramid
from labeling.projects.access import LABELERS
from labeling.projects.api import attribute_payload, category_payload
from labeling.projects.models import Role
from labeling.suggestions.heads import offered_methods
from labeling.workspace.queue import UPCOMING, next_images


def editor_data(image: Image, user: User, role: Role) -> dict[str, Any]:
    """Image, project, user, addresses and neighbours for the editor's page."""
    project = image.project
    before, after = project.images.filter(pk__lt=image.pk), project.images.filter(pk__gt=image.pk)
    previous = before.order_by("-pk").values_list("pk", flat=True).first()
    following = after.order_by("pk").values_list("pk", flat=True).first()
    encoding: Encoding | None = getattr(image, "encoding", None)
    return {
        "image": {
            "id": image.pk,
            "name": image.name,
            "width": image.width,
            "height": image.height,
            "view": image.view_url,
            "blocks": pyramid(image),
            "deep": _deep(image),
            "state": encoding.state if encoding else Encoding.State.QUEUED,
        },
        "project": {
            "id": project.pk,
            "name": project.name,
            "instructions": project.instructions,
            "url": reverse("workspace:project", args=[project.pk]),
            "next": reverse("workspace:next", args=[project.pk]),
            "categories": [category_payload(category) for category in project.categories.all()],
            "attributes": [attribute_payload(attribute) for attribute in project.attributes.all()],
            "panoptic": project.panoptic,
        },
        "user": {
            "id": user.pk,
            "name": user.shown_name,
            "role": role,
            "can_label": role in LABELERS,
            "keys": user.keys,
        },
        "socket": f"/ws/images/{image.pk}/",
        "api": {
            "annotations": f"/api/images/{image.pk}/annotations",
            "annotation": "/api/annotations/",
            "changes": f"/api/images/{image.pk}/changes",
            "status": f"/api/images/{image.pk}/status",
            "next": reverse("workspace:api_next", args=[project.pk]),
            "retry": f"/api/images/{image.pk}/encode",
            "note": f"/api/images/{image.pk}/note",
            "time": f"/api/images/{image.pk}/time",
            "images": reverse("workspace:api_images", args=[project.pk]),
            "keys": reverse("accounts:keys"),
            "suggestions": f"/api/images/{image.pk}/suggestions",
            "text": f"/api/images/{image.pk}/text",
        },
        "methods": offered_methods(project),
        "position": {"index": before.count() + 1, "total": project.images.count()},
        "previous": reverse("workspace:editor", args=[previous]) if previous else None,
        "following": reverse("workspace:editor", args=[following]) if following else None,
        "upcoming": _neighbours(next_images(project, user, role, image.pk, UPCOMING)),
    }


def _neighbours(ids: list[int]) -> list[dict[str, Any]]:
    images = Image.objects.in_bulk(ids)
    return [
        {"id": pk, "view": images[pk].view_url, "editor": reverse("workspace:editor", args=[pk])}
        for pk in ids
        if pk in images
    ]


def _deep(image: Image) -> dict[str, Any] | None:
    """Where to get other windows of an original with more than 8 bits, and which one the view has."""
    if not is_deep(image):
        return None
    return {"url": reverse("images:window", args=[image.pk]), "window": image.source["window"]}
