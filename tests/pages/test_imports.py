"""The pages of imports: what may be done, said in words."""

from pathlib import Path
from typing import Any

import pytest

from labeling.accounts.models import User
from labeling.exchange import imports
from labeling.exchange.models import Import
from labeling.projects.models import Project
from tests.exchange.conftest import box
from tests.exchange.reading.conftest import add_image, dataset
from tests.exchange.reading.test_importing import coco, rle

pytestmark = pytest.mark.once


def page_of(as_user: Any, alice: User, row: Import) -> str:
    answer = as_user(alice).get(f"/imports/{row.pk}/")
    assert answer.status_code == 200
    return str(answer.content.decode())


def checked(project: Project, alice: User, tmp_path: Path, **options: Any) -> Import:
    content = coco(("a.png", [rle(box(1, 1, 5, 5))]), ("b.png", [rle(box(1, 1, 5, 5))]))
    path = dataset(tmp_path, {"x.json": content})
    return imports.check_path(project, alice, path, format="coco", options=options)


def test_without_a_matching_image_the_page_says_what_to_do(
    as_user: Any, alice: User, project: Project, tmp_path: Path
) -> None:
    page = page_of(as_user, alice, checked(project, alice, tmp_path))
    assert "None of the dataset&#x27;s images can be imported" in page or "None of the dataset's images" in page
    assert "data-import-apply" not in page
    assert "data-skip" not in page


def test_what_can_be_imported_is_offered(
    as_user: Any, alice: User, bob: User, project: Project, tmp_path: Path
) -> None:
    add_image(project, "a.png", 48, 36)
    row = checked(project, alice, tmp_path)
    page = page_of(as_user, alice, row)
    assert "Import 1 object<" in page
    assert "leave the 1 defect below out" in page
    assert as_user(bob).get(f"/imports/{row.pk}/").status_code == 403


def test_a_choice_that_leads_nowhere_can_be_corrected(
    as_user: Any, alice: User, project: Project, tmp_path: Path
) -> None:
    add_image(project, "a.png", 48, 36)
    page = page_of(as_user, alice, checked(project, alice, tmp_path, mapping={"b.png": "elsewhere"}))
    assert 'value="elsewhere" data-first="elsewhere"' in page


def test_the_page_says_which_tags_images_get(as_user: Any, alice: User, project: Project, tmp_path: Path) -> None:
    add_image(project, "a.png", 48, 36)
    content = coco(("a.png", [rle(box(1, 1, 5, 5))]))
    path = dataset(tmp_path, {"annotations/instances_val.json": content})
    row = imports.check_path(project, alice, path, format="coco", options={})
    assert "get its name as a tag: “val” (1)." in page_of(as_user, alice, row)


def test_the_only_part_of_a_dataset_is_no_tag(as_user: Any, alice: User, project: Project, tmp_path: Path) -> None:
    image = add_image(project, "a.png", 48, 36)
    content = coco(("a.png", [rle(box(1, 1, 5, 5))]))
    path = dataset(tmp_path, {"annotations/instances_default.json": content})
    row = imports.check_path(project, alice, path, format="coco", options={})
    assert "as a tag" not in page_of(as_user, alice, row)
    imports.confirm(row, row.created_by)
    assert imports.work_here(row).added == 1
    assert not image.tags.exists()


def test_predictions_without_names_say_what_is_missing(
    as_user: Any, alice: User, project: Project, tmp_path: Path
) -> None:
    add_image(project, "a.png", 48, 36)
    content = [{"image_id": 1, "score": 0.5, **rle(box(1, 1, 5, 5))}]
    path = dataset(tmp_path, {"results.json": content})
    page = page_of(as_user, alice, imports.check_path(project, alice, path, format="coco_results", options={}))
    assert "send a zip with the COCO file that the ids are of" in page
    assert "classes-title" not in page
