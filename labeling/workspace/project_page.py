"""What the project page starts with; `frontend/src/pages/project` reads it as `ProjectData`."""

from typing import Any

from django.db.models import Count, Q
from django.urls import reverse

from labeling.annotations.models import AnnotationSet
from labeling.features.models import Encoding
from labeling.projects.models import Project, Role
from labeling.workspace.gallery import images_page

EXPORTERS = frozenset({Role.MANAGER, Role.REVIEWER})

State = Encoding.State


def project_data(project: Project, role: Role) -> dict[str, Any]:
    """Numbers, the first page of the gallery, recent exports and addresses."""
    api = f"/api/projects/{project.pk}"
    return {
        "project": {"id": project.pk, "name": project.name, "role": role},
        "counts": counts(project),
        "images": images_page(project),
        "exports": [],
        "socket": f"/ws/projects/{project.pk}/",
        "api": {
            "images": reverse("workspace:api_images", args=[project.pk]),
            "uploads": f"{api}/uploads",
            "encode": f"{api}/encode",
            "exports": f"{api}/exports",
        },
    }


def counts(project: Project) -> dict[str, int]:
    """Images in total, in each state of encoding, and done."""
    numbers = project.images.aggregate(
        total=Count("pk"),
        now=Count("pk", filter=Q(encoding__state=State.ENCODING)),
        ready=Count("pk", filter=Q(encoding__state=State.READY)),
        failed=Count("pk", filter=Q(encoding__state=State.FAILED)),
        done=Count("pk", filter=Q(annotation_set__status=AnnotationSet.Status.DONE)),
    )
    encoding = numbers.pop("now")
    queued = numbers["total"] - encoding - numbers["ready"] - numbers["failed"]
    return {**numbers, "queued": queued, "encoding": encoding}


def format_choices() -> list[dict[str, Any]]:
    return []
