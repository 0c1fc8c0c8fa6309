"""The projects page."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from labeling.accounts.models import User
from labeling.annotations.models import AnnotationSet
from labeling.features.models import Encoding
from labeling.images.models import Image
from labeling.projects.models import Membership, Project, Role
from labeling.projects.summary import project_cards
from labeling.projects.views import PROJECTS_PER_PAGE

AsUser = Callable[[User | None], Client]


def add_image(project: Project, state: str, status: str | None = None) -> Image:
    number = project.images.count()
    image = Image.objects.create(project=project, name=f"{number}.png", sha256=f"{number:064}", width=8, height=8)
    Encoding.objects.update_or_create(image=image, defaults={"state": state})
    if status:
        AnnotationSet.objects.create(image=image, status=status)
    return image


def test_only_own_projects_are_listed(project: Project, bob: User, charlie: User, as_user: AsUser) -> None:
    assert "Street" in as_user(bob).get("/").content.decode()
    page = as_user(charlie).get("/").content.decode()
    assert "Street" not in page
    assert "You are not in a project yet" in page


def test_a_superuser_sees_all(project: Project, as_user: AsUser) -> None:
    root = User.objects.create_superuser("root")
    assert "Street" in as_user(root).get("/").content.decode()


def test_a_card_counts_images(project: Project, bob: User) -> None:
    for state, status in [("ready", "done"), ("ready", "in_progress"), ("failed", None), ("queued", None)]:
        add_image(project, state, status)
    (card,) = project_cards([project], bob)
    assert (card.total, card.ready, card.failed, card.done, card.preparing) == (4, 2, 1, 1, 1)
    assert card.role == Role.ANNOTATOR
    assert card.thumbnails == [image.thumbnail_url for image in project.images.all()]


def test_the_page_shows_progress_and_role(project: Project, bob: User, as_user: AsUser) -> None:
    image = add_image(project, "ready", "done")
    page = as_user(bob).get("/").content.decode()
    assert "<b>1</b> of 1 done" in page
    assert "Annotator" in page
    assert image.thumbnail_url in page


def test_more_projects_make_no_more_queries_but_for_thumbnails(
    alice: User, project: Project, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    projects = [project]
    for number in range(5):
        projects.append(Project.objects.create(name=f"P{number}", created_by=alice))
    with django_assert_num_queries(2 + len(projects)):
        project_cards(projects, alice)


def test_many_projects_come_in_pages(alice: User, as_user: AsUser) -> None:
    for number in range(PROJECTS_PER_PAGE + 1):
        made = Project.objects.create(name=f"Number {number}", created_by=alice)
        Membership.objects.create(project=made, user=alice, role=Role.MANAGER)
    client = as_user(alice)
    first, second = (client.get("/", {"page": page}).content.decode() for page in (1, 2))
    assert f">Number {PROJECTS_PER_PAGE}<" in first
    assert ">Number 0<" not in first
    assert ">Number 0<" in second


@pytest.mark.parametrize("how", ["staff", "permission"])
def test_who_may_make_projects_is_told_how(alice: User, as_user: AsUser, how: str) -> None:
    page = as_user(alice).get("/").content.decode()
    assert "/projects/new" not in page
    if how == "staff":
        alice.is_staff = True
        alice.save()
    else:
        alice.user_permissions.add(Permission.objects.get(codename="add_project"))
    page = as_user(alice).get("/").content.decode()
    assert "Create your first project" in page
    assert "/projects/new" in page


def test_names_are_escaped(alice: User, as_user: AsUser) -> None:
    made = Project.objects.create(name="<script>alert(1)</script>", created_by=alice)
    Membership.objects.create(project=made, user=alice, role=Role.MANAGER)
    assert "<script>alert" not in as_user(alice).get("/").content.decode()
