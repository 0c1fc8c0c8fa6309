"""How a very large picture is opened and worked on: `python -m tests.browser.bench_large PICTURE`.

Real Chromium, the real product. Prints what bringing the picture in costs (clock, the workers' peak memory, disk), how
long it takes from going to the editor's address until the picture is painted, and until it is sharp after a jump to
another place at 100 %; then frames as `tests.browser.bench_editor` counts them, with kept objects in the picture.
"""

import argparse
import os
import random
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from labeling.server.stack import Stack, embedded
from tests.browser.bench_editor import (
    FILL,
    PATIENCE,
    manager_page,
    percentile,
    recorded,
    renderer_memory,
    scribble,
    zoom,
)
from tests.browser.conftest import ARGUMENTS
from tests.browser.people import EditorPage, make_project, open_image
from tests.stack.processes import processes_of

OPENINGS, JUMPS = 7, 12
BROUGHT_IN = 1_800_000  # ms

ADD = """
from pathlib import Path
from labeling.images import services
from labeling.projects.models import Project
project = Project.objects.get(pk={project})
upload = services.start_upload(project, project.created_by)
list(services.add_path(upload, Path({path!r})))
services.close(upload)
"""

# When the picture was painted, and when it was sharp: milliseconds since the navigation began.
WATCH = """
window.shown = new Promise((resolve) => {
  const look = () => {
    const { picture, detail } = document.querySelector("[data-testid=canvas]")?.dataset ?? {};
    if (picture === "shown" && detail === "full") resolve(performance.now());
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
});
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--objects", type=int, default=500)
    parser.add_argument("--screenshots", type=Path, help="a folder for pictures of the window")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home, embedded(Path(home), 300) as stack, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        context = browser.new_context(base_url=stack.url, viewport={"width": 1440, "height": 900})
        page = manager_page(context, stack)
        editor = bring_in(page, stack, options.picture)
        opening(page)
        jumping(editor)
        if options.screenshots:
            picture(editor, options.screenshots)
        frames(editor, stack, options.objects)
        browser.close()


def load() -> str:
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def bring_in(page: Page, stack: Stack, path: Path) -> EditorPage:
    """Upload the picture and wait until it can be clicked; print what that took."""
    project = make_project(page, [])
    began = time.monotonic()
    stack.manage("shell", "-c", ADD.format(project=project, path=str(path.resolve())), timeout=600)
    page.goto(f"/projects/{project}/images")
    expect(page.locator("[data-images] .image-card__link[href]")).to_have_count(1, timeout=BROUGHT_IN)
    accepted = time.monotonic()
    editor = open_image(page, project)
    expect(page.get_by_test_id("editor")).to_have_attribute("data-state", "ready", timeout=BROUGHT_IN)
    print(f"accepted after {accepted - began:.0f} s, ready {time.monotonic() - accepted:.0f} s later; {load()}")
    peaks = sorted((peak(pid), command) for pid, command in processes_of(stack.home).items())
    for bytes_, command in peaks[-3:]:
        print(f"  peak memory {bytes_ / 2**20:.0f} MiB: {command[:110]}")
    for folder in ("originals", "views", "blocks", "thumbnails"):
        found = stack.home.glob(f"media/projects/{project}/{folder}/**/*.*")
        print(f"  {folder}: {sum(one.stat().st_size for one in found) / 1e6:.1f} MB")
    return editor


def peak(pid: int) -> int:
    """Bytes that a process held at the most; 0 when it is gone."""
    try:
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0
    return 1024 * int(found[1]) if found else 0


def opening(page: Page) -> None:
    page.add_init_script(WATCH)
    times = []
    for _ in range(OPENINGS):
        page.reload()
        times.append(float(page.evaluate("() => window.shown")))
    print(f"from the address to the picture: first {times[0]:.0f}, {spread(times)}; {load()}")


def jumping(editor: EditorPage) -> None:
    """To 100 %, then to other places by the overview map."""
    page = editor.page
    page.keyboard.press("0")
    box = page.get_by_test_id("minimap").bounding_box()
    assert box is not None
    draw, times = random.Random(1), []
    for _ in range(JUMPS):
        expect(editor.canvas).to_have_attribute("data-detail", "full")
        began = time.monotonic()
        across, down = draw.uniform(0.1, 0.9) * box["width"], draw.uniform(0.1, 0.9) * box["height"]
        page.mouse.click(box["x"] + across, box["y"] + down)
        expect(editor.canvas).to_have_attribute("data-detail", "loading")
        expect(editor.canvas).to_have_attribute("data-detail", "full")
        times.append(1000 * (time.monotonic() - began))
    print(f"sharp after a jump at 100 %: {spread(times)}; {load()}")
    decoded = int(editor.canvas.get_attribute("data-decoded") or 0)
    print(f"  decoded {decoded / 2**20:.0f} MiB; the page's process {renderer_memory() / 2**20:.0f} MiB")


def spread(times: list[float]) -> str:
    return "p50 / p95 / max " + " / ".join(f"{percentile(times, share):.0f}" for share in (0.5, 0.95, 1)) + " ms"


def picture(editor: EditorPage, folder: Path) -> None:
    """The window with the whole picture, at 100 % and at 800 %."""
    folder.mkdir(parents=True, exist_ok=True)
    page = editor.page
    for name, keys in (("whole", ["f"]), ("100", ["0"]), ("800", ["+"] * 30)):
        for key in keys:
            if name != "800" or editor.view()[0] < 8:
                page.keyboard.press(key)
        page.wait_for_timeout(300)
        expect(editor.canvas).to_have_attribute("data-detail", "full")
        page.screenshot(path=folder / f"large-{name}.png")
    page.keyboard.press("f")


def frames(editor: EditorPage, stack: Stack, objects: int) -> None:
    """Print the frames of each kind of work, the whole picture in sight and at 100 %."""
    page = editor.page
    project = int((page.locator("a[href^='/projects/']").first.get_attribute("href") or "").split("/")[2])
    if objects:
        stack.manage("shell", "-c", FILL.format(project=project, count=objects), timeout=600)
        page.reload()
        expect(editor.objects).to_have_count(objects, timeout=PATIENCE)
    expect(page.get_by_test_id("editor")).to_have_attribute("data-state", "ready")
    width, height = (int(part) for part in re.findall(r"\d+", editor.canvas.get_attribute("aria-label") or "")[-2:])
    middle = (width / 2, height / 2)
    for near in (False, True):
        if near:
            page.keyboard.press("0")
        page.wait_for_timeout(1500)
        print(f"{objects} objects, {'100 %' if near else 'the whole picture in sight'}; {load()}")
        reach = 350 / editor.view()[0]
        for what, work in works(editor, middle, reach):
            print(f"  {what:6s}", recorded(editor, work))


def works(editor: EditorPage, middle: tuple[float, float], reach: float) -> Iterator[tuple[str, Callable[[], object]]]:
    page = editor.page
    page.keyboard.press("b")
    yield "brush", scribble(editor, middle, reach)
    page.keyboard.press("Escape")
    page.keyboard.down("Space")
    yield "pan", scribble(editor, middle, reach / 2)
    page.keyboard.up("Space")
    editor.canvas.hover()
    yield "zoom", lambda: zoom(page)


if __name__ == "__main__":
    main()
