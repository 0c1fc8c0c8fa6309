"""Images that were not found are mapped: one by one, or with a CSV file; then the dataset is checked again."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from labeling.accounts.models import User
from labeling.annotations.models import Annotation
from labeling.exchange import imports, mapping_files
from labeling.exchange.models import Import
from labeling.images.models import Image
from labeling.projects.models import Project
from labeling.web.api import ApiError
from tests.exchange.reading.conftest import BringIn, add_image, dataset

SQUARE = [[2.0, 2.0, 8.0, 2.0, 8.0, 8.0, 2.0, 8.0]]


@pytest.fixture
def images(project: Project) -> list[Image]:
    """Two of one name in folders of one name, and another one."""
    return [add_image(project, name, 40, 30) for name in ("a/x.png", "b/x.png", "c.png")]


@pytest.fixture
def checked(images: list[Image], bring_in: BringIn, tmp_path: Path) -> Import:
    """A dataset of an image that fits two of the project and one that fits none."""
    names = ["x.png", "theirs.png"]
    content = {
        "images": [{"id": number, "file_name": name} for number, name in enumerate(names, 1)],
        "annotations": [
            {"id": one, "image_id": one, "category_id": 1, "segmentation": SQUARE, "iscrowd": 0} for one in (1, 2)
        ],
        "categories": [{"id": 1, "name": "car"}],
    }
    return bring_in(dataset(tmp_path, {"annotations.json": content}), "coco", check_only=True)


def post(client: Any, row: Import, content: bytes) -> Any:
    return client.post(f"/api/imports/{row.pk}/mapping", {"file": SimpleUploadedFile("m.csv", content)})


def test_the_report_lists_them_with_what_they_fit(checked: Import, images: list[Image]) -> None:
    assert checked.report["unmatched"] == [
        {"name": "x.png", "fits": [{"id": images[0].pk, "name": "a/x.png"}, {"id": images[1].pk, "name": "b/x.png"}]},
        {"name": "theirs.png", "fits": []},
    ]


def test_they_are_mapped_by_name_and_by_id(checked: Import, images: list[Image]) -> None:
    imports.check_again(checked, {"mapping": {"x.png": f"id:{images[1].pk}", "theirs.png": "c.png"}})
    row = imports.work_here(checked)
    assert (row.report["unmatched"], row.report["defects"]) == ([], [])
    imports.confirm(row, row.created_by)
    imports.work_here(row)
    assert set(Annotation.objects.values_list("set__main_of", flat=True)) == {images[1].pk, images[2].pk}


def test_a_file_maps_them_beside_what_is_mapped_already(
    checked: Import, images: list[Image], alice: User, as_user: Any
) -> None:
    imports.check_again(checked, {"mapping": {"x.png": f"id:{images[0].pk}"}})
    imports.work_here(checked)
    answer = post(as_user(alice), checked, "dataset;project\ntheirs.png;c.png\n".encode("utf-8-sig"))
    assert answer.status_code == 202, answer.content
    assert answer.json()["options"]["mapping"] == {"x.png": f"id:{images[0].pk}", "theirs.png": "c.png"}
    assert imports.work_here(checked).report["defects"] == []


def test_an_image_of_another_project_is_none(checked: Import, images: list[Image], alice: User) -> None:
    other = add_image(Project.objects.create(name="Other", created_by=alice), "secret.png", 40, 30)
    imports.check_again(checked, {"mapping": {"theirs.png": f"id:{other.pk}"}})
    row = imports.work_here(checked)
    assert "secret" not in json.dumps(row.report)
    assert (
        f"The mapping leads to “id:{other.pk}”, which the project does not have" in row.report["defects"][-1]["reason"]
    )


def test_who_may(checked: Import, rita: User, charlie: User, as_user: Any) -> None:
    assert post(as_user(rita), checked, b"a,b").status_code == 403
    assert post(as_user(charlie), checked, b"a,b").status_code == 404


@pytest.mark.once
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "has no line with two names"),
        (b"a.png\n", "Line 1 of the mapping has not two names"),
        (b"a,b\n\nc,\n", "Line 3 of the mapping has not two names"),
        (b"a,b\na,c\n", "maps “a” a second time"),
        (b"a,\xff", "not UTF-8 text (at byte 2)"),
        (b'a,"b', "no CSV file"),
        (b"a,b\nc\0,d\n", "a NUL character in line 2"),
        (b"a," + b"b" * 256, "in line 1 of the mapping is too long"),
        (b"x" * (16 * 1024**2 + 1), "larger than 16 MB"),
    ],
)  # fmt: skip
def test_a_file_that_is_none_is_told_by_its_line(content: bytes, words: str) -> None:
    with pytest.raises(ApiError, match="mapping") as error:
        mapping_files.read(io.BytesIO(content))
    assert words in error.value.message


@pytest.mark.once
def test_tabs_quotes_and_the_same_line_twice() -> None:
    assert mapping_files.read(io.BytesIO(b'"a,1.png"\tb.png\n"a,1.png"\tb.png\n')) == {"a,1.png": "b.png"}
