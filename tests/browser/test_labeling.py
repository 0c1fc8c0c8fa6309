"""The annotator's job in a real browser, on real photographs."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from labeling.accounts.demo import DemoUser
from tests.browser.people import (
    GO_ON,
    KILL,
    PAUSE,
    PHOTOGRAPHS,
    EditorPage,
    add_member,
    make_project,
    open_image,
    signal_processes,
)
from tests.stack.processes import Stack

CAT = [path for path in PHOTOGRAPHS if path.stem == "kitten"]
OTHER = [path for path in PHOTOGRAPHS if path not in CAT]


@pytest.fixture
def editor(manager_page: Page) -> EditorPage:
    """The editor on the first of two photographs, ready for clicks."""
    project = make_project(manager_page, CAT + OTHER[:1])
    editor = open_image(manager_page, project)
    editor.wait_ready()
    return editor


def middle(editor: EditorPage) -> tuple[float, float]:
    """The middle of the picture, in its pixels."""
    found = re.search(r"(\d+) by (\d+) pixels", editor.canvas.get_attribute("aria-label") or "")
    assert found
    return int(found[1]) / 2, int(found[2]) / 2


def test_clicks_move_the_mask_and_can_be_taken_back(editor: EditorPage) -> None:
    x, y = middle(editor)
    first = editor.click(x, y)
    assert first > 0
    second = editor.click(x * 0.3, y * 0.3, negative=True)
    third = editor.click(x * 1.1, y * 1.2)
    assert third > 0
    editor.page.keyboard.press("Control+z")
    assert editor.settled() == second
    editor.page.keyboard.press("Control+z")
    assert editor.settled() == first
    editor.page.keyboard.press("Control+y")
    assert editor.settled() == second
    editor.page.keyboard.press("Control+Shift+z")
    assert editor.settled() == third


def test_kept_objects_are_saved_at_once_and_survive_a_reload(editor: EditorPage) -> None:
    x, y = middle(editor)
    clicked = editor.click(x, y)
    assert editor.keep("1") == clicked
    editor.click(x * 0.2, y * 0.2)
    editor.keep("2")
    areas = [row.get_attribute("data-area") for row in editor.objects.all()]
    classes = [row.get_attribute("data-class") for row in editor.objects.all()]
    assert classes == ["1", "2"]
    editor.page.reload()
    expect(editor.objects).to_have_count(2)
    assert [row.get_attribute("data-area") for row in editor.objects.all()] == areas
    assert [row.get_attribute("data-class") for row in editor.objects.all()] == classes


def test_a_kept_object_is_opened_again_and_refined(editor: EditorPage) -> None:
    x, y = middle(editor)
    editor.click(x, y)
    kept = editor.keep("1")
    editor.objects.first.get_by_role("button").first.dblclick()
    expect(editor.canvas).to_have_attribute("data-clicks", "1")
    assert editor.settled() == kept
    refined = editor.click(x * 0.3, y * 0.3, negative=True)
    editor.page.keyboard.press("Enter")
    expect(editor.objects.first).to_have_attribute("data-area", str(refined))
    editor.wait_saved()
    editor.page.reload()
    expect(editor.objects.first).to_have_attribute("data-area", str(refined))


def test_deleting_can_be_taken_back(editor: EditorPage) -> None:
    editor.click(*middle(editor))
    kept = editor.keep("1")
    editor.page.get_by_test_id("delete").click()
    expect(editor.objects).to_have_count(0)
    editor.page.get_by_test_id("toast").get_by_role("button").first.click()
    expect(editor.objects).to_have_count(1)
    editor.wait_saved()
    editor.page.reload()
    expect(editor.objects.first).to_have_attribute("data-area", str(kept))


def test_zoom_keeps_the_pixel_under_the_cursor_and_space_drag_pans(editor: EditorPage) -> None:
    x, y = middle(editor)
    place = editor.at(x * 0.6, y * 0.6)
    fitted = editor.canvas.get_attribute("data-view") or ""
    scale = editor.view()[0]
    editor.page.mouse.move(*place)
    for _ in range(4):
        editor.page.mouse.wheel(0, -100)
    expect(editor.canvas).not_to_have_attribute("data-view", fitted)
    assert editor.view()[0] > scale * 1.5
    # Chromium rounds the pointer to whole screen pixels, and the zoom enlarges what it cut off.
    assert editor.at(x * 0.6, y * 0.6) == pytest.approx(place, abs=3)
    editor.page.keyboard.down("Space")
    editor.page.mouse.down()
    editor.page.mouse.move(place[0] + 60, place[1] + 40, steps=4)
    editor.page.mouse.up()
    editor.page.keyboard.up("Space")
    assert editor.at(x * 0.6, y * 0.6) == pytest.approx((place[0] + 60, place[1] + 40), abs=4)
    assert editor.canvas.get_attribute("data-clicks") == "0"
    editor.page.keyboard.press("f")
    expect(editor.canvas).to_have_attribute("data-view", fitted)


def test_finishing_goes_on_to_the_next_image_and_ends_at_the_project(editor: EditorPage) -> None:
    page = editor.page
    first = page.url
    editor.click(*middle(editor))
    editor.keep("1")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(lambda url: url != first)
    assert "/images/" in page.url
    editor.wait_ready()
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(r"/projects/\d+/"))
    expect(page.locator("[data-count=done]").first).to_have_text("2")


def test_the_server_dies_between_two_clicks(editor: EditorPage, stack: Stack) -> None:
    x, y = middle(editor)
    first = editor.click(x, y)
    assert signal_processes(stack, "uvicorn", KILL)
    expect(editor.page.get_by_test_id("editor")).to_have_attribute("data-connection", "lost")
    editor.page.mouse.click(*editor.at(x * 0.3, y * 0.3), button="right")  # kept here, answered later
    expect(editor.canvas).to_have_attribute("data-clicks", "2")
    stack.wait_ready()
    editor.wait_ready()
    second = editor.settled()
    editor.page.keyboard.press("Control+z")
    assert editor.settled() == first
    editor.page.keyboard.press("Control+y")
    assert editor.settled() == second
    assert editor.keep("1") == second


def test_an_open_object_survives_a_reload(editor: EditorPage) -> None:
    x, y = middle(editor)
    editor.click(x, y)
    area = editor.click(x * 0.3, y * 0.3, negative=True)
    editor.page.reload()
    expect(editor.canvas).to_have_attribute("data-clicks", "2")
    assert editor.settled() == area


def test_an_image_that_is_not_ready_comes_alive_by_itself(manager_page: Page, stack: Stack) -> None:
    assert signal_processes(stack, "celery.*encode", PAUSE)
    try:
        editor = open_image(manager_page, make_project(manager_page, CAT))
        expect(manager_page.locator("[data-banner=preparing]")).to_be_visible()
        expect(manager_page.get_by_test_id("editor")).not_to_have_attribute("data-state", "ready")
    finally:
        signal_processes(stack, "celery.*encode", GO_ON)
    editor.wait_ready()
    expect(manager_page.locator("[data-banner=preparing]")).to_have_count(0)
    assert editor.click(*middle(editor)) > 0


def test_a_reviewer_looks_but_does_not_touch(
    page_of: Callable[[str], Page], demo: dict[str, DemoUser], manager_page: Page
) -> None:
    project = make_project(manager_page, CAT)
    add_member(manager_page, project, demo["reviewer"].username, "reviewer")
    editor = open_image(manager_page, project)
    editor.wait_ready()
    editor.click(*middle(editor))
    editor.keep("1")
    reviewer = EditorPage(page_of("reviewer"))
    reviewer.page.goto(editor.page.url)
    expect(reviewer.objects).to_have_count(1)
    expect(reviewer.page.get_by_text("View only · reviewer")).to_be_visible()
    reviewer.page.mouse.click(*reviewer.at(*middle(reviewer)))
    expect(reviewer.canvas).to_have_attribute("data-clicks", "0")
    expect(reviewer.page.get_by_test_id("finish")).to_have_count(0)


def test_the_context_menu_stays_away_and_the_help_sheet_opens(editor: EditorPage) -> None:
    prevented = editor.canvas.evaluate(
        "node => !node.dispatchEvent(new MouseEvent('contextmenu', {bubbles: true, cancelable: true}))"
    )
    assert prevented
    editor.page.keyboard.press("?")
    sheet = editor.page.locator("dialog[open]")
    expect(sheet).to_contain_text("Keep the object")
    editor.page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
