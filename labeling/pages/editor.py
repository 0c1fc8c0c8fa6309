"""What the editor page starts with."""

from django.urls import reverse

from labeling.accounts.models import User
from labeling.features.models import Encoding
from labeling.images.models import Image
from labeling.images.pictures import about, is_deep
from labeling.images.services import pyramid
from labeling.pages.queue import UPCOMING, next_images
from labeling.pages.schemas import Boot, BootAddresses, BootImage, BootProject, BootUser, DeepData, Neighbour, Position
from labeling.projects.access import Standing
from labeling.projects.models import Project
from labeling.projects.schemas import AttributeData, CategoryData
from labeling.suggestions.heads import offered_methods


def editor_data(image: Image, user: User, standing: Standing) -> Boot:
    """Image, project, user, addresses and neighbours for the editor's page."""
    project = image.project
    listed = project.images.filter(Image.listed_for(user, standing.role))
    before, after = listed.filter(pk__lt=image.pk), listed.filter(pk__gt=image.pk)
    previous = before.order_by("-pk").values_list("pk", flat=True).first()
    following = after.order_by("pk").values_list("pk", flat=True).first()
    return Boot(
        image=_image(image),
        project=_project(project),
        user=BootUser(id=user.pk, name=user.shown_name, role=standing.role, keys=user.keys, **standing.abilities()),
        socket=f"/ws/images/{image.pk}/",
        api=_addresses(image),
        methods=offered_methods(project),
        position=_position(image, user, standing),
        previous=reverse("pages:editor", args=[previous]) if previous else None,
        following=reverse("pages:editor", args=[following]) if following else None,
        upcoming=_neighbours(next_images(project, user, standing, image.pk, UPCOMING)),
    )


def _position(image: Image, user: User, standing: Standing) -> Position:
    images = image.project.images.all()
    before = Image.count_listed(images.filter(pk__lt=image.pk), user, standing.role)
    return Position(index=before + 1, total=Image.count_listed(images, user, standing.role))


def _image(image: Image) -> BootImage:
    encoding: Encoding | None = getattr(image, "encoding", None)
    return BootImage(
        id=image.pk,
        name=image.name,
        about=about(image),
        width=image.width,
        height=image.height,
        view=image.view_url,
        blocks=pyramid(image),
        deep=_deep(image),
        state=Encoding.State(encoding.state) if encoding else Encoding.State.QUEUED,
    )


def _deep(image: Image) -> DeepData | None:
    if not is_deep(image):
        return None
    return DeepData(url=reverse("images:window", args=[image.pk]), window=image.source["window"])


def _project(project: Project) -> BootProject:
    return BootProject(
        id=project.pk,
        name=project.name,
        instructions=project.instructions,
        url=reverse("pages:project", args=[project.pk]),
        next=reverse("pages:next", args=[project.pk]),
        categories=[CategoryData.of(category) for category in project.categories.all()],
        attributes=[AttributeData.of(attribute) for attribute in project.attributes.all()],
        panoptic=project.panoptic,
    )


def _addresses(image: Image) -> BootAddresses:
    of_image, of_project = f"/api/images/{image.pk}", f"/api/projects/{image.project_id}"
    return BootAddresses(
        annotations=f"{of_image}/annotations",
        annotation="/api/annotations/",
        changes=f"{of_image}/changes",
        status=f"{of_image}/status",
        next=f"{of_project}/next",
        retry=f"{of_image}/encode",
        note=f"{of_image}/note",
        time=f"{of_image}/time",
        images=f"{of_project}/images",
        keys="/api/me/keys",
        suggestions=f"{of_image}/suggestions",
        text=f"{of_image}/text",
        history=reverse("history:image", args=[image.pk]),
    )


def _neighbours(ids: list[int]) -> list[Neighbour]:
    images = Image.objects.in_bulk(ids)
    return [
        Neighbour(id=pk, view=images[pk].view_url, editor=reverse("pages:editor", args=[pk]))
        for pk in ids
        if pk in images
    ]
