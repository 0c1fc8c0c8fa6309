"""What a format would lose is told before the click, and its manifest says the same."""

import json
from typing import Any

import pytest

from labeling.accounts.models import User
from labeling.annotations import services as annotations
from labeling.annotations.models import Annotation, AnnotationSet
from labeling.exchange import losses, tasks
from labeling.exchange.models import LabelFacts
from labeling.projects.models import Attribute, Project
from tests.exchange.conftest import AddImage, Keep, MakeZip, box


def ask(client: Any, project: Project, format: str, **options: Any) -> Any:
    body = json.dumps({"format": format, "options": options})
    return client.post(f"/api/projects/{project.pk}/exports/losses", body, "application/json")


@pytest.fixture
def hard(project: Project, bob: User, add_image: AddImage, keep: Keep) -> list[Annotation]:
    """On one image: a ring, an object of two parts that shares a pixel with the ring, a crowd with an answer."""
    Attribute.objects.create(project=project, number=1, name="wet", kind=Attribute.Kind.FLAG)
    image = add_image("a.png")
    ring = box(1, 1, 9, 9)
    ring[4:6, 4:6] = False
    made = [keep(image, ring), keep(image, box(9, 9, 3, 3) | box(20, 20, 3, 3)), keep(image, box(30, 1, 4, 4))]
    version = annotations.overview(image, bob).version
    annotations.change(made[2], bob, version=version, crowd=True, attributes={"1": True})
    keep(add_image("b.png"), box(1, 1, 4, 4), 2)
    return made


EVERYTHING = {"parts": 1, "order": 2, "attributes": 1, "crowd": 1}


def test_what_is_lost_is_told_before_and_after(
    hard: list[Annotation], rita: User, as_user: Any, project: Project, make_zip: MakeZip
) -> None:
    answer = ask(as_user(rita), project, "yolo").json()
    assert (answer["images"], answer["objects"], answer["counted"]) == (2, 4, 2)
    assert {one["what"]: one["objects"] for one in answer["lost"]} == EVERYTHING
    assert answer["lost"][0]["text"] == "1 object has several parts: parts are not kept together"
    assert make_zip("yolo").json("manifest.json")["lost"] == EVERYTHING
    LabelFacts.objects.all().delete()  # what is not counted ahead is counted while it is written
    assert make_zip("yolo").json("manifest.json")["lost"] == EVERYTHING
    assert [one["what"] for one in ask(as_user(rita), project, "coco").json()["lost"]] == ["order"]


def test_what_becomes_one_object_is_told_where_it_may_happen(
    hard: list[Annotation], rita: User, as_user: Any, project: Project
) -> None:
    text = "Several objects of a class that is stuff: they are one"
    assert text in [one["text"] for one in ask(as_user(rita), project, "panoptic").json()["lost"]]
    project.categories.update(kind="thing")
    assert "stuff" not in {one["what"] for one in ask(as_user(rita), project, "panoptic").json()["lost"]}


def test_only_the_chosen_images_count(hard: list[Annotation], rita: User, as_user: Any, project: Project) -> None:
    image = project.images.get(name="b.png")
    answer = ask(as_user(rita), project, "voc", only=[image.pk]).json()
    assert (answer["images"], answer["objects"], answer["lost"]) == (1, 1, [])


def test_an_export_that_would_be_refused_is_told(
    hard: list[Annotation], rita: User, as_user: Any, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "refused" not in ask(as_user(rita), project, "voc").content.decode()
    monkeypatch.setattr(losses, "MOST", 2)
    found = ask(as_user(rita), project, "voc").json()["lost"][-1]["text"]
    assert found == "The project has 3 classes: the export would be refused"
    monkeypatch.setattr(losses, "MOST", 3)
    AnnotationSet.objects.filter(pk=hard[0].set_id).update(objects_kept=4)
    found = ask(as_user(rita), project, "voc").json()["lost"][-1]["text"]
    assert found == "1 image has more than 3 objects: the export would be refused"


def test_a_change_is_counted_again(
    hard: list[Annotation], bob: User, rita: User, as_user: Any, project: Project
) -> None:
    assert "crowd" in {one["what"] for one in ask(as_user(rita), project, "png").json()["lost"]}
    image = project.images.get(name="a.png")
    annotations.delete(hard[2], bob, version=annotations.overview(image, bob).version)
    assert {one["what"] for one in ask(as_user(rita), project, "png").json()["lost"]} == {"overlap"}


def test_what_takes_too_long_is_counted_by_a_worker(
    hard: list[Annotation], rita: User, as_user: Any, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(losses, "AT_ONCE", 0.0)
    monkeypatch.setattr(losses.wake_up, "send", lambda task, *args, **options: sent.append((task, args)))
    answer = ask(as_user(rita), project, "yolo").json()
    assert (answer["images"], answer["counted"], answer["lost"]) == (2, 0, [])
    assert sent == [("labeling.exchange.tasks.count_facts", (project.pk,))]
    assert tasks.count_facts(project.pk) == 1
    answer = ask(as_user(rita), project, "yolo").json()
    assert (answer["counted"], {one["what"]: one["objects"] for one in answer["lost"]}) == (2, EVERYTHING)
    assert tasks.count_facts() == 1  # nothing is left
    assert set(LabelFacts.objects.values_list("version", flat=True)) == set(
        AnnotationSet.objects.values_list("version", flat=True)
    )


def test_outsiders_are_refused(
    hard: list[Annotation], bob: User, charlie: User, as_user: Any, project: Project
) -> None:
    assert ask(as_user(charlie), project, "coco").status_code == 404
    assert ask(as_user(bob), project, "coco").status_code == 403
