"""How smooth the editor is: `npm run bench:browser` in frontend/, or `python -m tests.browser.bench_editor`.

Real Chromium, the real product. First: how long it takes from pressing "next image" until that image can be clicked,
and until the first click in it is answered, on pictures of 12 megapixels. Then a picture of that size with 500 kept
objects: while a hand brushes, erases and pans, each frame's work on the page's main thread is timed, from the frame's
beginning (before the pointer's events) until style, layout and paint are done. That is by the clock, so a busy machine
shows; the mean CPU time that the thread spent a frame, with all that is between frames, hardly changes with it.
"""

import argparse
import contextlib
import json
import math
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from labeling.accounts.demo import DemoUser
from labeling.server.stack import Stack, embedded
from tests.browser.conftest import ARGUMENTS, sign_in
from tests.browser.people import PHOTOGRAPHS, EditorPage, make_project, open_image

SIZE = (4000, 3000)
PATIENCE = 180_000  # ms

# Kept objects of a view, put there at once: wobbly discs on a grid, each a little other than the next.
FILL = """
import math, uuid
import numpy as np
from pycocotools import mask as coco
from labeling.annotations.models import Annotation, AnnotationSet
from labeling.images.models import Image
image = Image.objects.get(project_id={project})
width, height = image.width, image.height
kept, _ = AnnotationSet.objects.get_or_create(image=image)
categories = list(image.project.categories.all())
columns = math.ceil(math.sqrt({count} * width / height))
step = width / columns
angle = np.linspace(0, 2 * np.pi, 300, endpoint=False)
made = []
for number in range({count}):
    x, y = (number % columns + 0.5) * step, (number // columns + 0.5) * step
    radius = step * (0.42 + 0.1 * math.sin(number))
    reach = radius * (0.9 + 0.1 * np.sin((5 + number % 7) * angle) + 0.02 * np.sin(41 * angle))
    corners = np.stack([np.clip(x + reach * np.cos(angle), 0, width), np.clip(y + reach * np.sin(angle), 0, height)], 1)
    rle = coco.merge(coco.frPyObjects([corners.ravel().tolist()], height, width))
    left, top, wide, tall = (int(value) for value in coco.toBbox(rle))
    made.append(Annotation(set=kept, uid=uuid.uuid4(), category=categories[number % len(categories)],
        counts=rle["counts"].decode(), area=int(coco.area(rle)),
        bbox_x=left, bbox_y=top, bbox_width=wide, bbox_height=tall))
Annotation.objects.bulk_create(made)
AnnotationSet.objects.filter(pk=kept.pk).update(version=1, status="in_progress")
"""

# Only frames in which the pointer moved: there is nothing to do in the others.
RECORD = """() => {
  const frames = [];
  const channel = new MessageChannel();
  let [began, asked] = [0, false];
  channel.port1.onmessage = () => frames.push(performance.now() - began);
  const moved = () => {
    if (!asked) requestAnimationFrame((time) => {
      [began, asked] = [time, false];
      channel.port2.postMessage(null);
    });
    asked = true;
  };
  for (const kind of ["pointermove", "wheel"]) addEventListener(kind, moved, { capture: true });
  window.recorded = () => {
    for (const kind of ["pointermove", "wheel"]) removeEventListener(kind, moved, { capture: true });
    return frames;
  };
}"""


# From the key that asks for the next image until its picture is painted, and until a click would be answered.
OPENING = """() => {
  const at = (id) => document.querySelector(`[data-testid=${id}]`).dataset;
  window.opening = new Promise((resolve) => addEventListener("keydown", () => {
    const [began, from, times] = [performance.now(), location.pathname, {}];
    const look = () => {
      const since = performance.now() - began;
      if (location.pathname !== from) {
        const { state, connection } = at("editor");
        if (at("canvas").picture === "shown") times.picture ??= since;
        if (state === "ready" && connection === "open") times.socket ??= since;
      }
      if (times.picture && times.socket) resolve([times.picture, times.socket]);
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }, { once: true, capture: true }));
}"""


