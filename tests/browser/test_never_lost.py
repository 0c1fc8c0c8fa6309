"""Nothing that an annotator did is lost: server, network and tab die, and two people are on one image."""

import contextlib
import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Error, Page, expect

from labeling.accounts.demo import DemoUser
from tests.browser.conftest import sign_in
from tests.browser.people import KILL, EditorPage, open_demo, signal_processes, size_of
from tests.stack.processes import Stack

# Photographs of the demo project; each test has one of its own.
STROKE, TAKEN, DISPUTED, CRASHED = range(5, 9)


def lease(editor: EditorPage, whose: str) -> None:
    expect(editor.page.get_by_test_id("editor")).to_have_attribute("data-lease", whose)


def areas(editor: EditorPage) -> list[int]:
    return [int(row.get_attribute("data-area") or 0) for row in editor.objects.all()]


def test_the_server_dies_in_the_middle_of_a_stroke(annotator_page: Page, stack: Stack) -> None:
    page, editor = annotator_page, open_demo(annotator_page, STROKE)
    expect(page.get_by_test_id("editor")).to_have_attribute("data-connection", "open")
    page.keyboard.press("b")
    page.mouse.move(*editor.at(60, 60))
    page.mouse.down()
    page.mouse.move(*editor.at(120, 60), steps=4)
    assert signal_processes(stack, "uvicorn", KILL)
    page.mouse.move(*editor.at(120, 120), steps=4)
    page.mouse.up()
    expect(page.locator("[data-banner=lost]")).to_contain_text("Drawing tools still work")
    first = editor.changed(0)
    page.keyboard.press("Enter")
    expect(editor.objects).to_have_count(1)
    editor.drag((200, 200), (260, 240))
    second = editor.changed(0)
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    expect(editor.objects).to_have_count(2)
    stack.wait_ready()
    editor.wait_saved()
    expect(page.locator("[data-banner=lost]")).to_have_count(0)
    page.reload()
    expect(editor.objects).to_have_count(2)
    assert areas(editor) == [first, second]
    assert [row.get_attribute("data-class") for row in editor.objects.all()] == ["1", "2"]


def test_two_people_and_a_second_tab_on_one_image(manager_page: Page, annotator_page: Page) -> None:
    one = open_demo(manager_page, TAKEN)
    one.wait_ready()
    lease(one, "mine")
    width, height = size_of(one)
    clicked = one.click(width / 2, height / 2)

    # The second one sees who is there, and looks on.
    other = open_demo(annotator_page, TAKEN)
    lease(other, "theirs")
    for editor in (one, other):
        expect(editor.page.get_by_test_id("people").locator(".face")).to_have_count(2)
    other.page.mouse.click(*other.at(width / 2, height / 2))
    other.page.keyboard.press("b")
    expect(other.canvas).to_have_attribute("data-clicks", "0")
    expect(other.canvas).to_have_attribute("data-tool", "click")

    # They take over knowingly; the first one is told at once, and what was open stays.
    other.page.get_by_test_id("take-over").click()
    other.page.get_by_test_id("take-over-now").click()
    lease(other, "mine")
    lease(one, "theirs")
    expect(one.page.locator("[data-banner=lease]")).to_contain_text("Your open object stays here")
    one.page.keyboard.press("Enter")
    other.page.keyboard.press("b")
    other.drag((20, 20), (60, 20))
    drawn = other.changed(0)
    other.keep("1")
    expect(one.objects).to_have_count(1)

    # Taken back, it goes on where it was.
    one.page.get_by_test_id("take-over").click()
    lease(one, "mine")
    expect(one.canvas).to_have_attribute("data-area", str(clicked))
    one.page.keyboard.press("Enter")
    one.wait_saved()
    expect(other.objects).to_have_count(2)
    assert sorted(areas(other)) == sorted([drawn, clicked])

    # The same person's second tab looks on, too, until the first is closed.
    tab = EditorPage(one.page.context.new_page())
    tab.page.goto(one.page.url)
    lease(tab, "theirs")
    expect(tab.page.locator("[data-banner=lease]")).to_contain_text("another tab")
    other.page.close()
    one.page.close()
    lease(tab, "mine")
    expect(tab.page.get_by_test_id("people")).to_have_count(0)


def test_a_conflict_is_shown_side_by_side(manager_page: Page, annotator_page: Page) -> None:
    mine, theirs = open_demo(manager_page, DISPUTED), open_demo(annotator_page, DISPUTED)
    expect(mine.canvas).to_have_attribute("data-view", re.compile(r"\d"))
    mine.page.keyboard.press("b")
    mine.drag((30, 30), (90, 30))
    before = mine.changed(0)
    mine.keep("1")
    mine.page.context.set_offline(True)
    mine.objects.first.get_by_role("button").first.dblclick()
    mine.drag((30, 60), (90, 60))
    changed = mine.changed(before)
    mine.page.keyboard.press("Enter")
    mine.drag((30, 200), (90, 200))
    mine.changed(0)
    mine.page.keyboard.press("Enter")
    expect(mine.page.get_by_test_id("save-state")).to_have_attribute("data-state", "offline")

    # Meanwhile somebody else takes over, and changes the same object.
    for button in ("take-over", "take-over-now"):
        if theirs.page.get_by_test_id(button).is_visible():
            theirs.page.get_by_test_id(button).click()
    lease(theirs, "mine")
    theirs.objects.first.get_by_role("button").first.dblclick()
    theirs.page.keyboard.press("b")
    theirs.drag((30, 110), (90, 110))
    there = theirs.changed(before)
    theirs.page.keyboard.press("Enter")
    theirs.wait_saved()

    mine.page.context.set_offline(False)
    dialog = mine.page.get_by_test_id("conflict")
    expect(dialog.locator("[data-dispute=both] canvas")).to_have_count(2)
    expect(dialog.locator("[data-dispute=mine] canvas")).to_have_count(1)
    dialog.locator("[data-dispute=both]").get_by_role("radio").first.check()
    mine.page.get_by_test_id("keep-mine").click()
    mine.wait_saved()
    assert (areas(mine)[0], len(areas(mine))) == (there, 2)
    mine.page.get_by_test_id("toast").get_by_role("button", name="Restore").click()
    expect(mine.objects.first).to_have_attribute("data-area", str(changed))
    mine.wait_saved()


def test_a_tab_that_crashes_leaves_its_open_object_to_the_next(
    new_context: Callable[[], BrowserContext], demo: dict[str, DemoUser]
) -> None:
    context = new_context()
    page = context.new_page()
    sign_in(page, demo["annotator"])
    editor = open_demo(page, CRASHED)
    editor.wait_ready()
    width, height = size_of(editor)
    before = editor.click(width / 2, height / 2)
    page.keyboard.press("e")
    editor.drag((width / 2 - 40, height / 2), (width / 2 + 40, height / 2))
    area, url = editor.changed(before), page.url
    with page.expect_event("crash"), contextlib.suppress(Error):
        page.goto("chrome://crash")
    again = EditorPage(context.new_page())
    again.page.goto(url)
    expect(again.canvas).to_have_attribute("data-area", str(area))
    expect(again.canvas).to_have_attribute("data-clicks", "1")
    again.page.keyboard.press("Control+z")
    assert again.settled() == before
    again.wait_ready()
    assert again.click(width * 0.52, height * 0.52) > 0
    again.page.keyboard.press("Enter")
    again.wait_saved()
