"""How smooth the editor is: `npm run bench:browser` in frontend/, or `python -m tests.browser.bench_editor`.

Real Chromium, the real product, a picture of 12 megapixels with 500 kept objects. While a hand brushes, erases and
pans, each frame's work on the page's main thread is timed: from the frame's beginning (before the pointer's events)
until style, layout and paint are done. Chromium starts at most 60 frames a second here; their distances are told, too.
"""

import argparse
import json
import math
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from labeling.accounts.demo import DemoUser
from labeling.common.stack import Stack, embedded
from tests.browser.conftest import ARGUMENTS, sign_in
from tests.browser.people import PHOTOGRAPHS, EditorPage, make_project, open_image

SIZE = (4000, 3000)
PATIENCE = 180_000  # ms

# Kept objects of a view, put there at once: wobbly discs on a grid, each a little other than the next.
FILL = """
import math, uuid
import numpy as np
from labeling.annotations.models import Annotation, AnnotationSet
from labeling.annotations.content import checked_mask
from labeling.common import masks
from labeling.images.models import Image
image = Image.objects.get(project_id={project})
kept, _ = AnnotationSet.objects.get_or_create(image=image)
categories = list(image.project.categories.all())
columns = math.ceil(math.sqrt({count} * image.width / image.height))
step = image.width / columns
made = []
for number in range({count}):
    x, y = (number % columns + 0.5) * step, (number // columns + 0.5) * step
    radius = step * (0.42 + 0.1 * math.sin(number))
    side = int(2.4 * radius)
    rows, places = np.mgrid[:side, :side] - side / 2
    angle = np.arctan2(rows, places)
    bits = np.hypot(rows, places) < radius * (0.9 + 0.1 * np.sin((5 + number % 7) * angle) + 0.02 * np.sin(41 * angle))
    view = np.zeros((image.height, image.width), bool)
    left, top = max(0, int(x - side / 2)), max(0, int(y - side / 2))
    shown = bits[: image.height - top, : image.width - left]
    view[top : top + shown.shape[0], left : left + shown.shape[1]] = shown
    mask = checked_mask(masks.encode(view), image)
    category, box = categories[number % len(categories)], mask.box
    made.append(Annotation(set=kept, uid=uuid.uuid4(), category=category, counts=mask.counts, area=mask.area,
        bbox_x=box.x, bbox_y=box.y, bbox_width=box.width, bbox_height=box.height))
Annotation.objects.bulk_create(made)
AnnotationSet.objects.filter(pk=kept.pk).update(version=1, status="in_progress")
"""

RECORD = """() => {
  const frames = [];
  const channel = new MessageChannel();
  let began = 0;
  channel.port1.onmessage = () => frames.push([began, performance.now() - began]);
  const tick = (time) => {
    if (!window.recording) return;
    began = time;
    channel.port2.postMessage(null);
    requestAnimationFrame(tick);
  };
  window.recording = true;
  window.recorded = frames;
  requestAnimationFrame(tick);
}"""


@dataclass(frozen=True)
class Frames:
    """Frames of one kind of work; milliseconds."""

    work: list[float]
    distances: list[float]

    def __str__(self) -> str:
        work = " / ".join(f"{percentile(self.work, share):5.1f}" for share in (0.5, 0.95, 1))
        apart = " / ".join(f"{percentile(self.distances, share):5.1f}" for share in (0.5, 0.95))
        return f"{len(self.work):4d} frames, work p50 / p95 / max {work} ms, apart p50 / p95 {apart} ms"


def percentile(values: list[float], share: float) -> float:
    """The smallest value that `share` of the values don't exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, default=500)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home, embedded(Path(home)) as stack, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        context = browser.new_context(base_url=stack.url, viewport={"width": 1440, "height": 900})
        measure(context.new_page(), stack, options.objects)
        browser.close()


def measure(page: Page, stack: Stack, objects: int) -> None:
    """Print the frames of each kind of work on a project of its own."""
    page.context.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    users = json.loads((stack.home / "demo.json").read_text())["users"]
    sign_in(page, next(DemoUser(**user) for user in users if user["role"] == "manager"))
    editor = _filled(page, stack, objects)
    print(f"{objects} objects on {SIZE[0]} x {SIZE[1]}; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    middle = (SIZE[0] / 2, SIZE[1] / 2)
    page.keyboard.press("b")
    print("brush  ", recorded(editor, lambda: scribble(editor, middle, 900)))
    page.keyboard.press("e")
    print("eraser ", recorded(editor, lambda: scribble(editor, middle, 600)))
    page.keyboard.down("Space")
    print("pan    ", recorded(editor, lambda: scribble(editor, middle, 400)))
    page.keyboard.up("Space")
    page.mouse.move(*editor.at(*middle))
    print("zoom   ", recorded(editor, lambda: [page.mouse.wheel(0, -50 if i < 20 else 50) for i in range(40)]))


def _filled(page: Page, stack: Stack, objects: int) -> EditorPage:
    """The editor on a large picture full of objects."""
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "large.jpg"
        Image.open(PHOTOGRAPHS[0]).convert("RGB").resize(SIZE, Image.Resampling.BICUBIC).save(picture, quality=85)
        project = make_project(page, [picture])
    editor = open_image(page, project)
    stack.manage("shell", "-c", FILL.format(project=project, count=objects), timeout=PATIENCE / 1000)
    page.reload()
    expect(editor.objects).to_have_count(objects)
    page.wait_for_timeout(1000)
    return editor


def recorded(editor: EditorPage, work: Callable[[], object]) -> Frames:
    """The frames while `work()` goes on."""
    editor.page.evaluate(RECORD)
    work()
    frames = editor.page.evaluate("() => { window.recording = false; return window.recorded }")
    began = [frame[0] for frame in frames]
    return Frames([frame[1] for frame in frames], [b - a for a, b in zip(began, began[1:], strict=False)])


def scribble(editor: EditorPage, middle: tuple[float, float], reach: float) -> None:
    """One long stroke: a spiral around the middle."""
    places = []
    for step in range(180):
        angle, radius = step / 9, reach * (step + 20) / 200
        places.append(editor.at(middle[0] + radius * math.cos(angle), middle[1] + radius * math.sin(angle)))
    editor.page.mouse.move(*places[0])
    editor.page.mouse.down()
    for place in places[1:]:
        editor.page.mouse.move(*place)
    editor.page.mouse.up()


if __name__ == "__main__":
    main()
