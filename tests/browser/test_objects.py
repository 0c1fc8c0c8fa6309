"""The list of kept objects, panoptic projects, how things are shown: as a person does it, with the hand tools."""

import json
import re
from itertools import combinations
from typing import Any

from playwright.sync_api import Locator, Page, expect

from labeling import masks
from tests.browser.people import PHOTOGRAPHS, EditorPage, csrf, make_project, open_image

SHOWN = re.compile(r"\d")  # `data-view`, once the picture has its place


def paint(editor: EditorPage, y: float, x: float = 60, to: float = 200, category: str = "1") -> int:
    """A stroke from left to right, kept; its area."""
    editor.page.keyboard.press("b")
    editor.drag((x, y), (to, y))
    editor.changed(0)
    return editor.keep(category)


def row(editor: EditorPage, index: int) -> Locator:
    return editor.objects.nth(index).get_by_role("button").first


def uids(editor: EditorPage) -> list[str]:
    return [one.get_attribute("data-uid") or "" for one in editor.objects.all()]


def areas(editor: EditorPage) -> list[int]:
    return [int(one.get_attribute("data-area") or 0) for one in editor.objects.all()]


def kept(page: Page) -> list[dict[str, Any]]:
    """The image's objects as the server has them."""
    image = json.loads(page.locator("#editor-data").inner_text())["image"]["id"]
    found: list[dict[str, Any]] = page.request.get(f"/api/images/{image}/annotations").json()["annotations"]
    return found


def test_objects_are_chosen_together_merged_ordered_and_asked_about(manager_page: Page) -> None:
    page = manager_page
    project = make_project(page, PHOTOGRAPHS[:1])
    page.goto(f"/projects/{project}/settings")
    form = page.locator("#attributes")
    for name, kind, choices in (("pose", "choice", "standing, lying"), ("occluded", "flag", "")):
        form.get_by_role("button", name="Add attribute").click()
        last = form.locator("[data-row]:not([hidden])").last
        last.get_by_label("Name").fill(name)
        last.get_by_label("Kind").select_option(kind)
        if choices:
            last.get_by_label("Choices").fill(choices)
    form.get_by_role("button", name="Save attributes").click()
    expect(page.get_by_text("Attributes saved.")).to_be_visible()

    editor = open_image(page, project)
    expect(editor.canvas).to_have_attribute("data-view", SHOWN)
    first, second, third = (paint(editor, y) for y in (40, 100, 160))
    low, middle, high = uids(editor)

    # Two are merged, taken apart again, and all of it is undone.
    row(editor, 0).click(modifiers=["Control"])
    row(editor, 2).click(modifiers=["Control"])
    page.keyboard.press("m")
    expect(editor.objects).to_have_count(2)
    assert areas(editor) == [first + third, second]
    page.keyboard.press("Shift+M")
    expect(editor.objects).to_have_count(3)
    assert sorted(areas(editor)) == sorted([first, second, third])
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    expect(editor.objects).to_have_count(3)
    assert uids(editor) == [low, middle, high]

    # The drawing order, by key and by dragging a row; it is the server's.
    page.keyboard.press("Escape")
    row(editor, 0).click(modifiers=["Control"])
    page.keyboard.press("PageUp")
    expect(editor.objects.nth(1)).to_have_attribute("data-uid", low)
    box = editor.objects.nth(2).bounding_box()
    assert box is not None
    row(editor, 0).drag_to(editor.objects.nth(2), target_position={"x": 60, "y": box["height"] - 4})
    expect(editor.objects.nth(2)).to_have_attribute("data-uid", middle)
    editor.wait_saved()
    assert [one["uid"] for one in kept(page)] == uids(editor) == [low, high, middle]

    # Attributes of two at once; the class of both by its key.
    page.keyboard.press("Escape")
    row(editor, 0).click(modifiers=["Control"])
    row(editor, 1).click(modifiers=["Shift"])
    page.keyboard.press("2")
    page.keyboard.press("Shift+T")
    page.keyboard.press("l")  # the choice that begins with it
    page.keyboard.press("Enter")
    page.get_by_label("occluded").check()
    editor.wait_saved()
    said = [(one["category"], one["attributes"]) for one in kept(page)]
    assert said == [(2, {"1": "lying", "2": True}), (2, {"1": "lying", "2": True}), (1, {})]

    # A locked object is not opened, cut nor deleted; a hidden one stays in the list. Both outlast a reload.
    editor.objects.nth(0).hover()
    editor.objects.nth(0).get_by_test_id("lock").click()
    row(editor, 0).click()
    page.keyboard.press("Delete")
    expect(page.get_by_test_id("toast")).to_contain_text("Locked")
    editor.objects.nth(1).hover()
    editor.objects.nth(1).get_by_test_id("hide-one").click()
    page.reload()
    expect(editor.objects).to_have_count(3)
    expect(editor.objects.nth(0)).to_have_attribute("data-locked", "true")
    expect(editor.objects.nth(1)).to_have_attribute("data-hidden", "true")
    # Undo goes on after the reload, batch by batch: the flag, the choice, the class.
    for _ in range(3):
        page.keyboard.press("Control+z")
    editor.wait_saved()
    assert [(one["category"], one["attributes"]) for one in kept(page)] == [(1, {})] * 3


