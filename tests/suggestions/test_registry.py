"""A new method is one module: what it says of itself is all that the API, the panel, the editor and a run need."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from labeling.accounts.models import User
from labeling.annotations.models import Annotation
from labeling.images.models import Image
from labeling.pages.suggestions_panel import panel
from labeling.projects.access import require
from labeling.projects.models import Project
from labeling.suggestions import methods, registry, runs, work
from labeling.suggestions.models import Run, Suggestion
from tests.suggestions.conftest import HEIGHT, WIDTH, AddImage, send

pytestmark = pytest.mark.django_db(transaction=True)
AsUser = Callable[[User | None], Client]

MODULE = f'''
"""One square in the middle."""

import numpy as np

from inference.heads.proposals import Proposal, encode
from labeling.suggestions.registry import Method, Question, register


def propose(question: Question) -> list[Proposal]:
    mask = np.zeros(({HEIGHT}, {WIDTH}), bool)
    mask[10:20, 50:70] = True
    return [Proposal(encode(mask), (50, 10, 70, 20), 0.9, None)]


register(Method("square", "Square", "Outlines the middle.", order=5, rank=5, propose=propose))
'''


@pytest.fixture
def square(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One more module among the methods."""
    (tmp_path / "square.py").write_text(MODULE)
    monkeypatch.setattr(methods, "__path__", [*methods.__path__, str(tmp_path)])
    registry._load.cache_clear()
    yield
    registry._methods.pop("square", None)
    sys.modules.pop("labeling.suggestions.methods.square", None)
    registry._load.cache_clear()


@pytest.fixture
def images(add_image: AddImage) -> list[Image]:
    """Two that are ready."""
    return [add_image(seed) for seed in range(2)]


def posted(client: Client, url: str, body: dict[str, Any]) -> Any:
    return send(client, "POST", url, body)


def test_the_methods_that_ship() -> None:
    shipped = ["everything", "instances", "panoptic", "text", "imported"]
    assert [method.name for method in registry.methods()] == shipped
    assert [method.name for method in registry.for_images()] == ["everything", "instances", "panoptic"]
    assert [method.name for method in registry.with_head()] == ["instances", "panoptic"]
    assert [method.name for method in registry.automatic()] == ["everything"]
    assert registry.for_phrases() == ["text"]


def test_a_new_method_is_one_module(
    square: None, project: Project, images: list[Image], alice: User, bob: User, as_user: AsUser
) -> None:
    image = images[0]
    page = as_user(alice).get(reverse("pages:editor", args=[image.pk]))
    assert page.context["data"]["methods"][0] == {
        "method": "square", "title": "Square", "about": "Outlines the middle.", "can": True, "head": None,
        "trained": False, "on_images": True, "automatic": False,
    }  # fmt: skip
    [row, *_] = panel(project, require(alice, project.pk))["methods"]
    assert (row["name"], row["title"], row["about"], row["can"]) == ("square", "Square", "Outlines the middle.", True)

    answer = posted(as_user(alice), f"/api/projects/{project.pk}/suggestions/runs", {"method": "square"})
    assert answer.status_code == 202, answer.content
    assert work.work_off() == len(images)
    assert Run.objects.get().state == Run.State.DONE
    offered = as_user(bob).get(f"/api/images/{image.pk}/suggestions?method=square").json()
    [found] = offered["results"]
    assert (found["method"], offered["looked"][0]["method"]) == ("square", "square")
    body = {"version": 0, "suggestions": [{"uid": found["uid"], "category": 1}]}
    assert posted(as_user(bob), f"/api/images/{image.pk}/suggestions/accept", body).status_code == 200
    assert str(Annotation.objects.get().uid) == found["uid"]
    assert Suggestion.objects.get(image=image).state == Suggestion.State.ACCEPTED
    statistics = as_user(alice).get(f"/api/projects/{project.pk}/suggestions/figures").json()
    assert statistics["by_method"]["square"]["accepted"] == 1
    call_command("suggest", str(project.pk), method="square", threshold=None, head=None)


def test_a_method_that_is_gone_fails_its_images_and_its_suggestions_stay(
    square: None, project: Project, images: list[Image], alice: User, as_user: AsUser
) -> None:
    runs.start(project, alice, "square")
    work.work_off()
    images[1].delete()
    run = runs.start(project, alice, "square", images=[images[0]], first=True)
    registry._methods.pop("square")
    work.work_off()
    row = run.rows.get(image=images[0])
    assert row.state == "failed"
    assert "no method “square”" in row.reason
    offered = as_user(alice).get(f"/api/images/{images[0].pk}/suggestions").json()
    assert [one["method"] for one in offered["results"]] == ["square"]


@pytest.mark.parametrize(
    ("url", "body"),
    [
        ("/api/projects/{project}/suggestions/runs", {"method": "nonsense"}),
        ("/api/projects/{project}/suggestions/runs", {"method": "text"}),
        ("/api/images/{image}/suggestions", {"method": "text"}),
        ("/api/projects/{project}/heads", {"kind": "everything"}),
    ],
)
def test_a_method_that_is_not_there_is_refused_by_name(
    url: str, body: dict[str, str], project: Project, images: list[Image], alice: User, as_user: AsUser
) -> None:
    answer = posted(as_user(alice), url.format(project=project.pk, image=images[0].pk), body)
    assert answer.status_code == 400
    assert "panoptic" in answer.json()["error"]["message"], "it says which there are"


@pytest.mark.parametrize("name", ["", "everything", "much_too_long"])
def test_a_name_has_to_be_new_and_short(name: str) -> None:
    registry.methods()
    with pytest.raises(ValueError, match="1 to 10|two methods"):
        registry.register(registry.Method(name, "Title", "About.", order=1, rank=1))


def test_nothing_else_knows_the_methods() -> None:
    """Their names stand in their modules alone, but for what only one of them can do."""
    allowed = {
        "labeling/suggestions/registry.py",  # the library's two kinds of head
        "labeling/suggestions/learning.py",
        "labeling/suggestions/examples.py",
        "labeling/suggestions/specs.py",  # `mode`, of the library's
        "labeling/pages/project_page.py",  # an option of formats
    }
    root = Path(__file__).resolve().parents[2]
    found = set()
    for path in (root / "labeling").rglob("*.py"):
        if {"migrations", "smoke", "methods", "exchange"} & set(path.parts):  # formats have instances of their own
            continue
        if any(f'"{name}"' in path.read_text() for name in ("everything", "instances")):
            found.add(str(path.relative_to(root)))
    assert found - allowed == set()
