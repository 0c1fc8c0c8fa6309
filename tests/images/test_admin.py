"""The admin pages of images and uploads work and change nothing that must stay."""

import io
from collections.abc import Callable

import pytest
from django.test import Client

from labeling.accounts.models import User
from labeling.images import services
from labeling.images.models import Image
from labeling.images.tasks import ingest as ingest_task
from labeling.projects.models import Project
from tests.conftest import picture_bytes

pytestmark = pytest.mark.django_db(transaction=True)


def test_lists_and_forms(project: Project, as_user: Callable[[User], Client]) -> None:
    root = User.objects.create_superuser("root")
    upload = services.start_upload(project, root)
    services.add_file(upload, "a.png", io.BytesIO(picture_bytes()))
    services.add_file(upload, "b.txt", io.BytesIO(b"hello"))
    ingest_task(upload.pk)
    client, image = as_user(root), Image.objects.get()
    for model, pk in (("image", image.pk), ("upload", upload.pk), ("uploaditem", upload.items.all()[0].pk)):
        assert client.get(f"/admin/images/{model}/?q=a").status_code == 200
        page = client.get(f"/admin/images/{model}/{pk}/change/")
        assert page.status_code == 200
        assert "a.png" in page.text
        assert client.get(f"/admin/images/{model}/add/").status_code == 403
    client.post(f"/admin/images/image/{image.pk}/delete/", {"post": "yes"})
    assert not Image.objects.exists()
