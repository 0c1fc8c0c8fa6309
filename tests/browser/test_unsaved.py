"""What the server refuses holds nothing up, and can be corrected, downloaded or discarded, each for itself."""

import json
import re
from typing import Any

from playwright.sync_api import Page, Request, expect

from tests.browser.people import CLASSES, PHOTOGRAPHS, EditorPage, csrf, make_project
from tests.stack.processes import Stack

THIRD = {"name": "plant", "color": "#2a9d6e", "hotkey": 3, "kind": "thing"}


def set_classes(page: Page, project: int, *, third: bool) -> None:
    """Have the project two classes, or three with key 3 for the last one."""
    known = page.request.get(f"/api/projects/{project}").json()["categories"]
    kept = [{name: one[name] for name in ("number", "name", "color", "hotkey", "kind")} for one in known[:2]]
    data = {"categories": [*kept, THIRD] if third else kept}
    answer = page.request.patch(f"/api/projects/{project}", data=data, headers=csrf(page))
    assert answer.status == 200, answer.text()


def drawn(editor: EditorPage, y: int, key: str) -> None:
    """An object by hand, kept with a class's key."""
    count = editor.objects.count()
    editor.page.keyboard.press("b")
    editor.drag((20, y), (60, y))
    editor.changed(0)
    editor.page.keyboard.press(key)
    editor.page.keyboard.press("Enter")
    expect(editor.objects).to_have_count(count + 1)


def on_server(page: Page, image: int) -> list[int]:
    """The classes of what is saved."""
    kept: list[dict[str, Any]] = page.request.get(f"/api/images/{image}/annotations").json()["annotations"]
    return [one["category"] for one in kept]


def open_first(page: Page, project: int) -> tuple[EditorPage, int]:
    page.goto(f"/projects/{project}/")
    page.locator("[data-count=total]").first.wait_for(state="attached")
    for _ in range(120):
        found = page.request.get(f"/api/projects/{project}/images").json()["results"]
        if found:
            break
        page.wait_for_timeout(500)
    page.goto(found[0]["editor"])
    editor = EditorPage(page)
    expect(page.get_by_test_id("editor")).to_have_attribute("data-connection", "open")
    expect(editor.canvas).to_have_attribute("data-view", re.compile(r"\d"))
    editor.wait_saved()
    return editor, int(found[0]["id"])


def refused(editor: EditorPage, page: Page, project: int, y: int) -> None:
    """Keep an object with a class that a manager deletes before it can be saved."""
    set_classes(page, project, third=True)
    expect(editor.page.get_by_test_id("class")).to_have_count(len(CLASSES) + 1)  # told, without a reload
    editor.page.context.set_offline(True)
    drawn(editor, y, "3")
    expect(editor.page.get_by_test_id("save-state")).to_have_attribute("data-state", "offline")
    set_classes(page, project, third=False)
    editor.page.context.set_offline(False)
    expect(editor.page.get_by_test_id("unsaved")).to_have_count(1)
    expect(editor.page.get_by_test_id("class")).to_have_count(len(CLASSES))


def test_a_class_that_is_deleted_while_somebody_uses_it(manager_page: Page, stack: Stack) -> None:
    manager = manager_page
    project = make_project(manager, PHOTOGRAPHS[:1])
    editor, image = open_first(manager.context.new_page(), project)
    page, sent = editor.page, []

    def note(request: Request) -> None:
        if request.method != "GET" and "annotations" in request.url:
            sent.append(request.url)

    page.on("request", note)

    # Refused; what is kept after it is saved all the same. Given another class, it is saved, too.
    refused(editor, manager, project, 300)
    drawn(editor, 400, "1")
    expect(page.get_by_test_id("save-state")).to_have_attribute("data-state", "refused")
    assert on_server(manager, image) == [1]
    page.reload()
    expect(page.get_by_test_id("unsaved")).to_have_count(1)  # it is here after a reload, too
    expect(editor.objects).to_have_count(2)
    page.get_by_test_id("give-class").select_option("1")
    editor.wait_saved()
    assert on_server(manager, image) == [1, 1]

    # Another one is taken along as a file, and dropped; more is kept.
    refused(editor, manager, project, 500)
    with page.expect_download() as told:
        page.get_by_test_id("unsaved").get_by_role("button", name="Download").click()
    (mask,) = json.loads(told.value.path().read_text())["annotations"]
    assert mask["segmentation"]["counts"]
    assert mask["segmentation"]["size"] == [int(one) for one in size(page)]
    page.get_by_test_id("drop").click()
    expect(page.get_by_test_id("unsaved")).to_have_count(0)
    drawn(editor, 600, "2")
    editor.wait_saved()
    page.reload()
    expect(editor.objects).to_have_count(3)
    editor.wait_saved()
    assert on_server(manager, image) == [1, 1, 2]
    assert len(sent) < 20, sent

    # The image is deleted: said at once.
    answer = manager.request.delete(f"/api/images/{image}", headers=csrf(manager))
    assert answer.status == 200, answer.text()
    expect(page.locator("[data-banner=gone]")).to_contain_text("This image was deleted.")


def size(page: Page) -> tuple[int, int]:
    """Height and width of the image."""
    data = page.evaluate("() => JSON.parse(document.getElementById('editor-data').textContent).image")
    return data["height"], data["width"]
