"""The editor as a desktop application: selecting, opening, classes at once, panels in small windows, hints, notices."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect

from tests.browser.people import PHOTOGRAPHS, EditorPage, make_project, open_image, size_of
from tests.browser.test_objects import SHOWN, kept, paint, row, uids

LAPTOP: ViewportSize = {"width": 1024, "height": 640}
PHONE: ViewportSize = {"width": 390, "height": 844}
NAMES = [
    "person",
    "x" * 80,
    "A class name of sixty-eight characters that once pushed its key away",
    "מכונית גדולה מאוד עם שם ארוך מאוד שלא נכנס בשורה",
    "信号機と横断歩道を渡る人々の非常に長いクラス名称です",
    "ground",
]


def classes(names: list[str]) -> list[dict[str, Any]]:
    return [
        {"name": name, "color": "#2e86ab", "hotkey": index + 1 if index < 9 else None, "kind": "thing"}
        for index, name in enumerate(names)
    ]


@pytest.fixture
def editor(manager_page: Page) -> EditorPage:
    """A project of one photograph with six classes, most of them with long names."""
    project = make_project(manager_page, PHOTOGRAPHS[:1], classes=classes(NAMES))
    opened = open_image(manager_page, project)
    expect(opened.canvas).to_have_attribute("data-view", SHOWN)
    return opened


def selected(editor: EditorPage) -> list[str]:
    rows = editor.page.locator("[data-testid=object][aria-current=true]")
    return [one.get_attribute("data-uid") or "" for one in rows.all()]


def closed(editor: EditorPage) -> None:
    expect(editor.page.get_by_test_id("open-object")).to_have_count(0)


def test_the_list_selects_like_every_desktop_program(editor: EditorPage) -> None:
    page = editor.page
    for y in (40, 100, 160, 220):
        paint(editor, y)
    all_of_them = uids(editor)

    row(editor, 1).click()
    closed(editor)
    assert selected(editor) == all_of_them[1:2]
    page.keyboard.press("ArrowDown")
    assert selected(editor) == all_of_them[2:3]
    page.keyboard.press("Shift+ArrowDown")
    assert selected(editor) == all_of_them[2:]
    page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("Shift+ArrowUp")
    assert selected(editor) == all_of_them[1:3]
    row(editor, 3).click(modifiers=["Control"])
    assert selected(editor) == all_of_them[1:]
    row(editor, 0).click()
    assert selected(editor) == all_of_them[:1]
    page.keyboard.press("Control+a")
    assert selected(editor) == all_of_them
    closed(editor)

    # Enter and a double click open; Enter then keeps, and nothing was changed.
    page.keyboard.press("Escape")
    assert selected(editor) == []
    row(editor, 2).click()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("open-object")).to_be_visible()
    page.keyboard.press("Enter")
    closed(editor)
    row(editor, 3).dblclick()
    expect(page.get_by_test_id("open-object")).to_be_visible()
    page.keyboard.press("Escape")
    closed(editor)
    assert uids(editor) == all_of_them


def test_the_class_of_kept_objects_changes_at_once(editor: EditorPage) -> None:
    page = editor.page
    for y in (40, 100):
        paint(editor, y)

    def saved_classes() -> list[int]:
        editor.wait_saved()
        return [one["category"] for one in kept(page)]

    pressed = page.locator("[data-testid=class][aria-pressed=true]")
    row(editor, 0).click()
    page.keyboard.press("6")
    expect(editor.objects.nth(0)).to_have_attribute("data-class", "6")
    expect(pressed).to_have_attribute("data-class", "6")
    closed(editor)
    assert saved_classes() == [6, 1]
    row(editor, 1).click(modifiers=["Shift"])
    expect(pressed).to_have_count(0)  # two classes
    page.get_by_test_id("class").nth(2).click()
    expect(editor.objects.nth(1)).to_have_attribute("data-class", "3")
    assert saved_classes() == [3, 3]

    # The same for one that is open: saved before Enter, and undo takes it back.
    row(editor, 1).dblclick()
    page.keyboard.press("2")
    expect(editor.objects.nth(1)).to_have_attribute("data-class", "2")
    assert saved_classes() == [3, 2]
    page.keyboard.press("Control+z")
    assert saved_classes() == [3, 3]
    page.keyboard.press("Escape")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    assert saved_classes() == [1, 1]


def test_a_double_click_opens_the_kept_object_there(editor: EditorPage) -> None:
    editor.wait_ready()
    width, height = size_of(editor)
    page = editor.page
    editor.click(width / 2, height / 2)
    area = editor.keep("1")
    for key in ("c", "r"):
        page.keyboard.press(key)
        page.mouse.dblclick(*editor.at(width / 2 + 20, height / 2))
        expect(page.locator("[data-testid=object][aria-current=true]")).to_have_count(1)
        assert editor.settled() == area
        expect(editor.canvas).to_have_attribute("data-clicks", "1")
        page.keyboard.press("Escape")
        closed(editor)
    expect(editor.objects).to_have_count(1)
    # The box tool is still there.
    expect(editor.canvas).to_have_attribute("data-tool", "box")


def inside(one: Locator, other: Locator) -> bool:
    """Whether all of the first is within the second."""
    inner, outer = one.bounding_box(), other.bounding_box()
    assert inner is not None
    assert outer is not None
    return (
        inner["x"] >= outer["x"]
        and inner["y"] >= outer["y"]
        and inner["x"] + inner["width"] <= outer["x"] + outer["width"] + 0.5
        and inner["y"] + inner["height"] <= outer["y"] + outer["height"] + 0.5
    )


def test_every_class_and_its_key_is_seen_in_a_low_window(editor: EditorPage) -> None:
    page = editor.page
    paint(editor, 40, category="2")
    page.set_viewport_size(LAPTOP)
    page.reload()
    expect(editor.objects).to_have_count(1)
    panel = page.locator(".panels-above")
    for index in range(len(NAMES)):
        one = page.get_by_test_id("class").nth(index)
        assert inside(one.locator("kbd"), panel), NAMES[index]
        assert inside(one, panel), NAMES[index]
        assert NAMES[index] in (one.get_attribute("title") or "")
    # A title folds its panel, and that is remembered.
    page.get_by_role("button", name="Class", exact=True).click()
    expect(page.get_by_test_id("class").first).to_be_hidden()
    page.reload()
    expect(page.get_by_role("button", name="Class", exact=True)).to_have_attribute("aria-expanded", "false")
    expect(page.get_by_test_id("class").first).to_be_hidden()
    page.keyboard.press("3")
    page.get_by_role("button", name="Class", exact=True).click()
    expect(page.get_by_test_id("class").nth(2)).to_have_attribute("aria-pressed", "true")


def test_sixty_classes_leave_room_for_the_rest(manager_page: Page) -> None:
    page = manager_page
    page.set_viewport_size(LAPTOP)
    project = make_project(page, PHOTOGRAPHS[:1], classes=classes([f"class {number}" for number in range(60)]))
    editor = open_image(page, project)
    expect(editor.canvas).to_have_attribute("data-view", SHOWN)
    for one in (page.get_by_test_id("text-search"), page.get_by_role("heading", name="Objects")):
        assert inside(one, page.locator(".panels"))
    expect(page.get_by_test_id("class")).to_have_count(60)
    page.get_by_test_id("class").nth(40).click()
    assert inside(page.get_by_test_id("class").nth(40), page.locator(".class-choices"))


def test_a_phone_is_told_what_works_there(editor: EditorPage) -> None:
    page = editor.page
    paint(editor, 40)
    page.set_viewport_size(PHONE)
    told = page.get_by_test_id("small-window")
    expect(told).to_contain_text("too small for labeling")
    expect(page.get_by_test_id("canvas")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

    page.get_by_test_id("small-view").click()
    expect(editor.canvas).to_have_attribute("data-view", SHOWN)
    for name in ("tool-brush", "finish", "object"):
        expect(page.get_by_test_id(name).first).to_be_hidden()
    page.mouse.click(*editor.at(100, 100))
    page.keyboard.press("2")
    closed(editor)
    assert [one["category"] for one in kept(page)] == [1]

    page.get_by_test_id("view-only").click()
    expect(page.get_by_test_id("tool-brush")).to_be_visible()
    paint(editor, 100)
    # A wider window is the editor as ever.
    page.set_viewport_size(LAPTOP)
    expect(page.get_by_test_id("view-only")).to_have_count(0)
    expect(page.get_by_test_id("tool-brush")).to_be_visible()


def test_the_hint_is_about_the_tool_in_use(editor: EditorPage) -> None:
    page, hint = editor.page, editor.page.get_by_test_id("hint")
    editor.wait_ready()
    for key, words in (("c", "Click an object"), ("r", "Drag a box"), ("b", "Draw an object"), ("p", "corners")):
        page.keyboard.press(key)
        expect(hint).to_contain_text(words)
    page.mouse.click(*editor.at(60, 60))
    expect(hint).to_contain_text("removes the last corner")
    page.keyboard.press("Escape")
    paint(editor, 40)
    row(editor, 0).click()
    expect(hint).to_contain_text("opens it")


def test_sliders_say_what_they_do_at_both_ends(editor: EditorPage) -> None:
    page = editor.page
    page.keyboard.press("w")
    panel = page.get_by_test_id("display-panel")
    ends = {"brightness": ("-100 %", "+100 %"), "contrast": ("-100 %", "+100 %"), "gamma": ("0.20", "5.00")}
    for name, (least, most) in {**ends, "fill": ("0 %", "100 %")}.items():
        slider = panel.get_by_test_id(f"display-{name}")
        shown = slider.locator("xpath=following-sibling::output")
        slider.focus()
        for key, words in (("Home", least), ("End", most)):
            page.keyboard.press(key)
            expect(shown).to_have_text(words)
            expect(slider).to_have_attribute("aria-valuetext", words)
        before = shown.inner_text()
        page.keyboard.press("ArrowLeft")
        expect(shown).not_to_have_text(before)


def test_offline_is_one_notice_with_one_button(editor: EditorPage) -> None:
    page = editor.page
    page.context.set_offline(True)
    page.keyboard.press("b")
    editor.drag((60, 40), (200, 40))
    editor.changed(0)
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("save-state")).to_have_attribute("data-state", "offline")
    expect(page.locator("[data-banner=lost]")).to_be_visible()
    expect(page.locator("[data-banner=lost]")).to_have_count(1)
    expect(page.get_by_role("button", name=re.compile("try", re.IGNORECASE))).to_have_count(1)
    page.context.set_offline(False)  # the browser says so, and the change is sent
    editor.wait_saved()
