"""Predictions in COCO results form become suggestions with scores, and nothing else."""

import json
from pathlib import Path
from typing import Any

import pytest

from labeling import masks
from labeling.accounts.models import User
from labeling.annotations.models import Annotation
from labeling.exchange import services, tasks
from labeling.exchange.models import Import
from labeling.images.models import Image
from labeling.projects.models import Project
from labeling.suggestions import services as suggestions
from labeling.suggestions.models import Run, Suggestion
from labeling.suggestions.open_suggestions import offered
from tests.exchange.reading.conftest import BringIn, add_image, case, dataset, expect_told, expected

pytestmark = pytest.mark.once

SQUARE = [[2.0, 2.0, 8.0, 2.0, 8.0, 8.0, 2.0, 8.0]]


def prediction(image: Any, category: int = 1, score: Any = 0.5, **more: Any) -> dict[str, Any]:
    return {"image_id": image, "category_id": category, "score": score, "segmentation": SQUARE, **more}


@pytest.fixture
def image(project: Project) -> Image:
    return add_image(project, "street.png", 40, 30)


def test_pycocotools_results_come_out_exactly(
    sample_images: dict[str, Image], bring_in: BringIn, tmp_path: Path
) -> None:
    files = {"results.json": case("coco_results-pycocotools/results.json"), "truth.json": case("truth.json")}
    row = bring_in(dataset(tmp_path, files), "coco_results", source="Mask R-CNN 50")
    assert (row.state, row.report["defects"], row.added) == (Import.State.DONE, [], 38)
    assert not Annotation.objects.exists()
    for name, right in expected("coco_results-pycocotools")["images"].items():
        found = list(Suggestion.objects.filter(image=sample_images[name]).select_related("category").order_by("pk"))
        assert [
            (one.counts, one.category and one.category.name, one.word, round(one.score, 6), one.area) for one in found
        ] == [
            (masks.canonical(one["segmentation"]["counts"], *one["segmentation"]["size"]), one["class"], one["class"],
             one["score"], one["area"])
            for one in right
        ]  # fmt: skip
    run = Run.objects.get()
    assert (run.method, run.options["source"], run.state) == ("imported", "Mask R-CNN 50", "done")
    assert len(offered(sample_images["img_02_truck.jpg"])) > 0


def test_stems_bytes_and_a_score_above_one(sample_images: dict[str, Image], bring_in: BringIn, tmp_path: Path) -> None:
    """Each is imported; of the score somebody has to say what it means."""
    file = case("defects") / "12_results_string_image_ids.json"
    folder = dataset(tmp_path, {"results.json": file, "truth.json": case("truth.json")})
    asked = bring_in(folder, "coco_results", check_only=True)
    expect_told(asked, ("results.json, prediction 4", "1.7 is above 1: say whether scores are percent"))
    assert len(asked.report["notes"]) == 2  # the text of Python bytes
    row = bring_in(folder, "coco_results", scores="cut")
    assert (row.state, row.added) == (Import.State.DONE, 4)
    truth = {one["id"]: one for one in json.loads(case("truth.json").read_text())["annotations"]}
    answers = json.loads((case("defects") / "expected.json").read_text())[file.name]
    right = [truth[one["truth_id"]]["segmentation"] for one in answers]
    found = list(Suggestion.objects.filter(image=sample_images["img_02_truck.jpg"]).order_by("pk"))
    assert [one.counts for one in found] == [masks.canonical(one["counts"], *one["size"]) for one in right]
    assert [one.score for one in found] == [0.9, 0.9, 0.9, 1.0]


def test_percent(image: Image, bring_in: BringIn, tmp_path: Path) -> None:
    content = [prediction("street", score=87), prediction("street", score=0.5)]
    row = bring_in(dataset(tmp_path, {"r.json": content}), "coco_results", scores="percent", classes={"1": "car"})
    assert (row.state, sorted(Suggestion.objects.values_list("score", flat=True))) == ("done", [0.005, 0.87])


@pytest.mark.parametrize("wrong", [None, True, "0.5", -0.1, float("nan"), float("inf")])
def test_what_is_no_score_is_told(wrong: Any, image: Image, bring_in: BringIn, tmp_path: Path) -> None:
    row = bring_in(dataset(tmp_path, {"r.json": [prediction("street", score=wrong)]}), "coco_results", check_only=True)
    expect_told(row, ("prediction 1", "is no number from 0 to 1"))


def test_without_a_coco_file_classes_are_called_by_their_ids(image: Image, bring_in: BringIn, tmp_path: Path) -> None:
    folder = dataset(tmp_path, {"r.json": [prediction("street", 7)]})
    row = bring_in(folder, "coco_results", check_only=True)
    assert [one["name"] for one in row.report["classes"]] == ["7"]
    assert "called by their ids" in row.report["notes"][0]["reason"]
    row = bring_in(folder, "coco_results", classes={"7": "person"})
    one = Suggestion.objects.get()
    assert (one.category and one.category.name, one.word) == ("person", "7")


