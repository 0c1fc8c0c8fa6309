"""Through a project as an annotator goes: next, skip, jump, filter, note; and a whole session by keyboard."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from labeling.accounts.demo import DemoUser
from tests.browser.conftest import sign_in
from tests.browser.people import EditorPage, csrf, open_demo, open_demo_project, open_tab, size_of

FIRST = 9  # of the demo project's photographs; each test has one of its own, and there are twelve


NAMELESS = """() => [...document.querySelectorAll("button, a[href], input, select, textarea, [role=button]")]
  .filter((one) => one.checkVisibility() && !(one.ariaLabel || one.innerText.trim() || one.labels?.length
    || one.ariaLabelledByElements?.length || one.title))
  .map((one) => one.outerHTML.slice(0, 120))"""
TAB_ORDER = """() => [...document.querySelectorAll("[data-testid]")]
  .filter((one) => one.tabIndex >= 0 && one.checkVisibility()).map((one) => one.dataset.testid)"""


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

    # A note, and on to the next image without loading a page. Thinking about it is work: time on task.
    page.keyboard.press("Shift+R")
    page.wait_for_timeout(1500)
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

    # Skipped for a reason: the filmstrip shows it, and next leaves it out.
    page.keyboard.press("j")
    thumb = page.locator("[data-testid=thumb][aria-current=page]")
    expect(thumb).to_be_visible()
    page.keyboard.press("Shift+S")
    page.get_by_test_id("skip").wait_for()
    page.keyboard.press("2")
    expect(page.get_by_role("heading", level=1)).not_to_have_text(first)
    shown(editor)
    page.get_by_test_id("filmstrip-filter").select_option("skipped")
    expect(page.get_by_test_id("thumb")).to_have_count(1)
    page.get_by_test_id("thumb").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(first)
    expect(page.get_by_test_id("skipped")).to_have_attribute("title", re.compile("Blurred or too dark"))
    page.get_by_test_id("filmstrip-filter").select_option("all")
    assert page.evaluate("window.loadedOnce")

    # Others see reason and note on the images tab.
    reviewer = page_of("reviewer")
    open_demo_project(reviewer)
    open_tab(reviewer, "Images")
    card = reviewer.locator(".image-card", has_text=first)
    expect(card).to_contain_text("Skipped")
    expect(card).to_contain_text("Blurred or too dark")
    expect(card).to_contain_text("Is this two animals?")
    page.get_by_test_id("skipped").click()
    expect(page.get_by_test_id("skipped")).to_have_count(0)
    editor.wait_saved()


@pytest.fixture
def shipped_keys(annotator_page: Page) -> Iterator[None]:
    """The annotator has the shipped keys, before and after: other tests are the same person."""

    def reset() -> None:
        page = annotator_page
        page.request.put("/api/me/keys", data={"keys": {}}, headers=csrf(page))

    reset()
    yield
    reset()


def test_a_session_by_keyboard(annotator_page: Page, shipped_keys: None) -> None:
    """Everything but the clicks in the image; with keys of one's own."""
    page, editor = annotator_page, open_demo(annotator_page, FIRST + 1)
    shown(editor)
    width, height = size_of(editor)
    keys, objects = page.keyboard, editor.objects
    before = objects.count()

    # The brush gets another key; that key had a meaning already, which is told.
    keys.press("?")
    sheet = page.get_by_test_id("help")
    for _ in range(20):
        if page.evaluate("document.activeElement.dataset.testid") == "change-keys":
            break
        keys.press("Shift+Tab")
    keys.press("Enter")
    sheet.locator("[data-action=brush] button").focus()
    keys.press("Enter")
    expect(sheet.locator("[data-action=brush]")).to_contain_text("Press a key")
    keys.press("h")
    expect(page.get_by_test_id("key-clash")).to_contain_text("Hide or show the masks")
    page.get_by_test_id("key-take").focus()
    keys.press("Enter")
    expect(sheet.locator("[data-action=brush] kbd")).to_have_text("H")
    expect(sheet.locator("[data-action=hide]")).to_contain_text("no key")
    keys.press("Escape")
    expect(sheet).to_have_count(0)
    page.reload()  # they are kept on the server
    shown(editor)
    keys.press("h")
    expect(editor.canvas).to_have_attribute("data-tool", "brush")
    keys.press("c")

    # Everything that can be pressed has a name, and Tab reaches the image before the panels beside it.
    assert page.evaluate(NAMELESS) == []
    order = page.evaluate(TAB_ORDER)
    assert order.index("finish") < order.index("tool-click") < order.index("canvas") < order.index("class")

    # An object by clicks, its class, one undone step, kept; finished, and on to the next image.
    editor.click(width / 2, height / 2)
    two = editor.click(width * 0.2, height * 0.2, negative=True)
    keys.press("Control+z")
    expect(editor.canvas).to_have_attribute("data-clicks", "1")
    keys.press("Control+Shift+z")
    assert editor.settled() == two
    keys.press("2")
    keys.press("Enter")
    expect(objects).to_have_count(before + 1)
    expect(objects.last).to_have_attribute("data-class", "2")
    first, labeled = name(page), page.url
    keys.press("Control+Enter")
    expect(page.get_by_role("heading", level=1)).not_to_have_text(first)
    shown(editor)
    second = name(page)
    # The neighbour in the list, whatever was labeled before; which image came next depends on what others finished.
    keys.press("ArrowRight" if page.get_by_text(re.compile(r"^1 / \d+$")).is_visible() else "ArrowLeft")
    expect(page.get_by_role("heading", level=1)).not_to_have_text(second)
    page.goto(labeled)
    expect(page.get_by_role("heading", level=1)).to_have_text(first)
    shown(editor)
    keys.press("Shift+X")
    expect(page.get_by_test_id("done")).to_have_count(0)

    # As shipped again.
    keys.press("?")
    page.get_by_test_id("change-keys").click()
    page.get_by_test_id("keys-as-shipped").click()
    expect(sheet.locator("[data-action=brush] kbd")).to_have_text("B")
    keys.press("Escape")
    keys.press("b")
    expect(editor.canvas).to_have_attribute("data-tool", "brush")


