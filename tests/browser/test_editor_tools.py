"""Prompts, hand tools and undo as an annotator uses them, on the demo project's photographs."""

import math
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import ENCODED, EditorPage, open_demo_project, open_tab

SHOWN = re.compile(r"\d")  # `data-view`, once the picture has its place
# Each test has a photograph of its own: what one keeps the others don't see.
PROMPTS, MIXED, TOOLS, JOURNAL, DRAWN = range(5)


@pytest.fixture
def open_demo(annotator_page: Page) -> Callable[[int], EditorPage]:
    """Opens photograph number n of the demo project."""

    def open_number(number: int) -> EditorPage:
        page = annotator_page
        open_demo_project(page)
        open_tab(page, "Images")
        cards = page.locator("[data-images] .image-card__link[href]")
        expect(cards.nth(number)).to_be_attached(timeout=ENCODED)
        page.goto(cards.nth(number).get_attribute("href") or "")
        return EditorPage(page)

    return open_number


def size(editor: EditorPage) -> tuple[float, float]:
    """The picture's width and height."""
    words = (editor.canvas.get_attribute("aria-label") or "").split(" pixels")[0].split()
    return float(words[-3]), float(words[-1])


def test_box_dots_and_preview(open_demo: Callable[[int], EditorPage]) -> None:
    editor = open_demo(PROMPTS)
    editor.wait_ready()
    page, (width, height) = editor.page, size(editor)

    # Hold Q: what a click would select, and nothing is begun by it.
    page.mouse.move(*editor.at(width / 2, height / 2))
    page.keyboard.down("q")
    expect(editor.canvas).not_to_have_attribute("data-preview", "")
    assert int(editor.canvas.get_attribute("data-preview") or 0) > 0
    page.keyboard.up("q")
    expect(editor.canvas).to_have_attribute("data-preview", "")
    expect(editor.canvas).to_have_attribute("data-clicks", "0")

    # A box is an object without a click, and clicks go on from it.
    page.keyboard.press("r")
    editor.drag((width * 0.25, height * 0.25), (width * 0.75, height * 0.8))
    boxed = editor.changed(0)
    expect(editor.canvas).to_have_attribute("data-tool", "box")
    expect(editor.canvas).to_have_attribute("data-clicks", "0")
    editor.click(width / 2, height / 2)
    clicked = editor.click(width * 0.1, height * 0.1, negative=True)

    # A dot is dragged, deleted, and both are undone.
    editor.drag((width * 0.1, height * 0.1), (width * 0.45, height * 0.55))
    moved = editor.changed(clicked)
    expect(editor.canvas).to_have_attribute("data-clicks", "2")
    page.mouse.click(*editor.at(width * 0.45, height * 0.55), button="right")
    expect(editor.canvas).to_have_attribute("data-clicks", "1")
    editor.changed(moved)
    for area in (moved, clicked):
        page.keyboard.press("Control+z")
        expect(editor.canvas).to_have_attribute("data-clicks", "2")
        assert editor.settled() == area
    for _ in range(2):
        page.keyboard.press("Control+z")
    expect(editor.canvas).to_have_attribute("data-clicks", "0")
    assert editor.settled() == boxed


def test_clicking_and_drawing_in_turn_loses_neither(open_demo: Callable[[int], EditorPage]) -> None:
    editor = open_demo(MIXED)
    editor.wait_ready()
    page, (width, height) = editor.page, size(editor)
    clicked = editor.click(width / 2, height / 2)
    # A stroke far away from it, then a click: the stroke stays, the dots stay.
    page.keyboard.press("b")
    editor.drag((10, 10), (60, 10))
    drawn = editor.changed(clicked)
    page.keyboard.press("c")
    both = editor.click(width * 0.52, height * 0.52)
    expect(editor.canvas).to_have_attribute("data-clicks", "2")
    page.keyboard.press("e")
    editor.drag((10, 10), (60, 10))
    without = editor.changed(both)
    assert both - without >= drawn - clicked > 0
    # Back and forth, step by step, with the very same masks.
    for area in (both, drawn, clicked):
        page.keyboard.press("Control+z")
        expect(editor.canvas).to_have_attribute("data-area", str(area))
    for area in (drawn, both, without):
        page.keyboard.press("Control+Shift+z")
        expect(editor.canvas).to_have_attribute("data-area", str(area))
    assert editor.settled() == without
    assert editor.keep("1") == without


