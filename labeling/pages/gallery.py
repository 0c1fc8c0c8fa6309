"""The images of a project as the project page shows them, page by page."""

from collections.abc import Sequence

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from labeling.accounts.models import User
from labeling.annotations.models import ENDED, FINISHED, Annotation, AnnotationEvent, AnnotationSet
from labeling.features.models import Encoding
from labeling.images.models import Image
from labeling.pages.schemas import ImageData, ImagesPage
from labeling.projects.models import Project, Role

PAGE = 60
"""Images in a page of the gallery, unless the client asks for another number."""

NOTE_LENGTH = 200
"""Characters of a note that a list of images shows."""

State = Encoding.State

FILTERS: dict[str, Q] = {
    "all": Q(),
    "todo": Q(annotation_set__isnull=True) | ~Q(annotation_set__status__in=ENDED),
    "preparing": Q(encoding__isnull=True) | Q(encoding__state__in=[State.QUEUED, State.ENCODING]),
    "failed": Q(encoding__state=State.FAILED),
    "done": Q(annotation_set__status__in=FINISHED),
    "accepted": Q(annotation_set__status=AnnotationSet.Status.ACCEPTED),
    "sent_back": Q(annotation_set__status=AnnotationSet.Status.SENT_BACK),
    "skipped": Q(annotation_set__status=AnnotationSet.Status.SKIPPED),
    "unlabeled": ~Q(Exists(Annotation.objects.filter(set__main_of=OuterRef("pk")))),
    "noted": ~Q(annotation_set__note="") & Q(annotation_set__isnull=False),
}


def images_page(
    project: Project, role: Role, *, after: int = 0, limit: int = PAGE, which: str = "all",
    category: int | None = None, user: User | None = None,
) -> ImagesPage:  # fmt: skip
    """Images with ids above `after`.

    `role` is that of who asks, `user` who that is, for *mine*. `category`: only images with an object of that class.
    """
    images = _chosen(project, role, which, category, user).filter(pk__gt=after).order_by("pk")
    found = list(_with_states(images)[: limit + 1])
    shown = found[:limit]
    return ImagesPage(results=payloads(shown), next=shown[-1].pk if len(found) > limit else None)


def images_before(
    project: Project, role: Role, *, before: int, limit: int = PAGE, which: str = "all",
    category: int | None = None, user: User | None = None,
) -> ImagesPage:  # fmt: skip
    """The images right before `before`, in the usual order."""
    images = _chosen(project, role, which, category, user).filter(pk__lt=before).order_by("-pk")
    found = list(_with_states(images)[: limit + 1])
    shown = found[:limit][::-1]
    return ImagesPage(results=payloads(shown), previous=shown[0].pk if len(found) > limit else None)


def _chosen(project: Project, role: Role, which: str, category: int | None, user: User | None) -> QuerySet[Image]:
    images = Image.objects.filter(Image.listed_for(role), project=project)
    if which == "mine":  # what somebody did there, were it only taking back
        images = images.filter(Exists(AnnotationEvent.objects.filter(set__image=OuterRef("pk"), user=user)))
    else:
        images = images.filter(FILTERS[which])
    if category is not None:
        of_class = Annotation.objects.filter(set__main_of=OuterRef("pk"), category__number=category)
        images = images.filter(Exists(of_class))
    return images


def _with_states(images: QuerySet[Image]) -> QuerySet[Image]:
    return images.select_related("encoding", "annotation_set").defer("source")


def payloads(images: Sequence[Image]) -> list[ImageData]:
    """Each image with its states and the number of kept objects (one query for all)."""
    counted = Annotation.objects.filter(set__main_of__in=images).values_list("set__main_of").annotate(Count("pk"))
    objects = dict(counted.order_by())
    return [_payload(image, objects.get(image.pk, 0)) for image in images]


def _payload(image: Image, objects: int) -> ImageData:
    encoding: Encoding | None = getattr(image, "encoding", None)
    kept: AnnotationSet | None = getattr(image, "annotation_set", None)
    return ImageData(
        id=image.pk,
        name=image.name,
        width=image.width,
        height=image.height,
        thumbnail=image.thumbnail_url,
        editor=reverse("pages:editor", args=[image.pk]),
        state=State(encoding.state) if encoding else State.QUEUED,
        reason=encoding.reason if encoding and encoding.state == State.FAILED else "",
        status=AnnotationSet.Status(kept.status) if kept else AnnotationSet.Status.NEW,
        objects=objects,
        skipped=kept.reason if kept else "",
        note=_short(kept.note) if kept else "",
    )


def _short(note: str) -> str:
    return note if len(note) <= NOTE_LENGTH else note[: NOTE_LENGTH - 1].rstrip() + "…"


def image_named(project: Project, role: Role, wanted: str) -> Image | None:
    """The image at a place of the project (from 1), or the first one of a name: the whole name first, then its
    beginning, then a part of it. Upper and lower case are the same."""
    wanted = wanted.strip()
    images = Image.objects.filter(Image.listed_for(role), project=project).order_by("pk")
    ways = [Q(name__iexact=wanted), Q(name__istartswith=wanted), Q(name__icontains=wanted)]
    if wanted.isdecimal() and len(wanted) < 10 and int(wanted) > 0:
        at = int(wanted) - 1
        found = images[at : at + 1].first()
        if found is not None:
            return found
    return next((found for way in ways if (found := images.filter(way).first())), None)