def test_in_a_panoptic_project_each_pixel_belongs_to_one_object(manager_page: Page) -> None:
    page = manager_page
    project = make_project(page, PHOTOGRAPHS[1:2])
    editor = open_image(page, project)
    expect(editor.canvas).to_have_attribute("data-view", SHOWN)
    view = json.loads(page.locator("#editor-data").inner_text())["image"]

    def bits() -> list[Any]:
        return [masks.decode(one["counts"], view["height"], view["width"]) for one in kept(page)]

    def overlapping() -> int:
        return sum(int((one & other).sum()) for one, other in combinations(bits(), 2))

    paint(editor, 60, 40, 160)
    paint(editor, 60, 120, 240, "2")
    shared = overlapping()
    assert shared > 0

    # The manager is told what overlaps, and lets the upper objects keep it.
    editor_url = page.url
    page.goto(f"/projects/{project}/settings#panoptic")
    page.get_by_role("button", name="Turn on panoptic mode").click()
    expect(page.get_by_role("alert")).to_contain_text("1 pair of objects overlaps on 1 image.")
    expect(page.get_by_role("link", name=PHOTOGRAPHS[1].name)).to_be_visible()
    page.get_by_role("button", name="Keep the top object's pixels").click()
    page.get_by_role("dialog").get_by_role("button", name="Keep the top object's pixels").click()
    expect(page.get_by_text("Panoptic mode is on:")).to_be_visible()

    # What is painted takes from both; one undo gives all of it back.
    page.goto(editor_url)
    expect(editor.objects).to_have_count(2)
    assert overlapping() == 0
    before = areas(editor)
    page.keyboard.press("b")
    editor.drag((100, 60), (180, 60))
    wanted = editor.changed(0)
    expect(page.get_by_test_id("claims")).to_contain_text(f"takes {wanted:,} px from 2")
    page.keyboard.press("Enter")
    expect(editor.objects).to_have_count(3)
    editor.wait_saved()
    assert sum(areas(editor)) == sum(before)
    assert overlapping() == 0
    page.keyboard.press("Control+z")
    expect(editor.objects).to_have_count(2)
    assert areas(editor) == before

    # With Y it gets free pixels only, and nothing is left of this one: it stays open, and that is said.
    page.keyboard.press("y")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("toast")).to_contain_text("belong to other objects")
    expect(editor.canvas).to_have_attribute("data-area", str(wanted))
    page.keyboard.press("b")
    editor.drag((180, 60), (180, 110))
    editor.changed(wanted)
    page.keyboard.press("Enter")
    expect(editor.objects).to_have_count(3)
    editor.wait_saved()
    assert areas(editor)[:2] == before
    assert overlapping() == 0

    # The server holds the rule, whoever writes.
    one = kept(page)[0]
    body = {"version": 10**6, "uid": "11111111-1111-4111-8111-111111111111", "category": 1, "clicks": []}
    url = f"/api/images/{view['id']}/annotations"
    body["version"] = page.request.get(url).json()["version"]
    answer = page.request.post(url, data={**body, "counts": one["counts"]}, headers=csrf(page))
    assert answer.status == 422
    assert answer.json()["error"]["objects"][0]["other"] == one["uid"]


def test_the_view_is_zoomed_adjusted_and_remembered(manager_page: Page) -> None:
    page = manager_page
    project = make_project(page, PHOTOGRAPHS[2:3])
    editor = open_image(page, project)
    expect(editor.canvas).to_have_attribute("data-view", SHOWN)
    paint(editor, 80)
    zoom = page.get_by_test_id("zoom")

    # From 2 % to 6400 %, to the object, and back to all of it.
    for key, end in (("+", "6400 %"), ("-", "2 %")):
        for _ in range(40):
            page.keyboard.press(key)
        expect(zoom).to_have_text(end)
    page.keyboard.press("f")
    fitted = editor.view()
    expect(page.get_by_test_id("minimap")).to_have_count(0)
    row(editor, 0).click(modifiers=["Control"])
    page.keyboard.press("z")
    assert editor.view()[0] > 1.5 * fitted[0]
    x, y = editor.at(130, 80)
    middle = editor.canvas.bounding_box()
    assert middle is not None
    assert abs(x - middle["x"] - middle["width"] / 2) < 40
    minimap = page.get_by_test_id("minimap")
    before = editor.view()
    box = minimap.bounding_box()
    assert box is not None
    minimap.click(position={"x": box["width"] - 20, "y": box["height"] - 20})
    assert editor.view()[1] < before[1] - 100

    # Brightness and a channel change what is seen, not what is kept; brushing goes on.
    def pixel() -> list[int]:
        return page.evaluate(
            "() => { const c = document.querySelector('[data-layer=picture]');"
            " return [...c.getContext('2d').getImageData(c.width / 2, c.height / 2, 1, 1).data]; }"
        )

    page.keyboard.press("f")
    page.wait_for_timeout(200)
    plain = pixel()
    page.keyboard.press("w")
    slider = page.get_by_test_id("display-brightness")
    slider.focus()
    for _ in range(5):  # of 5 % each
        slider.press("ArrowRight")
    expect(page.get_by_test_id("position")).to_have_text("1 / 1")  # the arrows are the slider's
    page.get_by_test_id("display-panel").get_by_role("button", name="G", exact=True).click()
    page.wait_for_timeout(200)
    changed = pixel()
    assert changed[0] == changed[1] == changed[2]
    assert abs(changed[1] - min(255, plain[1] + 64)) <= 2
    page.keyboard.press("Escape")
    page.keyboard.press("u")
    page.reload()
    expect(editor.objects).to_have_count(1)
    expect(page.get_by_test_id("display-settings")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("w")
    expect(page.get_by_test_id("display-outlines")).to_be_checked()
    expect(page.get_by_test_id("display-brightness")).to_have_attribute("aria-valuetext", "+25 %")
    page.get_by_role("button", name="Reset").click()
    expect(page.get_by_test_id("display-brightness")).to_have_attribute("aria-valuetext", "0 %")
