"""The Django admin shows everything, changes nothing by itself, and can delete a whole project."""

from typing import Any

import pytest
from django.contrib.admin.sites import site
from django.db.models import RestrictedError
from django.test import Client

from labeling.accounts.models import User
from labeling.annotations.models import Annotation, AnnotationEvent, AnnotationSet
from labeling.projects.models import Category, Project

MODELS = [AnnotationSet, Annotation, AnnotationEvent]


@pytest.fixture
def client(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return client


@pytest.mark.parametrize("model", MODELS)
def test_lists_search_and_pages_work(model: Any, client: Client, keep: Any, bob: User) -> None:
    keep(bob)
    name = model._meta.model_name
    url = f"/admin/annotations/{name}/"
    assert client.get(url, {"q": "street"}).status_code == 200
    row = model.objects.get()
    page = client.get(f"{url}{row.pk}/change/")
    assert page.status_code == 200
    assert b'name="_save"' not in page.content


@pytest.mark.parametrize("model", MODELS)
def test_rows_are_not_written_past_the_versions(model: Any, client: Client, keep: Any, bob: User) -> None:
    keep(bob)
    url = f"/admin/annotations/{model._meta.model_name}/"
    row = model.objects.get()
    assert client.get(f"{url}add/").status_code == 403
    assert client.post(f"{url}{row.pk}/change/", {}).status_code == 403
    assert client.post(f"{url}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert model.objects.count() == 1
    assert site.is_registered(model)


def test_a_project_with_its_work_can_be_deleted(client: Client, project: Project, keep: Any, bob: User) -> None:
    keep(bob)
    answer = client.post(f"/admin/projects/project/{project.pk}/delete/", {"post": "yes"})
    assert answer.status_code == 302
    assert not Project.objects.exists()
    assert not AnnotationEvent.objects.exists()


def test_a_category_in_use_can_not_be_deleted(project: Project, keep: Any, bob: User) -> None:
    keep(bob)
    with pytest.raises(RestrictedError):
        Category.objects.get(project=project, number=1).delete()
