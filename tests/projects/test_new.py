"""Making a project on the page: also without JavaScript, every mistake told at its field."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from labeling.accounts.models import User
from labeling.projects.models import Project
from tests.projects.forms import project_form

AsUser = Callable[[User | None], Client]
URL = "/projects/new"


@pytest.fixture
def staff(as_user: AsUser, alice: User) -> Client:
    alice.is_staff = True
    alice.save()
    return as_user(alice)


def test_the_page_has_blank_rows_with_colours_and_keys(staff: Client) -> None:
    page = staff.get(URL).content.decode()
    for index in range(3):
        assert f'name="classes-{index}-name"' in page
    assert 'value="#2e86ab"' in page
    assert 'name="classes-1-hotkey" value="2"' in page


def test_a_project_is_made_and_opened(staff: Client) -> None:
    rows = [{"name": "car", "hotkey": 1}, {"name": "sky", "hotkey": 2, "kind": "stuff", "color": "#2E86AB"}, {}]
    response = staff.post(URL, project_form(*rows, name="Birds", instructions="Exact edges."))
    made = Project.objects.get()
    assert response["Location"] == f"/projects/{made.pk}/"
    assert made.instructions == "Exact edges."
    assert list(made.categories.values_list("number", "name", "color", "hotkey", "kind")) == [
        (1, "car", "#e4572e", "1", "thing"),
        (2, "sky", "#2e86ab", "2", "stuff"),
    ]


@pytest.mark.parametrize(
    ("rows", "fields", "told"),
    [
        ([{"name": "car"}], {"name": " "}, "Enter a project name."),
        ([{}, {}], {}, "A project needs at least one class."),
        ([{"name": "car"}, {"name": "CAR"}], {}, "Another class has the same name."),
        ([{"name": "a", "hotkey": 4}, {"name": "b", "hotkey": 4}], {}, "Another class uses the same key."),
        ([{"name": "a", "color": "blue"}], {}, "Use a colour like #1f77b4."),
        ([{"name": "a", "hotkey": 12}], {}, "Use a key like 5"),
        ([{"name": "a", "kind": "blob"}], {}, "Select a valid choice."),
        ([{"name": "x" * 81}], {}, "at most 80 characters"),
    ],
)
def test_mistakes_are_told_and_nothing_typed_is_lost(
    staff: Client, rows: list[dict[str, object]], fields: dict[str, Any], told: str
) -> None:
    form = project_form(*rows, **{"instructions": "Keep this text", **fields})
    page = staff.post(URL, form).content.decode()
    assert told in page
    assert "Keep this text" in page
    assert not Project.objects.exists()


def test_a_new_row_ticked_as_deleted_may_say_anything(staff: Client) -> None:
    rows = [{"name": "car"}, {"name": "car", "color": "x", "DELETE": "on"}]
    staff.post(URL, project_form(*rows))
    assert list(Project.objects.get().categories.values_list("name", flat=True)) == ["car"]


def test_somebody_elses_class_number_is_refused(staff: Client, project: Project) -> None:
    page = staff.post(URL, project_form({"name": "car", "number": 1})).content.decode()
    assert "The project has no class number 1" in page


def test_who_may_not_is_refused(as_user: AsUser, charlie: User) -> None:
    for response in (as_user(charlie).get(URL), as_user(charlie).post(URL, project_form({"name": "car"}))):
        assert response.status_code == 403
    assert not Project.objects.exists()
    assert as_user(None).post(URL).status_code == 302