@dataclass(frozen=True)
class Frames:
    """Frames of one kind of work; milliseconds."""

    work: list[float]
    cpu: float
    """The main thread's CPU time of the whole work, frames and what is between them."""

    def __str__(self) -> str:
        work = " / ".join(f"{percentile(self.work, share):5.1f}" for share in (0.5, 0.95, 1))
        cpu = self.cpu / len(self.work)
        return f"{len(self.work):4d} frames, CPU {cpu:.1f} ms, work p50 / p95 / max {work} ms"


def percentile(values: list[float], share: float) -> float:
    """The smallest value that `share` of the values don't exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, default=500)
    parser.add_argument("--images", type=int, default=12, help="how many are gone through")
    parser.add_argument("--rounds", type=int, default=200, help="images that are opened for the figure of memory")
    parser.add_argument("--frames", action=argparse.BooleanOptionalAction, default=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home, embedded(Path(home), 300) as stack, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        context = browser.new_context(base_url=stack.url, viewport={"width": 1440, "height": 900})
        page = manager_page(context, stack)
        if options.images:
            walk(page, options.images)
            remember(page, options.images, options.rounds)
        if options.frames:
            measure(page, stack, options.objects)
        browser.close()


def manager_page(context: BrowserContext, stack: Stack) -> Page:
    """A page of the demo's manager, who waits for a busy machine."""
    context.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    users = json.loads((stack.home / "demo.json").read_text())["users"]
    page = context.new_page()
    sign_in(page, next(DemoUser(**user) for user in users if user["role"] == "owner"))
    return page


