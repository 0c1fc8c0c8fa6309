"""Take the README's pictures anew: `python -m tests.browser.screenshots`. Everything in them is the running product."""

import json
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from labeling.accounts.demo import DemoUser
from tests.browser.conftest import ARGUMENTS, sign_in
from tests.browser.people import (
    GO_ON,
    PAUSE,
    PHOTOGRAPHS,
    EditorPage,
    add_member,
    csrf,
    make_project,
    open_tab,
    signal_processes,
    size_of,
    wait_until,
)
from tests.stack.processes import ROOT, Stack, embedded

IMAGES = ROOT / "docs" / "images"
# Objects of demo/photographs/cows.jpg as an annotator clicks them: pixels of the picture, + or -.
COWS = [[(610, 400, True), (340, 225, False)], [(340, 225, True)], [(860, 228, True)]]
DRAWN = "[...document.querySelectorAll('[data-images] img[src]')].filter(one => one.naturalWidth).length >= 6"
DURING = 5  # images ready when the picture of the project page is taken


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=60_000)
    with tempfile.TemporaryDirectory() as home, embedded(Path(home)) as stack, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        users = json.loads((stack.home / "demo.json").read_text())["users"]
        manager = next(DemoUser(**user) for user in users if user["role"] == "owner")
        page = _page(browser, stack, "light")
        sign_in(page, manager)
        _project_page(page, stack)
        _editor(page)
        _suggestions(page)
        people = {user["role"]: DemoUser(**user) for user in users}
        _review(page, _page(browser, stack, "light"), _page(browser, stack, "light"), people)
        _dark(_page(browser, stack, "dark"), manager)
        browser.close()


def _page(browser: Browser, stack: Stack, scheme: str) -> Page:
    context = browser.new_context(
        base_url=stack.url,
        viewport={"width": 1280, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    context.set_default_timeout(60_000)
    return context.new_page()


def _project_page(page: Page, stack: Stack) -> None:
    """The project page while the encoder works: paused for the picture, so that it is sharp."""
    project = make_project(page, PHOTOGRAPHS, name="Farm and forest")
    page.goto(f"/projects/{project}/")
    wait_until(page, f"Number(document.querySelector('[data-count=ready]').textContent) >= {DURING}", 120)
    signal_processes(stack, "celery.*encode", PAUSE)
    page.reload()
    wait_until(page, "document.querySelectorAll('[data-preview] img[src]').length >= 6", 60)
    page.wait_for_timeout(1500)
    page.screenshot(path=IMAGES / "project.jpg", quality=88)
    signal_processes(stack, "celery.*encode", GO_ON)


def _editor(page: Page) -> None:
    """Three finished objects."""
    open_tab(page, "Images")
    page.locator("[data-images] .image-card__link", has_text="cows.jpg").click()
    editor = EditorPage(page)
    editor.wait_ready()
    for clicks in COWS:
        for x, y, positive in clicks:
            editor.click(x, y, negative=not positive)
        editor.keep("1")
    page.mouse.move(700, 790)
    page.wait_for_timeout(500)
    page.screenshot(path=IMAGES / "editor.jpg", quality=88)


def _open(page: Page, name: str) -> EditorPage:
    """A photograph of the project that is on the page, or whose editor is."""
    if "/images/" in page.url:
        page.locator("a.editor-bar-project").click()
        open_tab(page, "Images")
    page.locator("[data-images] .image-card__link[href]", has_text=name).click()
    editor = EditorPage(page)
    editor.wait_ready()
    editor.wait_saved()
    return editor


def _suggestions(page: Page) -> None:
    """Everything on one photograph, and an object that is asked for by text."""
    editor = _open(page, "lemurs.jpg")
    page.keyboard.press("v")
    expect(page.get_by_test_id("confidence")).to_be_visible(timeout=60_000)
    x, y = editor.at(*(side / 2 for side in size_of(editor)))
    page.mouse.move(x, y)
    page.wait_for_timeout(700)
    page.screenshot(path=IMAGES / "everything.jpg", quality=88)

    _open(page, "kitten.jpg")
    page.keyboard.press("t")
    page.keyboard.type("the cat")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("text-search")).to_have_attribute("data-state", "answered", timeout=60_000)
    page.wait_for_timeout(700)
    page.screenshot(path=IMAGES / "text.jpg", quality=88)


def _review(manager: Page, worker: Page, judge: Page, people: dict[str, DemoUser]) -> None:
    """A reviewer's view of an annotator's work, and the tab of images in a project with review."""
    project = make_project(manager, PHOTOGRAPHS, name="Reviewed")
    for role in ("annotator", "reviewer"):
        add_member(manager, project, people[role].username, role)
    rules = manager.request.patch(
        f"/api/projects/{project}/review/settings", data={"enabled": True}, headers=csrf(manager)
    )
    assert rules.ok, rules.text()
    sign_in(worker, people["annotator"])
    worker.goto(f"/projects/{project}/images")
    worker.locator("[data-images] .image-card__link[href]", has_text="cows.jpg").click(timeout=120_000)
    editor = EditorPage(worker)
    editor.wait_ready()
    for clicks in COWS[:2]:
        for x, y, positive in clicks:
            editor.click(x, y, negative=not positive)
        editor.keep("1")
    worker.keyboard.press("Control+Enter")
    wait_until(worker, "!document.title.includes('cows')", 60)

    sign_in(judge, people["reviewer"])
    judge.goto(f"/projects/{project}/review")
    reviewer = EditorPage(judge)
    reviewer.wait_ready()
    expect(judge.get_by_test_id("reviewing")).to_be_visible()
    judge.mouse.move(*reviewer.at(860, 228))
    judge.keyboard.press("Shift+Q")
    judge.get_by_test_id("comment-field").fill("This cow is missing.")
    judge.keyboard.press("Enter")
    expect(judge.get_by_test_id("thread")).to_have_attribute("data-draft", "true")
    judge.wait_for_timeout(700)
    judge.screenshot(path=IMAGES / "review.jpg", quality=88)

    manager.goto(f"/projects/{project}/images")
    wait_until(manager, DRAWN, 60)
    for place in range(3, 6):
        manager.locator("[data-images] li").nth(place).locator("[data-slot=select]").check()
    manager.wait_for_timeout(700)
    manager.screenshot(path=IMAGES / "images.jpg", quality=88)


def _dark(page: Page, manager: DemoUser) -> None:
    """At night, with the filmstrip and the display settings."""
    sign_in(page, manager)
    page.get_by_role("region").get_by_role("link", name="Farm and forest").click()
    editor = _open(page, "cows.jpg")
    page.keyboard.press("j")
    page.get_by_test_id("thumb").first.wait_for()
    page.get_by_test_id("display-settings").click()
    page.get_by_test_id("display-outlines").check()
    editor.wait_saved()
    page.wait_for_timeout(700)
    page.screenshot(path=IMAGES / "dark.jpg", quality=88)


if __name__ == "__main__":
    main()
