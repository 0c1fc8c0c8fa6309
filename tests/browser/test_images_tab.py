"""The list of images in a real browser: filters in the address, selecting, one action on many, back to the place."""

import re

from playwright.sync_api import Page, expect

from tests.browser.people import ENCODED, PHOTOGRAPHS, make_project


def test_select_tag_filter_undo_and_come_back(manager_page: Page) -> None:
    page = manager_page
    project = make_project(page, PHOTOGRAPHS[:4])
    page.goto(f"/projects/{project}/images")
    cards = page.locator("[data-images] .image-card")
    expect(cards).to_have_count(4, timeout=ENCODED)

    expect(page.get_by_role("navigation", name="Project").get_by_role("link", name="Images")).to_be_visible()
    # A click and Shift: three of the four; a tag for them.
    boxes = page.locator("[data-slot=select]")
    boxes.nth(0).check(force=True)
    boxes.nth(2).click(modifiers=["Shift"], force=True)
    bar = page.get_by_role("region", name="Selected images")
    expect(bar).to_contain_text("3 images selected")
    bar.get_by_text("Tag", exact=True).first.click()
    bar.locator("form[data-act=tag] input[name=tag]").fill("night")
    bar.get_by_role("button", name="Add tag").click()
    expect(page.locator("#toasts")).to_contain_text("3 images tagged “night”")
    expect(cards.filter(has_text="#night")).to_have_count(3)
    expect(page.get_by_label("Tag", exact=True).locator("option")).to_have_text(["Any tag", "night"])
    page.get_by_role("button", name="Undo").click()
    expect(cards.filter(has_text="#night")).to_have_count(0)

    # A filter stands in the address, survives a reload, and "all that match" needs no scrolling.
    page.get_by_label("Search by name").fill(PHOTOGRAPHS[1].name)
    expect(cards).to_have_count(1)
    assert f"q={PHOTOGRAPHS[1].name}" in page.url
    page.reload()
    expect(cards).to_have_count(1)
    page.get_by_role("button", name="Clear filters").click()
    expect(cards).to_have_count(4)
    page.keyboard.press("Escape")
    boxes.nth(0).check(force=True)
    bar.get_by_role("button", name="Select all 4").click()
    expect(bar).to_contain_text("4 images selected")
    page.keyboard.press("Escape")
    expect(bar).to_be_hidden()
    page.keyboard.press("Control+a")
    expect(bar).to_contain_text("4 images selected")
    page.keyboard.press("Escape")

    # Into the editor and back: the same list, the same image.
    page.get_by_label("Sort").select_option("name")
    page.get_by_label("Descending").check()
    expect(page).to_have_url(re.compile("sort=name&desc=1"))
    expect(cards.nth(0)).to_contain_text(max(path.name for path in PHOTOGRAPHS[:4]))
    link = cards.nth(2).locator("[data-slot=link]")
    name = link.inner_text()
    link.click()
    page.wait_for_url("**/images/*/")
    page.go_back()
    expect(page.locator("[data-slot=link]:focus")).to_contain_text(name.strip())


def test_a_lot_is_made_filled_and_closed(manager_page: Page) -> None:
    page = manager_page
    project = make_project(page, PHOTOGRAPHS[:2])
    page.goto(f"/projects/{project}/images")
    cards = page.locator("[data-images] .image-card")
    expect(cards).to_have_count(2, timeout=ENCODED)
    page.goto(f"/projects/{project}/lots")
    form = page.locator("[data-new-lot]")
    form.locator("[name=name]").fill("First week")
    form.locator("[name=folds]").fill("9")
    form.get_by_role("button", name="Create lot").click()
    expect(form.get_by_role("alert")).to_contain_text("may label in this project")
    form.locator("[name=folds]").fill("1")
    form.get_by_role("button", name="Create lot").click()
    expect(page.locator("[data-lot]")).to_have_count(2)

    page.goto(f"/projects/{project}/images")
    expect(cards).to_have_count(2)
    page.locator("[data-slot=select]").nth(0).check(force=True)
    bar = page.get_by_role("region", name="Selected images")
    bar.get_by_text("Lot", exact=True).first.click()
    bar.locator("form[data-act=lot] select").select_option("First week")
    bar.get_by_role("button", name="Move").click()
    expect(page.locator("#toasts")).to_contain_text("1 image moved to “First week”")
    page.goto(f"/projects/{project}/lots")
    row = page.locator("[data-lot]").filter(has=page.locator("input[value='First week']"))
    expect(row).to_contain_text("0 of 1")
    row.get_by_role("button", name="Close").click()
    expect(row).to_contain_text("Closed: nothing is handed out")
