"""The manager's job in a real browser: a project, its images, its export."""

import json
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect
from pycocotools.coco import COCO

from tests.browser.people import ENCODED, PHOTOGRAPHS, export_of, make_project, open_image


def test_a_project_is_made_filled_and_prepared_without_a_reload(manager_page: Page, tmp_path: Path) -> None:
    page = manager_page
    page.goto("/projects/new")
    page.get_by_label("Name", exact=True).first.fill("Kitchen")
    names = page.locator("input[name$='-name']:visible")
    if names.count() == 0:
        page.get_by_role("button", name="Add class").click()
    names.first.fill("cup")
    page.get_by_role("button", name="Create project").click()
    page.wait_for_url("**/projects/*/")
    page.evaluate("window.neverReloaded = true")

    damaged = tmp_path / "damaged.jpg"
    damaged.write_bytes(PHOTOGRAPHS[0].read_bytes()[:3000])
    notes = tmp_path / "notes.png"
    notes.write_text("not a picture")
    files: list[str | Path] = [*PHOTOGRAPHS[:2], damaged, notes, PHOTOGRAPHS[0]]
    page.locator("[data-input=files]").set_input_files(files)
    rejections = page.locator("[data-rejection-list]")
    expect(rejections).to_contain_text("damaged.jpg", timeout=ENCODED)
    expect(rejections).to_contain_text("notes.png")
    expect(rejections.locator("li")).to_have_count(3)  # and the one that came twice
    expect(page.locator("[data-count=ready]").first).to_have_text("2", timeout=ENCODED)
    expect(page.locator(".tabs [data-count=total]")).to_have_text("2")
    assert page.evaluate("window.neverReloaded") is True


def test_an_empty_project_says_what_to_do(manager_page: Page) -> None:
    manager_page.goto(f"/projects/{make_project(manager_page, [])}/")
    zone = manager_page.locator("[data-drop-zone]")
    expect(zone).to_be_visible()
    expect(zone).to_contain_text("Drop")
    expect(zone.get_by_role("button", name="Choose files")).to_be_visible()
    expect(manager_page.locator("[data-start]")).to_have_attribute("aria-disabled", "true")


def test_kept_work_leaves_as_coco_png_and_voc(manager_page: Page, tmp_path: Path) -> None:
    page = manager_page
    project = make_project(page, PHOTOGRAPHS[:1])
    editor = open_image(page, project)
    editor.wait_ready()
    box = editor.canvas.bounding_box()
    assert box
    scale, left, top = editor.view()
    x, y = (box["width"] / 2 - left) / scale, (box["height"] / 2 - top) / scale
    editor.click(x, y)
    area = editor.keep("2")

    with zipfile.ZipFile(export_of(page, project, "coco", tmp_path / "coco.zip")) as archive:
        name = next(one for one in archive.namelist() if one.endswith(".json"))
        data = json.loads(archive.read(name))
    (annotation,) = data["annotations"]
    assert annotation["id"] >= 1
    assert (annotation["category_id"], annotation["iscrowd"]) == (2, 0)
    assert annotation["area"] == area
    path = tmp_path / "coco.json"
    path.write_text(json.dumps(data))
    mask = COCO(str(path)).annToMask(annotation)
    assert mask.sum() == area
    assert mask[int(y), int(x)] == 1

    with zipfile.ZipFile(export_of(page, project, "png", tmp_path / "png.zip")) as archive:
        semantic = next(one for one in archive.namelist() if one.startswith("semantic/") and one.endswith(".png"))
        archive.extract(semantic, tmp_path)
    index = np.array(Image.open(tmp_path / semantic))
    assert np.array_equal(index == 2, mask.astype(bool))

    with zipfile.ZipFile(export_of(page, project, "voc", tmp_path / "voc.zip", border="2")) as archive:
        classes = next(one for one in archive.namelist() if one.startswith("SegmentationClass/"))
        archive.extract(classes, tmp_path)
    index = np.array(Image.open(tmp_path / classes))
    assert set(np.unique(index)) == {0, 2, 255}
    assert not (index == 2)[~mask.astype(bool)].any()
