"""The images of a project as the project page shows them, page by page."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.urls import reverse

from labeling.annotations.models import Annotation, AnnotationSet
from labeling.features.models import Encoding
from labeling.images.models import Image
from labeling.projects.models import Project

PAGE = 60
"""Images in a page of the gallery, unless the client asks for another number."""

State = Encoding.State

FILTERS: dict[str, Q] = {
    "all": Q(),
    "todo": Q(annotation_set__isnull=True) | ~Q(annotation_set__status=AnnotationSet.Status.DONE),
    "preparing": Q(encoding__isnull=True) | Q(encoding__state__in=[State.QUEUED, State.ENCODING]),
    "failed": Q(encoding__state=State.FAILED),
    "done": Q(annotation_set__status=AnnotationSet.Status.DONE),
}


def images_page(project: Project, *, after: int = 0, limit: int = PAGE, which: str = "all") -> dict[str, Any]:
    """`{results, next}`: images with ids above `after`; `next` is the next page's `after`, None at the end."""
    images = Image.objects.filter(FILTERS[which], project=project, pk__gt=after).order_by("pk")
    found = list(_with_states(images)[: limit + 1])
    shown = found[:limit]
    return {"results": payloads(shown), "next": shown[-1].pk if len(found) > limit else None}


def _with_states(images: QuerySet[Image]) -> QuerySet[Image]:
    return images.select_related("encoding", "annotation_set").defer("source")


def payloads(images: Sequence[Image]) -> list[dict[str, Any]]:
    """Each image with its states and the number of kept objects (one query for all)."""
    counted = Annotation.objects.filter(set__image__in=images).values_list("set__image_id").annotate(Count("pk"))
    objects = dict(counted.order_by())
    return [_payload(image, objects.get(image.pk, 0)) for image in images]


def _payload(image: Image, objects: int) -> dict[str, Any]:
    encoding: Encoding | None = getattr(image, "encoding", None)
    kept: AnnotationSet | None = getattr(image, "annotation_set", None)
    return {
        "id": image.pk,
        "name": image.name,
        "width": image.width,
        "height": image.height,
        "thumbnail": image.thumbnail_url,
        "editor": reverse("workspace:editor", args=[image.pk]),
        "state": encoding.state if encoding else State.QUEUED,
        "reason": encoding.reason if encoding and encoding.state == State.FAILED else "",
        "status": kept.status if kept else AnnotationSet.Status.NEW,
        "objects": objects,
    }