def walk(page: Page, images: int) -> None:
    """Print how long the next image takes, on a project of its own with pictures of 12 megapixels."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{number}.jpg" for number in range(images)]
        for number, path in enumerate(paths):
            large(PHOTOGRAPHS[number % len(PHOTOGRAPHS)], number).save(path, quality=85)
        project = make_project(page, paths)
    editor = open_image(page, project)
    page.goto(f"/projects/{project}/")
    expect(page.locator("[data-count=ready]").first).to_have_text(str(images), timeout=10 * PATIENCE)
    editor = open_image(page, project)
    opened, clicked = [], []
    for _ in range(images - 1):
        editor.wait_ready()
        page.wait_for_timeout(3000)  # somebody looks at an image, and the next one is loaded ahead
        page.evaluate(OPENING)
        page.keyboard.press("d")
        opened.append(page.evaluate("() => window.opening"))
        editor.click(SIZE[0] / 2, SIZE[1] / 2)
        clicked.append(float((page.get_by_test_id("latency").inner_text()).removesuffix(" ms")))
        page.keyboard.press("Escape")
    print(f"next of {images} images of {SIZE[0]} x {SIZE[1]}; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    for what, times in (
        ("picture painted", [picture for picture, _ in opened]),
        ("ready to click ", [max(one) for one in opened]),
        ("first click    ", clicked),
    ):
        print(
            what, "p50 / p95 / max " + " / ".join(f"{percentile(times, share):5.0f}" for share in (0.5, 0.95, 1)), "ms"
        )


def remember(page: Page, images: int, rounds: int) -> None:
    """Print what the page's process holds after a few images, and after many: back and forth through the project."""
    devtools = page.context.new_cdp_session(page)
    held = {}
    for number in range(1, rounds + 1):
        before = page.url
        page.keyboard.press("a" if (number - 1) // (images - 1) % 2 == 0 else "d")
        page.wait_for_url(lambda url, before=before: url != before)  # type: ignore[misc]
        page.locator("[data-picture=shown]").wait_for()
        page.wait_for_timeout(400)
        if number in (images, rounds):
            devtools.send("HeapProfiler.collectGarbage")
            page.wait_for_timeout(1000)
            heap = devtools.send("Runtime.getHeapUsage")["usedSize"]
            held[number] = (heap / 2**20, renderer_memory() / 2**20)
    devtools.detach()
    for number, (heap, whole) in held.items():
        print(f"memory after {number} images: {heap:.0f} MiB of heap, {whole:.0f} MiB of the page's process")


def renderer_memory() -> int:
    """Bytes that this program's Chromium pages hold alone or share in proportion."""
    total = 0
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            if b"--type=renderer" in (folder / "cmdline").read_bytes() and is_ours(folder):
                lines = (folder / "smaps_rollup").read_text().splitlines()
                total += 1024 * next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total


def is_ours(folder: Path) -> bool:
    """Whether the process descends from this one."""
    while folder.name not in ("0", "1"):
        if folder.name == str(os.getpid()):
            return True
        parent = (folder / "stat").read_text().rsplit(")", 1)[1].split()[1]
        folder = folder.parent / parent
    return False


def large(photograph: Path, number: int) -> Image.Image:
    """The photograph with 12 megapixels, a little other for each number: the same file twice is one image."""
    picture = Image.open(photograph).convert("RGB").resize(SIZE, Image.Resampling.BICUBIC)
    picture.putpixel((number, 0), (255, 255, 255))
    return picture


def measure(page: Page, stack: Stack, objects: int) -> None:
    """Print the frames of each kind of work on a project of its own."""
    editor = _filled(page, stack, objects)
    print(f"{objects} objects on {SIZE[0]} x {SIZE[1]}; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    middle = (SIZE[0] / 2, SIZE[1] / 2)
    page.keyboard.press("b")
    print("brush  ", recorded(editor, scribble(editor, middle, 900)))
    page.keyboard.press("e")
    print("eraser ", recorded(editor, scribble(editor, middle, 600)))
    page.keyboard.down("Space")
    print("pan    ", recorded(editor, scribble(editor, middle, 400)))
    page.keyboard.up("Space")
    page.mouse.move(*editor.at(*middle))
    print("zoom   ", recorded(editor, lambda: zoom(page)))


def _filled(page: Page, stack: Stack, objects: int) -> EditorPage:
    """The editor on a large picture full of objects."""
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "large.jpg"
        large(PHOTOGRAPHS[0], 0).save(picture, quality=85)
        project = make_project(page, [picture])
    editor = open_image(page, project)
    stack.manage("shell", "-c", FILL.format(project=project, count=objects), timeout=PATIENCE / 1000)
    page.reload()
    expect(editor.objects).to_have_count(objects)
    expect(page.get_by_test_id("editor")).to_have_attribute("data-state", "ready")
    page.wait_for_timeout(1000)
    return editor


def recorded(editor: EditorPage, work: Callable[[], object]) -> Frames:
    """The frames while `work()` goes on."""
    thread = editor.page.context.new_cdp_session(editor.page)
    thread.send("Performance.enable", {"timeDomain": "threadTicks"})

    def spent() -> float:
        metrics = thread.send("Performance.getMetrics")["metrics"]
        return 1000 * float(next(one["value"] for one in metrics if one["name"] == "TaskDuration"))

    before = spent()
    editor.page.evaluate(RECORD)
    work()
    frames = editor.page.evaluate("() => window.recorded()")
    cpu = spent() - before
    thread.detach()
    return Frames(frames, cpu)


def scribble(editor: EditorPage, middle: tuple[float, float], reach: float) -> Callable[[], None]:
    """One long stroke: a spiral around the middle."""
    (scale, left, top), box = editor.view(), editor.canvas.bounding_box()
    assert box is not None
    places = []
    for step in range(180):
        angle, radius = step / 9, reach * (step + 20) / 200
        x, y = middle[0] + radius * math.cos(angle), middle[1] + radius * math.sin(angle)
        places.append((box["x"] + x * scale + left, box["y"] + y * scale + top))
    mouse = editor.page.mouse

    def draw() -> None:
        mouse.move(*places[0])
        mouse.down()
        for place in places[1:]:
            mouse.move(*place)
        mouse.up()

    return draw


def zoom(page: Page) -> None:
    """In and out again with the wheel."""
    for notch in [-50] * 20 + [50] * 20:
        page.mouse.wheel(0, notch)


if __name__ == "__main__":
    main()
