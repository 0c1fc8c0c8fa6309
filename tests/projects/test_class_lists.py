"""Lists of classes: templates, pasted names, JSON in and out."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from labeling.accounts.models import User
from labeling.projects import class_lists, services
from labeling.projects.models import Project
from labeling.web.api import ApiError

AsUser = Callable[[User | None], Client]


@pytest.fixture
def staff(alice: User) -> User:
    """Alice, who may make projects."""
    alice.is_staff = True
    alice.save()
    return alice


@pytest.mark.parametrize("name", list(class_lists.built_in()))
def test_every_template_makes_a_project(alice: User, name: str) -> None:
    template = class_lists.built_in()[name]
    project = services.create_project(name="New", user=alice, categories=template.classes)
    assert [one.name for one in project.categories.all()] == [one["name"] for one in template.classes]
    assert all(one.hotkey for one in project.categories.all())
    assert template.title
    assert template.about


def test_the_known_templates() -> None:
    sizes = {name: len(one.classes) for name, one in class_lists.built_in().items()}
    assert sizes == {"binary": 1, "cityscapes": 19, "coco": 80, "voc": 20, "scene-stuff": 20}
    kinds = [one["kind"] for one in class_lists.named("cityscapes").classes]
    assert (kinds.count("thing"), kinds.count("stuff")) == (8, 11)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("car\nperson\n\n  road \n", ["car", "person", "road"]),
        ("car, person,road", ["car", "person", "road"]),
        ("traffic light, red\nCar\ncar", ["traffic light, red", "Car"]),
        ('["car", "person"]', ["car", "person"]),
        ('{"categories": [{"id": 7, "name": "car", "supercategory": "vehicle"}]}', ["car"]),
        ('[{"name": "sky", "isthing": 0}]', ["sky"]),
    ],
)
def test_what_can_be_pasted(text: str, names: list[str]) -> None:
    assert [one.name for one in class_lists.read(text)] == names


def test_what_files_say_of_a_class_is_taken() -> None:
    text = '[{"name": "sky", "color": "#AABBCC", "hotkey": 4, "kind": "stuff"}, {"name": "car", "isthing": 1}]'
    sky, car = class_lists.read(text)
    assert (sky.color, sky.hotkey, sky.kind) == ("#aabbcc", "4", "stuff")
    assert (car.color, car.kind) == (None, "thing")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no name"),
        (" \n,\n", "no name"),
        ('{"a": 1}', "no list of classes"),
        ("[1]", "Class 1 is neither"),
        ('["ok", {"color": "#aabbcc"}]', "Class 2 of the list: name"),
        ('[{"name": "a", "color": "red"}]', "Class 1 of the list: color"),
        ("[", "The list is not JSON"),
        ("x" * 81, "Class 1 of the list: name"),
        ("\n".join(f"class {number}" for number in range(501)), "at most 500"),
        ("x" * 200_001, "at most 200000"),
    ],
)
def test_what_is_wrong_is_told(text: str, told: str) -> None:
    with pytest.raises(ApiError) as caught:
        class_lists.read(text)
    assert told in caught.value.message


def test_an_export_is_read_again(project: Project, alice: User, charlie: User, as_user: AsUser) -> None:
    services.order_categories(project, [3, 1, 2])
    answer = as_user(alice).get(f"/projects/{project.pk}/classes.json")
    assert answer["Content-Disposition"] == 'attachment; filename="street-classes.json"'
    read = class_lists.read(answer.content.decode())
    assert class_lists.rows(read) == class_lists.written(project)
    assert as_user(charlie).get(f"/projects/{project.pk}/classes.json").status_code == 404


def test_importing_adds_what_is_missing(project: Project, alice: User, as_user: AsUser) -> None:
    text = json.dumps([{"name": "CAR", "color": "#000000"}, {"name": "tree", "hotkey": "1"}, "bush"])
    url = f"/api/projects/{project.pk}/categories/import"
    answer = as_user(alice).post(url, json.dumps({"text": text}), content_type="application/json")
    assert answer.status_code == 200
    assert [(one["name"], one["hotkey"]) for one in answer.json()["results"]] == [
        ("car", "1"), ("person", "2"), ("road", "3"), ("tree", "4"), ("bush", "5"),
    ]  # fmt: skip
    many = "\n".join(f"class {number}" for number in range(498))
    answer = as_user(alice).post(url, json.dumps({"text": many}), content_type="application/json")
    assert answer.json()["error"]["code"] == "too_many_classes"
    assert project.categories.count() == 5


def test_the_api_reads_lists_and_knows_templates(staff: User, as_user: AsUser) -> None:
    client = as_user(staff)
    assert client.get("/api/class-templates").json()["results"][1]["name"] == "cityscapes"
    answer = client.post("/api/class-lists", json.dumps({"text": "a\nb"}), content_type="application/json")
    assert answer.json()["results"][0] == {"name": "a", "color": None, "hotkey": None, "kind": "thing"}
    body = {"name": "Eyes", "template": "binary", "categories": [{"name": "border"}]}
    made = client.post("/api/projects", json.dumps(body), content_type="application/json").json()
    assert [one["name"] for one in made["categories"]] == ["foreground", "border"]
    body = {"name": "Eyes", "template": "nonsense"}
    answer = client.post("/api/projects", json.dumps(body), content_type="application/json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "unknown_template")


def test_the_page_begins_with_a_template_or_a_project(
    project: Project, staff: User, charlie: User, as_user: AsUser
) -> None:
    page = as_user(staff).get("/projects/new", {"from": "cityscapes"}).content.decode()
    assert 'value="vegetation"' in page
    assert 'value="#6b8e23"' in page
    Project.objects.update(instructions="Exact edges.")
    page = as_user(staff).get("/projects/new", {"from": str(project.pk)}).content.decode()
    assert "Exact edges." in page
    assert 'value="person"' in page
    charlie.is_staff = True
    charlie.save()
    assert as_user(charlie).get("/projects/new", {"from": str(project.pk)}).status_code == 404
    assert as_user(charlie).get("/projects/new", {"from": "nonsense"}).status_code == 200


def test_the_command(alice: User, tmp_path: Path) -> None:
    more = tmp_path / "more.txt"
    more.write_text("border\nunsure\n")
    call_command("create_project", "Eyes", "--template", "binary", "--class-list", str(more), "--user", "alice")
    assert [one.name for one in Project.objects.get().categories.all()] == ["foreground", "border", "unsure"]
    more.write_text("[1]")
    with pytest.raises(CommandError, match="more.txt: Class 1 is neither"):
        call_command("create_project", "Eyes", "--class-list", str(more), "--user", "alice")
    with pytest.raises(CommandError, match="can't be read"):
        call_command("create_project", "Eyes", "--class-list", str(tmp_path / "none"), "--user", "alice")
