"""`GET /exports/<id>/download`."""

from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import RequestFactory

from labeling.accounts.models import User
from labeling.exchange import build, services, views
from labeling.exchange.models import Export
from labeling.images.views import StoredFileResponse
from labeling.projects.models import Project
from tests.exchange.conftest import AddImage, Keep, Zip, box


def made(project: Project, user: User, add_image: AddImage, keep: Keep) -> Export:
    keep(add_image(), box(1, 1, 4, 4))
    started = services.start(project, user, format="coco", options={})
    export = build.claim(started.pk)
    assert export is not None
    build.make(export)
    return export


def test_the_zip_comes_as_a_file(as_user: Any, rita: User, project: Project, add_image: AddImage, keep: Keep) -> None:
    export = made(project, rita, add_image, keep)
    answer = as_user(rita).get(f"/exports/{export.pk}/download")
    assert answer.status_code == 200
    assert answer["Content-Disposition"] == f'attachment; filename="street-coco-{export.pk}.zip"'
    assert "annotations/instances_train.json" in Zip(answer.getvalue()).names


@pytest.mark.django_db(transaction=True)
async def test_an_asgi_server_sends_it_in_parts(
    project: Project, rita: User, add_image: AddImage, keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A zip with all pictures may be larger than the server's memory."""
    monkeypatch.setattr(StoredFileResponse, "chunk_bytes", 100)
    export = await sync_to_async(made)(project, rita, add_image, keep)
    request = RequestFactory().get(f"/exports/{export.pk}/download")
    request.user = rita
    answer = await sync_to_async(views.download)(request, export.pk)
    assert isinstance(answer, StoredFileResponse)
    parts = [part async for part in answer]
    assert max(len(part) for part in parts) == 100
    assert "annotations/instances_train.json" in Zip(b"".join(parts)).names


def test_one_that_is_not_ready_or_lost_is_not_offered(
    as_user: Any, rita: User, project: Project, add_image: AddImage, keep: Keep
) -> None:
    waiting = Export.objects.create(project=project, format="coco", state="running")
    assert as_user(rita).get(f"/exports/{waiting.pk}/download").status_code == 404
    export = made(project, rita, add_image, keep)
    export.file.storage.delete(str(export.file.name))
    assert as_user(rita).get(f"/exports/{export.pk}/download").status_code == 404


def test_who_may(as_user: Any, alice: User, bob: User, charlie: User, project: Project) -> None:
    export = Export.objects.create(project=project, format="coco", state="ready")
    url = f"/exports/{export.pk}/download"
    signed_out = as_user(None).get(url)
    assert signed_out.status_code == 302
    assert signed_out["Location"].startswith("/sign-in")
    assert as_user(charlie).get(url).status_code == 404
    assert as_user(bob).get(url).status_code == 403