def test_ids_as_coco_calls_its_files(project: Project, bring_in: BringIn, tmp_path: Path) -> None:
    one = add_image(project, "000000000139.jpg", 40, 30)
    bring_in(dataset(tmp_path, {"r.json": [prediction(139)]}), "coco_results", classes={"1": "car"})
    assert Suggestion.objects.get().image == one


def test_ids_of_an_export(project: Project, alice: User, image: Image, bring_in: BringIn, tmp_path: Path) -> None:
    """Ids count the images of that export, whatever was added since; class ids are the project's."""
    image.delete()
    wanted = add_image(project, "later.png", 40, 30)
    export = services.start(project, alice, format="coco", options={"images": "all"})
    tasks.run(export.pk)
    folder = dataset(tmp_path, {"r.json": [prediction(1, 2), prediction(9, 2), prediction(1, 99)]})
    row = bring_in(folder, "coco_results", export=export.pk, skip_defects=True)
    expect_told(row, ("prediction 3", "99 is not among the classes"), ("image 9", "The export has no image 9"))
    one = Suggestion.objects.get()
    assert (one.image, one.category and one.category.name) == (wanted, "person")
    failed = bring_in(folder, "coco_results", export=export.pk + 1, check_only=True)
    assert failed.state == Import.State.FAILED
    assert "There is no export" in failed.reason


def test_boxes_alone(image: Image, bring_in: BringIn, tmp_path: Path) -> None:
    content = [
        {"image_id": "street", "category_id": 1, "score": 0.5, "bbox": [30.2, 10, 100, 5]},
        {"image_id": "street", "category_id": 1, "score": 0.5, "bbox": [1, 2, "3", 4]},
        {"image_id": "street", "category_id": 1, "score": 0.5, "bbox": [50, 50, 5, 5]},
        {"image_id": "street", "category_id": 1, "score": 0.5, "bbox": [10**400, 0, 0.5, 5]},
    ]
    folder = dataset(tmp_path, {"r.json": content})
    row = bring_in(folder, "coco_results", check_only=True)
    assert [one["reason"] for one in row.report["defects"]] == ["It has no mask, only a box at most."] * 4
    row = bring_in(folder, "coco_results", boxes="rectangles", skip_defects=True, classes={"1": "car"})
    expect_told(
        row, ("prediction 2", "not four numbers"), ("prediction 3", "no pixel in the picture"),
        ("prediction 4", "not four numbers"),
    )  # fmt: skip
    one = Suggestion.objects.get()
    assert (one.bbox_x, one.bbox_y, one.bbox_width, one.bbox_height, one.area) == (30, 10, 10, 5, 50)


def test_again_replaces_what_is_open_and_remembers_what_was_rejected(
    image: Image, alice: User, bring_in: BringIn, tmp_path: Path
) -> None:
    other = [[20.0, 10.0, 30.0, 10.0, 30.0, 20.0, 20.0, 20.0]]
    folder = dataset(tmp_path, {"r.json": [prediction("street"), prediction("street", segmentation=other)]})
    options = {"source": "first", "classes": {"1": "car"}}
    bring_in(folder, "coco_results", **options)
    suggestions.reject(image, alice, [Suggestion.objects.order_by("pk")[0].uid])
    bring_in(folder, "coco_results", **{**options, "source": "second"})
    row = bring_in(folder, "coco_results", **options)
    assert row.added == 1
    states = Suggestion.objects.order_by("pk").values_list("run__options__source", "state")
    assert list(states) == [("first", "rejected"), ("first", "stale"), ("second", "open"), ("first", "open")]


def test_what_is_no_list_of_predictions(image: Image, bring_in: BringIn, tmp_path: Path) -> None:
    row = bring_in(dataset(tmp_path, {"a.json": {"images": []}}), "coco_results", check_only=True)
    assert (row.state, "no .json file with a list of predictions" in row.reason) == (Import.State.FAILED, True)


def test_predictions_of_an_image_need_not_stand_together(
    project: Project, image: Image, bring_in: BringIn, tmp_path: Path
) -> None:
    """Nor after what says what the ids mean; what is no prediction is told by its place."""
    other = add_image(project, "other.png", 40, 30)
    content: list[Any] = [prediction(1), prediction(2), prediction(1), "nothing", {"image_id": None}]
    names = {"images": [{"id": 1, "file_name": "other.png"}, {"id": 2, "file_name": "street.png"}],
             "categories": [{"id": 1, "name": "car"}]}  # fmt: skip
    row = bring_in(dataset(tmp_path, {"a.json": content, "z.json": names}), "coco_results", skip_defects=True)
    expect_told(row, ("a.json, prediction 4", "no image_id"), ("a.json, prediction 5", "no image_id"))
    assert (row.report["images"], row.added) == (2, 3)
    assert Suggestion.objects.filter(image=other).count() == 2
