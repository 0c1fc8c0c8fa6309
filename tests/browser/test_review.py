"""Two people, a real server: finished, sent back with a pinned comment, fixed, compared, accepted; all of it live."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from labeling.accounts.demo import DemoUser
from tests.browser.people import PHOTOGRAPHS, EditorPage, add_member, csrf, make_project, open_image


@dataclass
class Team:
    """A project with review, its annotator's and its reviewer's page."""

    project: int
    annotator: EditorPage
    reviewer: EditorPage


@pytest.fixture
def team(page_of: Callable[[str], Page], demo: dict[str, DemoUser]) -> Team:
    """Two images; the project reviews all that is finished."""
    manager = page_of("owner")
    project = make_project(manager, PHOTOGRAPHS[:2], name="Reviewed")
    for role in ("annotator", "reviewer"):
        add_member(manager, project, demo[role].username, role)
    url = f"/api/projects/{project}/review/settings"
    assert manager.request.patch(url, data={"enabled": True}, headers=csrf(manager)).ok
    return Team(project, EditorPage(page_of("annotator")), EditorPage(page_of("reviewer")))


def shown(editor: EditorPage) -> None:
    expect(editor.canvas).to_have_attribute("data-picture", "shown", timeout=60_000)
    expect(editor.page.get_by_test_id("editor")).to_have_attribute("data-connection", "open")


def draw(editor: EditorPage, left: float, top: float, side: float) -> None:
    """A square drawn with the lasso, kept."""
    count = editor.objects.count()
    editor.page.keyboard.press("l")
    editor.drag((left, top), (left + side, top), (left + side, top + side), (left, top + side))
    editor.page.keyboard.press("Enter")
    expect(editor.objects).to_have_count(count + 1)
    editor.wait_saved()


def name(editor: EditorPage) -> str:
    return editor.page.get_by_role("heading", level=1).inner_text()


def test_sent_back_with_a_pin_fixed_and_accepted(team: Team, demo: dict[str, DemoUser]) -> None:
    annotator, reviewer = team.annotator, team.reviewer
    worker, judge = annotator.page, reviewer.page
    errors: list[str] = []
    judge.on("pageerror", lambda error: errors.append(str(error)))

    # Nothing waits yet, and that is said.
    judge.goto(f"/projects/{team.project}/review")
    expect(judge.get_by_text("Nothing to review")).to_be_visible()

    open_image(worker, team.project)
    shown(annotator)
    first = name(annotator)
    draw(annotator, 100, 100, 80)
    worker.keyboard.press("Control+Enter")
    expect(worker.get_by_role("heading", level=1)).not_to_have_text(first)

    # The reviewer gets it, pins a comment to the object, and sends it back.
    judge.goto(f"/projects/{team.project}/review")
    shown(reviewer)
    expect(judge.get_by_role("heading", level=1)).to_have_text(first)
    expect(judge.get_by_test_id("reviewing")).to_be_visible()
    expect(judge.get_by_test_id("work-panel")).to_contain_text(re.compile("Labeled by", re.IGNORECASE))
    judge.mouse.move(*reviewer.at(140, 140))
    judge.keyboard.press("Shift+Q")
    field = judge.get_by_test_id("comment-field")
    expect(field).to_be_focused()
    judge.keyboard.press("1")
    expect(field).to_have_value("Edge is off")
    judge.keyboard.type(f" @{demo['annotator'].username}")
    expect(judge.get_by_test_id("mention")).to_have_count(1)
    judge.keyboard.press("Tab")
    judge.keyboard.press("Enter")
    expect(judge.get_by_test_id("thread")).to_have_attribute("data-draft", "true")
    expect(judge.locator(".pin[data-draft]")).to_have_text("1")
    judge.keyboard.press("Control+Shift+Enter")
    sheet = judge.get_by_test_id("send-back-sheet")
    expect(sheet).to_contain_text("Edge is off")
    sheet.get_by_label("Summary").fill("One edge to mend.")
    judge.keyboard.press("Control+Enter")
    expect(judge.locator("[data-banner=review-empty]")).to_contain_text("1 is on the way")

    # The annotator hears of it where they are, goes there, and finds pin, summary and count.
    bell = worker.get_by_test_id("inbox-unread")
    expect(bell).to_be_visible()
    worker.get_by_test_id("inbox-bell").click()
    worker.get_by_test_id("inbox-panel").get_by_role("link", name=re.compile("sent back")).click()
    expect(worker.get_by_role("heading", level=1)).to_have_text(first)
    shown(annotator)
    banner = worker.locator("[data-banner=sent-back]")
    expect(banner).to_contain_text("One edge to mend.")
    expect(banner).to_contain_text("1 open")
    expect(bell).to_have_count(0)
    worker.keyboard.press("Shift+F")
    expect(banner).to_contain_text("1 of 1")
    worker.get_by_test_id("thread-fixed").click()
    expect(worker.get_by_test_id("thread")).to_have_attribute("data-state", "fixed")
    draw(annotator, 250, 100, 60)
    expect(worker.get_by_test_id("compare-counts")).to_have_text("+1 ~0 −0")
    worker.keyboard.press("Control+Enter")
    expect(worker.get_by_role("heading", level=1)).not_to_have_text(first)

    # It waits again, live; the reviewer compares, resolves and accepts with one key.
    expect(judge.get_by_test_id("thread")).to_have_attribute("data-state", "fixed")
    expect(judge.get_by_test_id("accept")).to_be_visible()
    expect(judge.get_by_test_id("review-waiting")).to_contain_text("round 2")
    judge.keyboard.press("Shift+B")
    expect(judge.get_by_test_id("compare-before")).to_have_attribute("aria-pressed", "true")
    judge.keyboard.press("Shift+B")
    expect(judge.get_by_test_id("compare-changed")).to_have_attribute("aria-pressed", "true")
    judge.get_by_test_id("compare-sides").click()
    expect(judge.get_by_test_id("before-view").locator("canvas").first).to_be_attached()
    judge.get_by_test_id("compare-sides").click()
    expect(judge.get_by_test_id("before-view")).to_have_count(0)
    judge.get_by_test_id("thread-resolve").click()
    judge.keyboard.press("Control+Enter")
    expect(judge.locator("[data-banner=review-empty], [data-banner=accepted]").first).to_be_visible()

    # Accepted: the annotator looks on, and may ask.
    worker.go_back()
    expect(worker.locator("[data-banner=accepted]")).to_contain_text("Accepted by")
    worker.get_by_test_id("ask-reopen").click()
    worker.get_by_test_id("comment-field").fill("the sky changed")
    worker.get_by_test_id("comment-send").click()
    expect(judge.get_by_test_id("inbox-unread")).to_be_visible()
    assert errors == []


def test_correcting_and_being_shut_out(team: Team) -> None:
    annotator, reviewer = team.annotator, team.reviewer
    worker, judge = annotator.page, reviewer.page
    open_image(worker, team.project)
    shown(annotator)
    draw(annotator, 100, 100, 80)
    here = worker.url
    worker.keyboard.press("Control+Enter")
    expect(worker).not_to_have_url(here)

    judge.goto(here)
    shown(reviewer)
    expect(judge.get_by_test_id("accept")).to_be_visible()

    # While it is being reviewed its author looks on.
    worker.goto(here)
    expect(worker.locator("[data-banner=in-review]")).to_contain_text("is reviewing this image")
    expect(worker.get_by_test_id("finish")).to_have_count(0)

    # The reviewer corrects it, and accepts it as corrected.
    expect(judge.get_by_test_id("review-correct")).to_be_visible()
    judge.keyboard.press("Shift+E")
    expect(judge.get_by_test_id("review-correct")).to_have_attribute("aria-pressed", "true")
    draw(reviewer, 250, 100, 50)
    judge.keyboard.press("Control+Enter")
    expect(worker.locator("[data-banner=accepted]")).to_contain_text("Corrected and accepted by")
    expect(annotator.objects).to_have_count(2)

    # Undo of a verdict: an accepted image is sent back with a reason.
    judge.goto(here)
    judge.get_by_test_id("send-back").click()
    send = judge.get_by_test_id("send-back-now")
    expect(send).to_be_disabled()
    judge.get_by_label("Summary").fill("Accepted too early.")
    send.click()
    expect(worker.locator("[data-banner=sent-back]")).to_contain_text("Accepted too early.")