def test_the_hand_tools(open_demo: Callable[[int], EditorPage]) -> None:
    editor = open_demo(TOOLS)
    expect(editor.canvas).to_have_attribute("data-view", SHOWN)
    page = editor.page

    def press(key: str) -> int:
        before = editor.area()
        page.keyboard.press(key)
        return editor.changed(before)

    # A polygon of whole pixels, closed with Enter.
    page.keyboard.press("p")
    for corner in ((100, 100), (300, 100), (300, 250), (100, 250)):
        page.mouse.click(*editor.at(*corner))
    page.keyboard.press("Enter")
    square = editor.changed(0)
    assert square == pytest.approx(200 * 150, rel=0.03)  # the pointer is on whole screen pixels
    # A lasso with the right button cuts a hole; O fills it again; K drops what lies apart.
    page.keyboard.press("l")
    editor.drag((150, 150), (250, 150), (250, 200), (150, 200), button="right")
    holed = editor.changed(square)
    assert square - holed == pytest.approx(100 * 50, rel=0.1)
    assert press("o") == square
    page.keyboard.press("b")
    for smaller in ("16 px", "13 px", "10 px"):
        page.keyboard.press("[")
        expect(page.get_by_test_id("brush-size")).to_have_text(smaller)
    page.mouse.click(*editor.at(400, 300))
    dotted = editor.changed(square)
    assert dotted - square == pytest.approx(math.pi * 25, rel=0.1)
    assert press("k") == square
    # Shift: a straight line from the last stroke's end.
    page.mouse.click(*editor.at(400, 300))
    dotted = editor.changed(square)
    page.keyboard.down("Shift")
    page.mouse.click(*editor.at(500, 300))
    page.keyboard.up("Shift")
    lined = editor.changed(dotted)
    assert lined - dotted == pytest.approx(100 * 10, rel=0.1)
    # Grow and shrink are opposites on straight edges; smoothing rounds corners off.
    assert press("k") == square
    assert press("g") > square
    assert press("Shift+G") == square
    assert 0 < square - press("s") < 100
    expect(editor.canvas).to_have_attribute("data-settled", "true")  # no server was needed for any of it
    smoothed = editor.area()
    assert editor.keep("2") == smoothed


def test_undo_goes_object_by_object_and_survives_a_reload(open_demo: Callable[[int], EditorPage]) -> None:
    editor = open_demo(JOURNAL)
    page = editor.page
    expect(editor.canvas).to_have_attribute("data-view", SHOWN)
    page.keyboard.press("b")
    areas = []
    for y in (60, 120):
        editor.drag((40, y), (140, y))
        editor.changed(0)
        areas.append(editor.keep("1"))
    # Inside an open object undo never gets to another one.
    editor.drag((40, 180), (140, 180))
    first = editor.changed(0)
    editor.drag((40, 200), (140, 200))
    second = editor.changed(first)
    for _ in range(5):
        page.keyboard.press("Control+z")
    expect(editor.canvas).to_have_attribute("data-area", "0")
    expect(editor.objects).to_have_count(2)
    for area in (first, second):
        page.keyboard.press("Control+y")
        expect(editor.canvas).to_have_attribute("data-area", str(area))
    # The open object with its steps is there after a reload.
    page.reload()
    expect(editor.canvas).to_have_attribute("data-area", str(second))
    page.keyboard.press("Control+z")
    expect(editor.canvas).to_have_attribute("data-area", str(first))
    page.keyboard.press("Escape")
    # Without an open object undo takes back what was done last: cancelling, then keeping, which opens it again.
    page.keyboard.press("Control+z")
    expect(editor.canvas).to_have_attribute("data-area", str(first))
    page.keyboard.press("Escape")
    page.get_by_test_id("delete").first.click()
    expect(editor.objects).to_have_count(1)
    editor.wait_saved()
    page.reload()
    expect(editor.objects).to_have_count(1)
    page.keyboard.press("Control+z")
    expect(editor.objects).to_have_count(2)
    page.keyboard.press("Control+z")  # the cancelled object is open again
    expect(editor.canvas).to_have_attribute("data-area", str(first))
    page.keyboard.press("Control+y")  # and cancelled again
    expect(editor.canvas).to_have_attribute("data-area", "0")
    page.keyboard.press("Control+z")
    page.keyboard.press("Enter")
    expect(editor.objects).to_have_count(3)
    page.keyboard.press("Control+z")  # kept, and taken back: open as it was
    expect(editor.objects).to_have_count(2)
    expect(editor.canvas).to_have_attribute("data-area", str(first))
    editor.wait_saved()
    page.keyboard.press("Control+y")
    expect(editor.objects).to_have_count(3)
    editor.wait_saved()
    page.reload()
    expect(editor.objects).to_have_count(3)
    shown = {int(row.get_attribute("data-area") or 0) for row in editor.objects.all()}
    assert shown == {*areas, first}


def test_what_was_drawn_is_refined_by_clicks(open_demo: Callable[[int], EditorPage]) -> None:
    editor = open_demo(DRAWN)
    editor.wait_ready()
    page, (width, height) = editor.page, size(editor)
    page.keyboard.press("p")
    for x, y in ((0.3, 0.3), (0.6, 0.3), (0.6, 0.6), (0.3, 0.6)):
        page.mouse.click(*editor.at(width * x, height * y))
    page.keyboard.press("Enter")
    drawn = editor.changed(0)
    assert editor.keep("1") == drawn
    page.keyboard.press("c")
    editor.objects.first.get_by_role("button").first.dblclick()
    expect(editor.canvas).to_have_attribute("data-area", str(drawn))
    refined = editor.click(width * 0.35, height * 0.35, negative=True)
    assert refined != drawn
    page.keyboard.press("Control+z")
    assert editor.settled() == drawn
    page.keyboard.press("Control+y")
    assert editor.settled() == refined
    page.keyboard.press("Enter")
    expect(editor.objects.first).to_have_attribute("data-area", str(refined))
    editor.wait_saved()
