"""History over JSON."""

from django.http import HttpRequest

from labeling.accounts.services import user_of
from labeling.annotations.schemas import Conflict, OverlapError
from labeling.history import services
from labeling.history.schemas import ActivityList, Restored
from labeling.history.services import Page
from labeling.history.showing import data_of
from labeling.history.specs import ActivityPage, HistoryPage, Restoring
from labeling.images.models import Image
from labeling.projects.access import May, Standing, object_for, require
from labeling.web.routes import Asked, Router, Sent

router = Router(tags=["history"])


@router.get("images/{id:image_id}/history")
def history(request: HttpRequest, image_id: int, asked: Asked[HistoryPage]) -> ActivityList:
    """What happened to an image, the newest first. Who has an opinion of it gets that one's history."""
    image = object_for(request, Image.objects.all(), pk=image_id)
    standing, user = require(request.user, image.project_id), user_of(request)
    page = services.of_image(image, user, standing, asked.read().before)
    return _list(request, image.project_id, standing, page)


@router.post("images/{id:image_id}/restore", response={200: Restored, 409: Conflict, 422: OverlapError})
def restore(request: HttpRequest, image_id: int, sent: Sent[Restoring]) -> Restored:
    """Make an image's objects what they were at an earlier version, by a new version: nothing is lost."""
    image = object_for(request, Image.objects.all(), May.LABEL, pk=image_id)
    spec = sent.read()
    version, objects = services.restore(image, user_of(request), version=spec.version, to=spec.to)
    return Restored(version=version, objects=objects)


@router.get("projects/{id:project_id}/activity")
def activity(request: HttpRequest, project_id: int, asked: Asked[ActivityPage]) -> ActivityList:
    """What happened in a project, the newest first; of one person or kind if wanted."""
    standing, spec = require(request.user, project_id), asked.read()
    page = services.of_project(
        project_id, user_of(request), standing, person=spec.person, kind=spec.kind, before=spec.before
    )
    return _list(request, project_id, standing, page)


def _list(request: HttpRequest, project_id: int, standing: Standing, page: Page) -> ActivityList:
    user, hidden = user_of(request), services.hides_authors(project_id, standing)
    return ActivityList(results=[data_of(one, user, hidden) for one in page.activities], before=page.before)
