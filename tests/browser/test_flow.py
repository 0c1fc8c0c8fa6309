"""Through a project as an annotator goes: next, skip, jump, filter, note; and a whole session by keyboard."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.people import EditorPage, open_demo, size_of

FIRST = 9  # of the demo project's photographs, and the two after it


def shown(editor: EditorPage) -> None:
    """The image's picture and objects are there, and clicks would be answered."""
    expect(editor.canvas).to_have_attribute("data-picture", "shown")
    editor.wait_ready()
    editor.wait_saved()


def name(page: Page) -> str:
    return page.get_by_role("heading", level=1).inner_text()


def test_going_through_images_in_one_page(annotator_page: Page, page_of: Callable[[str], Page]) -> None:
    page, editor = annotator_page, open_demo(annotator_page, FIRST)
    shown(editor)
    first = name(page)
    page.evaluate("window.loadedOnce = true")

    # A note, and on to the next image without loading a page.
    page.keyboard.press("Shift+R")
    page.keyboard.type("Is this two animals?")
    page.keyboard.press("Control+Enter")
    editor.wait_saved()
    page.keyboard.press("d")
    expect(page.get_by_role("heading", level=1)).not_to_have_text(first)
    shown(editor)
    width, height = size_of(editor)
    assert editor.click(width / 2, height / 2) > 0
    page.keyboard.press("Escape")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text(first)
    shown(editor)
    expect(page.get_by_label("Note about this image")).to_have_value("Is this two animals?")

    # Skipped for a reason: the strip shows it, and next leaves it out.
    page.keyboard.press("j")
    thumb = page.locator("[data-testid=thumb][aria-current=page]")
    expect(thumb).to_be_visible()
    page.keyboard.press("Shift+S")
    page.get_by_test_id("skip").wait_for()
    page.keyboard.press("2")
    expect(page.get_by_role("heading", level=1)).not_to_have_text(first)
    shown(editor)
    page.get_by_test_id("strip-filter").select_option("skipped")
    expect(page.get_by_test_id("thumb")).to_have_count(1)
    page.get_by_test_id("thumb").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(first)
    expect(page.get_by_test_id("skipped")).to_have_attribute("title", re.compile("Blurred or too dark"))
    page.get_by_test_id("strip-filter").select_option("all")
    assert page.evaluate("window.loadedOnce")

    # Others see reason, note and time on the project page.
    reviewer = page_of("reviewer")
    reviewer.goto("/")
    reviewer.get_by_role("link", name="Demo: animals and still lifes").click()
    card = reviewer.locator(".image-card", has_text=first)
    expect(card).to_contain_text("Skipped")
    expect(card).to_contain_text("Blurred or too dark")
    expect(card).to_contain_text("Is this two animals?")
    expect(reviewer.get_by_text("Time on task")).to_be_visible()
    page.get_by_test_id("skipped").click()
    expect(page.get_by_test_id("skipped")).to_have_count(0)
    editor.wait_saved()
