"""The projects page."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from labeling.accounts.models import User
from labeling.annotations.models import AnnotationSet
from labeling.features.models import Encoding
from labeling.images.models import Image
from labeling.projects import life
from labeling.projects.models import Membership, Project, Role
from labeling.projects.summary import project_cards
from labeling.projects.views import PROJECTS_PER_PAGE

AsUser = Callable[[User | None], Client]
QUERIES = 31
"""Of the page at most: session, person, four filters, the page of projects, its cards, what waits for the person."""


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
    assert (card.tally.total, card.tally.ready, card.tally.failed, card.tally.done, card.tally.preparing) == (
        4,
        2,
        1,
        1,
        1,
    )
    assert card.role == Role.ANNOTATOR
    assert card.thumbnails == [image.thumbnail_url for image in project.images.all()]


def test_the_page_shows_progress_and_role(project: Project, bob: User, as_user: AsUser) -> None:
    image = add_image(project, "ready", "done")
    page = as_user(bob).get("/").content.decode()
    assert "<b>1</b> of 1 done" in page
    assert "Annotator" in page
    assert image.thumbnail_url in page


@pytest.mark.parametrize("count", [10, 500])
def test_more_projects_make_no_more_queries(
    alice: User, as_user: AsUser, django_assert_max_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    many(alice, *(f"Number {number}" for number in range(count)))
    add_image(Project.objects.get(name="Number 3"), "ready", "done")
    client = as_user(alice)
    client.get("/")
    for query in ({}, {"sort": "todo"}, {"sort": "activity", "q": "num ber"}):
        with django_assert_max_num_queries(QUERIES):
            client.get("/", query)


def test_cards_alone_take_six_queries(
    alice: User, project: Project, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    projects = [project, *(Project.objects.create(name=f"P{number}", created_by=alice) for number in range(5))]
    for one in projects:
        add_image(one, "ready")
    with django_assert_num_queries(6):
        project_cards(projects, alice)


def names_on(page: str) -> list[str]:
    """The projects that a page shows, in its order."""
    found = re.findall(r'<a class="stretched"[^>]*>([^<]*)</a>|<h2>([^<]*)</h2>', page)
    return [one or two for one, two in found]


def test_sorting(alice: User, as_user: AsUser) -> None:
    first, second, third = many(alice, "beta", "Alpha", "gamma")
    add_image(first, "ready", "done")
    add_image(third, "ready")
    add_image(second, "ready")
    add_image(second, "ready", "skipped")
    add_image(third, "ready", "in_progress")
    Image.objects.update(created_at=timezone.now() - timedelta(days=2))
    Project.objects.update(created_at=timezone.now() - timedelta(days=3))
    AnnotationSet.objects.filter(main_of__project=first).update(changed_at=timezone.now())
    Image.objects.filter(project=second).update(created_at=timezone.now() - timedelta(days=1))
    client = as_user(alice)
    orders = {
        "newest": ["gamma", "Alpha", "beta"],
        "name": ["Alpha", "beta", "gamma"],
        "activity": ["beta", "Alpha", "gamma"],
        "todo": ["gamma", "Alpha", "beta"],
        "nonsense": ["gamma", "Alpha", "beta"],
    }
    for sort, names in orders.items():
        assert names_on(client.get("/", {"sort": sort}).content.decode()) == names, sort


def test_searching_name_and_instructions(alice: User, as_user: AsUser) -> None:
    street, _ = many(alice, "Street scenes", "Birds")
    street.instructions = "Label every LORRY exactly."
    street.save()
    client = as_user(alice)
    for text in ("street", "SCENES  str", "lorry street", "exactly"):
        assert names_on(client.get("/", {"q": text}).content.decode()) == ["Street scenes"], text
    nothing = client.get("/", {"q": "<b>street birds"}).content.decode()
    assert "No project matches “&lt;b&gt;street birds”" in nothing
    assert "Show all" in nothing


def test_filters(alice: User, bob: User, as_user: AsUser) -> None:
    used, aside, binned, labeled = many(alice, "used", "aside", "binned", "labeled")
    life.archive(aside, alice)
    life.move_to_bin(binned, alice, named="binned")
    Membership.objects.filter(project=labeled, user=alice).update(role=Role.ANNOTATOR)
    Membership.objects.create(project=binned, user=bob, role=Role.ANNOTATOR)
    client = as_user(alice)
    shown = {
        show: names_on(client.get("/", {"show": show}).content.decode())
        for show in ("active", "mine", "archived", "bin", "nonsense")
    }
    assert shown == {
        "active": ["labeled", "used"], "mine": ["used"], "archived": ["aside"], "bin": ["binned"],
        "nonsense": ["labeled", "used"],
    }  # fmt: skip
    page = client.get("/", {"show": "bin"}).content.decode()
    assert "Deleted for good on" in page
    assert 'aria-label="Restore binned"' in page
    assert "Restore" in client.get("/", {"show": "archived"}).content.decode()
    assert "binned" not in as_user(bob).get("/", {"show": "bin"}).content.decode()


@pytest.mark.parametrize(
    ("show", "told"),
    [("bin", "The bin is empty"), ("archived", "Nothing is archived"), ("mine", "You manage no project")],
)
def test_what_is_empty_says_what_it_is_for(project: Project, bob: User, as_user: AsUser, show: str, told: str) -> None:
    assert told in as_user(bob).get("/", {"show": show}).content.decode()


def test_pages_keep_what_is_asked_for(alice: User, as_user: AsUser) -> None:
    many(alice, *(f"Number {number:02}" for number in range(PROJECTS_PER_PAGE + 2)), "other")
    page = as_user(alice).get("/", {"q": "number", "sort": "name", "page": "2"}).content.decode()
    assert names_on(page) == ["Number 24", "Number 25"]
    assert 'href="?sort=name&amp;q=number&amp;page=1"' in page


def many(manager: User, *names: str) -> list[Project]:
    """Projects of a manager, in the order of their making."""
    made = [Project.objects.create(name=name, created_by=manager) for name in names]
    Membership.objects.bulk_create(Membership(project=one, user=manager, role=Role.OWNER) for one in made)
    return made


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
