"""Bringing labels in, in a real browser: the dry run, a class that is mapped, a defect, a mask that is mended, and the
exports of what came."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.people import ENCODED, PHOTOGRAPHS, EditorPage, export_of, make_project

PATIENCE = 60_000


def coco_zip(tmp_path: Path) -> Path:
    """A zip as other tools make it: labels for an image that is there, one with its picture, and a defect."""
    there, new = PHOTOGRAPHS[0], PHOTOGRAPHS[1]
    sizes = {path.name: Image.open(path).size for path in (there, new)}
    images = [
        {"id": number, "file_name": path.name, "width": sizes[path.name][0], "height": sizes[path.name][1]}
        for number, path in enumerate((there, new), 1)
    ]
    images.append({"id": 3, "file_name": "elsewhere.jpg"})  # they call an image otherwise

    def rectangle(number: int, image: int, category: int, x: int, y: int) -> dict[str, Any]:
        corners = [x, y, x + 60, y, x + 60, y + 40, x, y + 40]
        return {"id": number, "image_id": image, "category_id": category, "segmentation": [corners], "iscrowd": 0}

    annotations = [
        rectangle(1, 1, 3, 10, 10), rectangle(2, 1, 7, 90, 20), rectangle(3, 2, 7, 30, 30),
        {"id": 4, "image_id": 2, "category_id": 7, "segmentation": [], "iscrowd": 0}, rectangle(5, 3, 7, 30, 30),
    ]  # fmt: skip
    content = {
        "images": images,
        "annotations": annotations,
        "categories": [{"id": 3, "name": "automobile"}, {"id": 7, "name": "bottle"}],
    }
    path = tmp_path / "theirs.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("annotations/instances_val.json", json.dumps(content))
        archive.write(new, f"images/val/{new.name}")
    return path


def test_a_dataset_is_checked_mapped_and_imported(manager_page: Page, tmp_path: Path) -> None:
    page = manager_page
    project = make_project(page, [PHOTOGRAPHS[0], PHOTOGRAPHS[2]], classes=[{"name": "car"}, {"name": "person"}])
    page.goto(f"/projects/{project}/exports")
    page.get_by_role("link", name="Import labels").click()
    page.locator("[data-import-form] [name=file]").set_input_files(coco_zip(tmp_path))
    # What is chosen holds for the next format, too.
    page.locator("[data-import-form] [name=format]").select_option("cvat")
    shown = page.locator("fieldset:not([hidden])")
    shown.get_by_label("Add the pictures that the project does not have").check()
    page.locator("[data-import-form] [name=format]").select_option("coco")
    expect(shown.get_by_label("Add the pictures that the project does not have")).to_be_checked()
    page.get_by_role("button", name="Check", exact=True).click()

    # What it would do, and what is wrong with it.
    page.wait_for_url("**/imports/*/")
    expect(page.get_by_role("heading", name="Classes")).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".import-figures")).to_contain_text("Images2 1 new")
    expect(page.locator("section", has=page.get_by_role("heading", name="Defects"))).to_contain_text(
        "annotations/instances_val.json, annotation 4"
    )
    page.get_by_role("button", name="Import 3 objects").click()
    expect(page.get_by_role("alert")).to_contain_text("The dataset has 2 defects")

    # Their automobile is our car, and elsewhere.jpg a picture that is here; the rest is to be imported in spite of the
    # other defect. All is checked before.
    ours = page.get_by_label("Which image elsewhere.jpg is")
    ours.press_sequentially(PHOTOGRAPHS[2].name[:4])
    expect(page.get_by_role("button", name="Check these choices")).to_be_visible()
    expect(page.get_by_role("button", name="Check again")).to_be_hidden()
    expect(page.locator(f"#project-images option[value='{PHOTOGRAPHS[2].name}']")).to_be_attached()
    ours.fill(PHOTOGRAPHS[2].name)
    page.get_by_label("What automobile becomes").select_option("car")
    page.get_by_label("Import everything else").check()
    page.get_by_role("button", name="Check these choices").click()
    expect(page.locator("[data-class=automobile] [data-into]")).to_have_value("car", timeout=PATIENCE)
    expect(page.get_by_text("Images that were not found")).to_be_hidden()
    page.get_by_role("button", name="Import 4 objects").click()
    expect(page.locator("[data-import] [role=status]")).to_contain_text(
        "4 objects imported into 3 images", timeout=PATIENCE
    )

    # It is there: three images, the new class, each object.
    page.get_by_role("link", name="See the images").click()
    expect(page.locator("[data-images] .image-card")).to_have_count(3, timeout=ENCODED)
    labeled = page.locator("[data-images] .image-card__link[href]", has_text=PHOTOGRAPHS[0].name)
    labeled.click(timeout=ENCODED)  # whichever image was prepared first
    editor = EditorPage(page)
    expect(editor.objects).to_have_count(2)

    # One mask is mended, and what leaves has it.
    editor.objects.nth(0).dblclick()
    before = editor.area()
    page.keyboard.press("b")
    editor.drag((20, 120), (80, 120))
    mended = editor.changed(before)
    assert mended > before
    page.keyboard.press("Enter")
    editor.wait_saved()
    with zipfile.ZipFile(export_of(page, project, "coco", tmp_path / "coco.zip")) as archive:
        found = json.loads(archive.read("annotations/instances_train.json"))
    names = {one["id"]: one["name"] for one in found["categories"]}
    assert sorted(names.values()) == ["bottle", "car", "person"]
    assert sorted(names[one["category_id"]] for one in found["annotations"]) == ["bottle", "bottle", "bottle", "car"]
    assert sorted(one["area"] for one in found["annotations"]) == [2400, 2400, 2400, mended]
    with zipfile.ZipFile(export_of(page, project, "panoptic", tmp_path / "panoptic.zip")) as archive:
        content = json.loads(archive.read("annotations/panoptic_train.json"))
        segments = [one for image in content["annotations"] for one in image["segments_info"]]
        assert sorted(one["area"] for one in segments) == [2400, 2400, 2400, mended]
    with zipfile.ZipFile(export_of(page, project, "cityscapes", tmp_path / "cityscapes.zip")) as archive:
        ids = [name for name in archive.namelist() if name.endswith("_gtFine_instanceIds.png")]
        pixels = [np.asarray(Image.open(io.BytesIO(archive.read(name)))) for name in ids]
        assert sorted(int((one == value).sum()) for one in pixels for value in np.unique(one) if value) == [
            2400, 2400, 2400, mended,
        ]  # fmt: skip
