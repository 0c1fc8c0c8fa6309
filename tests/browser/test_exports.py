"""The Exports tab in a real browser: what a format would lose, a frozen version, and what changed since."""

import uuid
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect

from labeling import masks
from tests.browser.people import ENCODED, PHOTOGRAPHS, csrf, make_project

PATIENCE = 60_000


def keep(page: Page, image: int, version: int, counts: str, category: int) -> dict[str, Any]:
    """Keep an object as the editor does."""
    data = {"version": version, "uid": str(uuid.uuid4()), "category": category, "counts": counts, "clicks": []}
    answer = page.request.post(f"/api/images/{image}/annotations", data=data, headers=csrf(page))
    assert answer.ok, answer.text()
    return dict(answer.json())


def square(photograph: Path, x: int, y: int, size: int) -> str:
    width, height = Image.open(photograph).size
    return masks.encode_patch(np.ones((size, size), bool), x, y, height, width)


def test_losses_a_version_and_what_changed(manager_page: Page) -> None:
    page = manager_page
    photograph = PHOTOGRAPHS[0]
    project = make_project(page, [photograph], classes=[{"name": "cow"}, {"name": "grass", "kind": "stuff"}])
    page.goto(f"/projects/{project}/images")
    expect(page.locator("[data-images] .image-card")).to_have_count(1, timeout=ENCODED)
    image = page.request.get(f"/api/projects/{project}/images").json()["results"][0]["id"]
    for version, (place, category) in enumerate([(20, 1), (40, 2)]):
        keep(page, image, version, square(photograph, place, place, 50), category)

    # The default, COCO, loses the order alone; PNG the pixels that two objects share.
    page.goto(f"/projects/{project}/exports")
    form = page.locator("[data-export-form]")
    losses = page.locator("[data-losses]")
    expect(losses).to_contain_text("1 image, 2 objects", timeout=PATIENCE)
    form.get_by_label("Format").select_option("png")
    expect(losses).to_contain_text("2 objects share pixels with others: the upper one gets these pixels")
    form.get_by_label("Format").select_option("coco")
    shown = form.locator("fieldset:not([hidden])")
    expect(shown.get_by_label("Percent for validation, of a share")).to_be_hidden()
    shown.get_by_label("Held out from training").select_option("hash")
    expect(shown.get_by_label("Percent for validation, of a share")).to_be_visible()
    shown.get_by_label("Held out from training").select_option("none")

    # A version from the start, then an export that becomes one.
    form.get_by_label("Freeze as a version").fill("spring")
    page.get_by_role("button", name="Export", exact=True).click()
    versions = page.locator("[data-versions]")
    expect(versions.get_by_text("spring", exact=True)).to_be_visible()
    expect(versions.locator("code")).to_contain_text("SHA-256", timeout=PATIENCE)
    keep(page, image, 2, square(photograph, 150, 100, 30), 1)
    page.get_by_role("button", name="Export", exact=True).click()
    made = page.locator("[data-export-list] .export")
    made.get_by_text("Freeze …").click(timeout=PATIENCE)
    made.get_by_label("Name of the version").fill("summer")
    made.get_by_role("button", name="Freeze", exact=True).click()
    summer = versions.locator(".export", has_text="summer")
    summer.get_by_text("What changed").click()
    expect(summer).to_contain_text("Since “spring”: 0 images added, 0 removed, 1 changed.")
    expect(summer.get_by_role("row", name="cow 1 0 0")).to_be_visible()
    with page.expect_download() as download:
        summer.get_by_role("link", name="Download all changes (JSON)").click()
    assert '"images_changed"' in Path(download.value.path()).read_text()

    # The menu that exports selected images says the same of them.
    page.goto(f"/projects/{project}/images")
    expect(page.locator("[data-images] .image-card")).to_have_count(1, timeout=ENCODED)
    page.locator("[data-slot=select]").nth(0).check(force=True)
    menu = page.locator("details", has=page.locator("[data-act=export]"))
    menu.locator("summary").click()
    menu.locator("[name=format]").select_option("png")
    expect(menu).to_contain_text("2 objects share pixels with others", timeout=PATIENCE)
