"""The Django admin on our own models."""

import pytest
from django.test import Client

from labeling.accounts.models import FailedSignIn, User
from labeling.projects.models import Project

LISTS = [
    "/admin/",
    "/admin/accounts/user/",
    "/admin/accounts/failedsignin/",
    "/admin/projects/project/",
    "/admin/projects/category/",
    "/admin/projects/membership/",
]


@pytest.fixture
def root(project: Project, client: Client) -> Client:
    FailedSignIn.objects.create(username="eve", address="10.0.0.1")
    client.force_login(User.objects.create_superuser("root", password="correct horse battery"))
    return client


@pytest.mark.parametrize("url", LISTS)
def test_lists_open(root: Client, url: str) -> None:
    assert root.get(url).status_code == 200


@pytest.mark.parametrize("url", LISTS[1:])
def test_search_works(root: Client, url: str) -> None:
    assert root.get(url, {"q": "ali"}).status_code == 200


def test_change_pages_open(root: Client, project: Project, alice: User) -> None:
    category, membership = project.categories.first(), project.memberships.first()
    assert category is not None
    assert membership is not None
    for url in (
        f"/admin/projects/project/{project.pk}/change/",
        f"/admin/projects/category/{category.pk}/change/",
        f"/admin/projects/membership/{membership.pk}/change/",
        f"/admin/accounts/user/{alice.pk}/change/",
    ):
        assert root.get(url).status_code == 200


def test_members_of_a_project_stay_out(alice: User, client: Client) -> None:
    client.force_login(alice)
    assert client.get("/admin/").status_code == 302
