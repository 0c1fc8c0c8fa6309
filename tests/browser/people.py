"""What a person does with the pages, in words the tests can use."""

import os
import re
import signal
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.stack.processes import ROOT, Stack, processes_of

PHOTOGRAPHS = sorted((ROOT / "demo" / "photographs").glob("*.jpg"))
CLASSES = [
    {"name": "animal", "color": "#e4572e", "hotkey": 1, "kind": "thing"},
    {"name": "object", "color": "#2e86ab", "hotkey": 2, "kind": "thing"},
]
ENCODED = 180_000  # ms: the encoder shares two cores with the browser


def csrf(page: Page) -> dict[str, str]:
    """The header that a page's own scripts would send."""
    token = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"].startswith("interlabel_csrf_"))
    return {"X-CSRFToken": token, "Referer": page.url}


def make_project(
    page: Page, photographs: list[Path], *, name: str = "", classes: list[dict[str, Any]] | None = None
) -> int:
    """A project of the signed-in manager's with these photographs, sent over the API. Not waited for."""
    page.goto("/projects/new")
    data = {"name": name or f"Test {uuid.uuid4().hex[:6]}", "categories": classes or CLASSES}
    answer = page.request.post("/api/projects", data=data, headers=csrf(page))
    assert answer.status == 201, answer.text()
    project = int(answer.json()["id"])
    upload = page.request.post(f"/api/projects/{project}/uploads", headers=csrf(page)).json()["id"]
    for path in photographs:
        file: FilePayload = {"name": path.name, "mimeType": "image/jpeg", "buffer": path.read_bytes()}
        sent = page.request.post(f"/api/uploads/{upload}/files", multipart={"file": file}, headers=csrf(page))
        assert sent.status == 201, sent.text()
    page.request.post(f"/api/uploads/{upload}/close", headers=csrf(page))
    return project


def add_member(page: Page, project: int, username: str, role: str) -> None:
    """Add somebody on the people tab, as a manager does."""
    page.goto(f"/projects/{project}/people")
    form = page.locator("form:has(input[name=username])")
    form.locator("input[name=username]").fill(username)
    form.locator("[name=role]").select_option(role)
    form.locator("button[type=submit]").click()
    expect(page.get_by_text(username).first).to_be_visible()


@dataclass
class EditorPage:
    """The editor in a browser."""

    page: Page

    @property
    def canvas(self) -> Locator:
        return self.page.get_by_test_id("canvas")

    @property
    def objects(self) -> Locator:
        return self.page.get_by_test_id("object")

    def wait_ready(self) -> None:
        """The features are there and the socket is open."""
        expect(self.page.get_by_test_id("editor")).to_have_attribute("data-state", "ready", timeout=ENCODED)
        expect(self.page.get_by_test_id("editor")).to_have_attribute("data-connection", "open")
        expect(self.canvas).to_have_attribute("data-view", re.compile(r"\d"))

    def wait_saved(self) -> None:
        expect(self.page.get_by_test_id("save-state")).to_have_attribute("data-state", "saved")

    def view(self) -> tuple[float, float, float]:
        """`scale, x, y` of the viewport: screen = picture × scale + (x, y)."""
        scale, x, y = (float(part) for part in (self.canvas.get_attribute("data-view") or "").split())
        return scale, x, y

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Page coordinates of a pixel of the picture."""
        scale, left, top = self.view()
        box = self.canvas.bounding_box()
        assert box is not None
        return box["x"] + x * scale + left, box["y"] + y * scale + top

    def click(self, x: float, y: float, *, negative: bool = False) -> int:
        """Click a pixel of the picture, wait for the mask that answers it; its area in pixels."""
        before = int(self.canvas.get_attribute("data-clicks") or 0)
        self.page.mouse.click(*self.at(x, y), button="right" if negative else "left")
        expect(self.canvas).to_have_attribute("data-clicks", str(before + 1))
        return self.settled()

    def drag(self, *points: tuple[float, float], button: Literal["left", "right"] = "left") -> None:
        """Press at the first pixel of the picture, go through the others, let go at the last."""
        mouse = self.page.mouse
        mouse.move(*self.at(*points[0]))
        mouse.down(button=button)
        for point in points[1:]:
            mouse.move(*self.at(*point), steps=3)
        mouse.up(button=button)

    def changed(self, before: int) -> int:
        """The open object's area once it is another and every click is answered."""
        expect(self.canvas).not_to_have_attribute("data-area", str(before))
        return self.settled()

    def settled(self) -> int:
        """The open object's area once every click is answered."""
        expect(self.canvas).to_have_attribute("data-settled", "true")
        return self.area()

    def area(self) -> int:
        return int(self.canvas.get_attribute("data-area") or 0)

    def keep(self, key: str | None = None) -> int:
        """Press the class's key and Enter; the kept object's area."""
        count = self.objects.count()
        if key:
            self.page.keyboard.press(key)
        self.page.keyboard.press("Enter")
        expect(self.objects).to_have_count(count + 1)
        self.wait_saved()
        return int(self.objects.nth(count).get_attribute("data-area") or 0)


