"""The quality page in a real browser: charts are drawn in both themes from their tables, and pictures load."""

import json
from pathlib import Path

from playwright.sync_api import Page, expect

from labeling.server.stack import Stack
from tests.browser.people import PHOTOGRAPHS, make_project, wait_until

SEED = """
from django.utils import timezone
from labeling.accounts.models import User
from labeling.annotations.models import Annotation, AnnotationSet
from labeling.projects.models import Project
from labeling.quality import comparing, reports
from labeling import masks
import numpy as np, uuid
project = Project.objects.get(pk={project})
people = [User.objects.get_or_create(username=name)[0] for name in ("quality-a", "quality-b")]
for image in project.images.all():
    for shift, user in enumerate(people):
        kept = AnnotationSet.objects.create(
            image=image, kind="opinion", author=user, status="done", version=2, finished_at=timezone.now())
        bits = np.zeros((image.height, image.width), bool)
        bits[20:120, 20 + 15 * shift : 140 + 15 * shift] = True
        Annotation.objects.create(
            set=kept, uid=uuid.uuid4(), category=project.categories.first(), counts=masks.encode(bits),
            area=int(bits.sum()), bbox_x=20 + 15 * shift, bbox_y=20, bbox_width=120, bbox_height=100)
    comparing.compare_image(image)
reports.refresh(project)
"""


def painted(page: Page, canvas: int) -> str:
    """A canvas as it looks, so that two looks can be compared; empty for one without a pixel."""
    found: str = (
        page.locator("canvas")
        .nth(canvas)
        .evaluate(
            "canvas => { const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;"
            " return pixels.some(value => value) ? canvas.toDataURL() : ''; }"
        )
    )
    return found


def test_charts_tables_and_pictures(manager_page: Page, stack: Stack) -> None:
    page = manager_page
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    project = make_project(page, PHOTOGRAPHS[:2])
    page.goto(f"/projects/{project}/images")
    expect(page.locator('[data-count="total"]')).to_have_text("2")
    stack.manage("shell", "-c", SEED.format(project=project))
    page.emulate_media(color_scheme="light")
    page.goto(f"/projects/{project}/quality")
    expect(page.get_by_role("heading", name="Between annotators")).to_be_visible()
    figure = page.locator("figure").filter(has_text="IoU of matched objects")
    expect(figure.get_by_role("img")).to_be_visible()
    light = painted(page, 0)
    assert light
    page.emulate_media(color_scheme="dark")
    wait_until(page, f"document.querySelector('canvas').toDataURL() !== {json.dumps(light)}")
    assert painted(page, 0)
    figure.get_by_text("Table").focus()
    page.keyboard.press("Enter")
    expect(figure.get_by_role("row", name="0.75–0.80 2")).to_be_visible()  # 105 of 135 columns: .778, in both images
    picture = page.locator(".disagreement__picture").first
    picture.scroll_into_view_if_needed()
    wait_until(page, "document.querySelector('.disagreement__picture').naturalWidth > 0")
    with page.expect_download() as download:
        figure.get_by_role("link", name="CSV").click()
    assert "0.75–0.80,2" in Path(download.value.path()).read_text()
    page.locator(".disagreements a").first.click()
    page.wait_for_url("**/images/*/")
    assert problems == []