def test_pen_and_fingers(new_context: Callable[..., BrowserContext], demo: dict[str, DemoUser]) -> None:
    """On a tablet: a pen draws, a finger clicks, and takes away what the toggle says; two fingers move the picture."""
    context = new_context(has_touch=True)
    page = context.new_page()
    sign_in(page, demo["annotator"])
    editor = open_demo(page, FIRST + 2)
    shown(editor)
    width, height = size_of(editor)
    page.touchscreen.tap(*editor.at(width / 2, height / 2))
    expect(editor.canvas).to_have_attribute("data-clicks", "1")
    clicked = editor.settled()
    page.get_by_role("group", name="Add or cut").get_by_role("button", name="Cut").tap()
    page.touchscreen.tap(*editor.at(width / 2 + 60, height / 2))
    expect(editor.canvas).to_have_attribute("data-clicks", "2")
    assert editor.changed(clicked) < clicked

    page.get_by_test_id("tool-brush").tap()
    pen = context.new_cdp_session(page)

    def point(kind: str, x: float, y: float) -> None:
        left, top = editor.at(x, y)
        button = "none" if kind == "mouseMoved" else "left"
        pen.send("Input.dispatchMouseEvent", {
            "type": kind, "x": left, "y": top, "button": button, "buttons": 1, "clickCount": 1, "pointerType": "pen",
        })  # fmt: skip

    before = editor.area()
    point("mousePressed", 30, 30)
    point("mouseMoved", 80, 30)
    point("mouseReleased", 80, 30)
    drawn = editor.changed(before)
    # With a pen in use a finger, or the hand that rests, draws nothing: it moves the picture.
    view = editor.canvas.get_attribute("data-view") or ""
    x, y = editor.at(width / 2, height / 2)
    for kind, at in (("touchStart", (x, y)), ("touchMove", (x + 60, y + 40)), ("touchMove", (x + 90, y + 60))):
        pen.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": at[0], "y": at[1]}]})
    pen.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(editor.canvas).not_to_have_attribute("data-view", view)
    assert editor.settled() == drawn