def open_image(page: Page, project: int, index: int = 0) -> EditorPage:
    """The editor on the project's image number `index`, once the upload has brought it in."""
    page.goto(f"/projects/{project}/images")
    cards = page.locator("[data-images] .image-card__link[href]")
    expect(cards.nth(index)).to_be_attached(timeout=ENCODED)
    page.goto(cards.nth(index).get_attribute("href") or "")
    return EditorPage(page)


def open_tab(page: Page, name: str) -> None:
    """A tab of the project whose page is open."""
    page.get_by_role("navigation", name="Project").get_by_role("link", name=name).click()


def wait_until(page: Page, expression: str, seconds: float = 15) -> None:
    """Wait until a JavaScript expression is true. (The page's policy forbids `wait_for_function`.)

    Raises: AssertionError.
    """
    for _ in range(int(seconds * 10)):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"it did not become true: {expression}")


def open_demo_project(page: Page) -> None:
    """The demo project's page, found by its name: other tests make more projects than the list shows at once."""
    page.goto("/?q=Demo%3A+animals")
    page.locator(".project-card").get_by_role("link", name="Demo: animals and still lifes").last.click()
    page.wait_for_url("**/projects/*/")


def open_demo(page: Page, number: int) -> EditorPage:
    """The editor on photograph `number` of the demo project, whose features are made once for the whole run."""
    open_demo_project(page)
    open_tab(page, "Images")
    cards = page.locator("[data-images] .image-card__link[href]")
    expect(cards.nth(number)).to_be_attached(timeout=ENCODED)
    page.goto(cards.nth(number).get_attribute("href") or "")
    return EditorPage(page)


def size_of(editor: EditorPage) -> tuple[float, float]:
    """The picture's width and height."""
    found = re.search(r"(\d+) by (\d+) pixels", editor.canvas.get_attribute("aria-label") or "")
    assert found
    return float(found[1]), float(found[2])


def signal_processes(stack: Stack, pattern: str, number: int) -> int:
    """Send a signal to the stack's processes whose command line matches; how many there were."""
    found = [pid for pid, command in processes_of(stack.home).items() if re.search(pattern, command)]
    for pid in found:
        os.kill(pid, number)
    return len(found)


KILL, PAUSE, GO_ON = signal.SIGKILL, signal.SIGSTOP, signal.SIGCONT


def export_of(page: Page, project: int, format: str, to: Path, **options: str) -> Path:
    """Ask for an export on the exports tab, with numbers or texts for its fields, wait for it, download it."""
    page.goto(f"/projects/{project}/exports")
    form = page.locator("[data-export-form]")
    form.locator("[name=format]").select_option(format)
    for name, value in options.items():
        form.locator(f"[data-options-of={format}] [name={name}]").fill(value)
    form.get_by_role("button", name="Export").click()
    title = form.locator("[name=format] option:checked").inner_text()
    made = page.locator("[data-export-list] > li").filter(has_text=title).first
    link = made.locator("a[href*='/download']")
    expect(link).to_be_visible(timeout=ENCODED)
    with page.expect_download() as download:
        link.click()
    download.value.save_as(to)
    return to
