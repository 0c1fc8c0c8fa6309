"""Three people in three browsers: a manager invites and assigns, an annotator labels, a reviewer sends back, the
annotator fixes, the reviewer accepts; the project's pages and its export show it."""

import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.people import PHOTOGRAPHS, EditorPage, export_of, make_project
from tests.browser.test_review import draw, name, shown

PASSWORD = "a good long password"


def invited(manager: Page, newcomer: Page, project: int, role: str, username: str) -> None:
    """The manager makes a link on the people tab; somebody new opens it and has an account in the project."""
    manager.goto(f"/projects/{project}/people")
    form = manager.locator("#invitations form.invite")
    form.get_by_label("Role").select_option(role)
    form.get_by_role("button", name="Invite").click()
    link = manager.get_by_role("textbox", name="Link").input_value()
    newcomer.goto(link)
    newcomer.get_by_label("Username").fill(username)
    newcomer.get_by_label("Password", exact=True).fill(PASSWORD)
    newcomer.get_by_label("Password again").fill(PASSWORD)
    newcomer.get_by_role("button", name=re.compile("Create account")).click()
    expect(newcomer).to_have_url(re.compile(rf"/projects/{project}/"))


@pytest.mark.timeout(600)
def test_a_team_of_three(
    page_of: Callable[[str], Page], new_context: Callable[[], BrowserContext], tmp_path: Path
) -> None:
    manager, worker, judge = page_of("owner"), new_context().new_page(), new_context().new_page()
    project = make_project(manager, PHOTOGRAPHS[:2], name="Of three")
    manager.goto(f"/projects/{project}/settings#review")
    manager.get_by_label("Review finished images").check()
    manager.get_by_role("button", name="Save review settings").click()
    expect(manager.locator("#toasts")).to_contain_text("Review settings saved.")
    suffix = str(project)
    invited(manager, worker, project, "annotator", f"wanda{suffix}")
    invited(manager, judge, project, "reviewer", f"rob{suffix}")

    # The manager assigns one image; it is what the annotator goes on with.
    manager.goto(f"/projects/{project}/images")
    cards = manager.locator("[data-images] li")
    expect(cards).to_have_count(2, timeout=60_000)
    second = cards.nth(1).locator("[data-slot=name]").inner_text()
    assign(manager, 1, f"wanda{suffix}")
    worker.goto("/")
    work = worker.locator(".my-work")
    expect(work).to_contain_text("1 reserved for you")
    work.get_by_role("link", name="Go on").first.click()
    annotator = EditorPage(worker)
    shown(annotator)
    assert name(annotator) in second
    mine = worker.url
    draw(annotator, 100, 100, 80)
    worker.keyboard.press("Control+Enter")
    expect(worker).not_to_have_url(mine)

    # The reviewer finds it on the start page, pins a comment, and sends it back.
    judge.goto("/")
    expect(judge.locator(".my-work")).to_contain_text("1 to review")
    judge.locator(".my-work").get_by_role("link", name="Review").first.click()
    reviewer = EditorPage(judge)
    shown(reviewer)
    expect(judge.get_by_test_id("reviewing")).to_be_visible()
    judge.mouse.move(*reviewer.at(140, 140))
    judge.keyboard.press("Shift+Q")
    judge.get_by_test_id("comment-field").fill("There is a second one.")
    judge.keyboard.press("Enter")
    expect(judge.get_by_test_id("thread")).to_have_attribute("data-draft", "true")
    judge.keyboard.press("Control+Shift+Enter")
    expect(judge.get_by_test_id("send-back-sheet")).to_contain_text("There is a second one.")
    judge.keyboard.press("Control+Enter")
    expect(judge.locator("[data-banner=review-empty]")).to_be_visible()

    # It comes back to the annotator first; they fix it and submit again.
    worker.goto("/")
    expect(worker.locator(".my-work")).to_contain_text("1 sent back to you")
    worker.locator(".my-work").get_by_role("link", name="Go on").first.click()
    shown(annotator)
    expect(worker).to_have_url(mine)
    expect(worker.locator("[data-banner=sent-back]")).to_be_visible()
    expect(annotator.objects).to_have_count(1)
    draw(annotator, 250, 100, 60)
    worker.get_by_test_id("thread").first.get_by_role("button").first.click()
    worker.get_by_test_id("thread-fixed").click()
    worker.keyboard.press("Control+Enter")
    expect(worker).not_to_have_url(mine)

    # The reviewer accepts.
    judge.goto(f"/projects/{project}/review")
    shown(reviewer)
    expect(judge.get_by_test_id("review-waiting")).to_contain_text("round 2")
    expect(judge.get_by_test_id("reviewing")).to_be_visible()
    judge.keyboard.press("Control+Enter")
    expect(judge.locator("[data-banner=review-empty], [data-banner=accepted]").first).to_be_visible()

    # The project's pages and an export of accepted work show it.
    manager.goto(f"/projects/{project}/")
    expect(manager.locator("[data-count=accepted]").first).to_have_text("1")
    manager.goto(f"/projects/{project}/images?filter=accepted")
    expect(manager.locator("[data-images] li")).to_have_count(1)
    with zipfile.ZipFile(export_of(manager, project, "coco", tmp_path / "coco.zip")) as archive:
        data = json.loads(archive.read(next(one for one in archive.namelist() if one.endswith(".json"))))
    by_image = {image["id"]: image["file_name"] for image in data["images"]}
    assert len([one for one in data["annotations"] if by_image[one["image_id"]].endswith(Path(second).name)]) == 2


def assign(manager: Page, place: int, username: str) -> None:
    """Reserve one image for somebody on the images tab."""
    manager.locator("[data-images] li").nth(place).locator("[data-slot=select]").check()
    bulk = manager.locator("[data-bulk]")
    bulk.locator("summary", has_text="Assign").click()
    bulk.get_by_label(username).check()
    bulk.get_by_role("button", name="Assign", exact=True).click()
    expect(manager.locator("#toasts")).to_contain_text("1 image assigned")
