"""Suggestions as people use them, on the demo project's photographs and with the models that ship."""

import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from inference.heads.proposals import inside_share, mask_iou
from tests.browser.people import ENCODED, PHOTOGRAPHS, EditorPage, csrf, make_project, open_demo_project, open_tab

# Where animals are on photographs that a project learns from, and one that it has not seen: pixels of the picture.
ANIMALS = {
    "cows.jpg": [(610, 400), (340, 225), (860, 228)],
    "crab.jpg": [(640, 260)],
    "kingfisher.jpg": [(600, 300)],
    "kitten.jpg": [(600, 250)],
}
UNSEEN = "red-panda.jpg"
HOVERED, DECIDED, TEXT = "horses.jpg", "lemurs.jpg", "kitten.jpg"
OpenPhoto = Callable[[str], EditorPage]


@pytest.fixture
def open_photo(annotator_page: Page) -> OpenPhoto:
    """Opens a photograph of the demo project by its name, without what others kept on it."""

    def open_named(name: str) -> EditorPage:
        page = annotator_page
        open_demo_project(page)
        open_tab(page, "Images")
        card = page.locator("[data-images] .image-card__link[href]", has_text=name)
        expect(card).to_be_attached(timeout=ENCODED)
        address = card.get_attribute("href") or ""
        empty(page, api_of(address))
        page.goto(address)
        editor = EditorPage(page)
        editor.wait_ready()
        return editor

    return open_named


def panel(editor: EditorPage) -> Locator:
    return editor.page.get_by_test_id("suggestions")


def shown(editor: EditorPage) -> int:
    """How many suggestions are on the image."""
    return int(panel(editor).get_attribute("data-shown") or 0)


def pointed(editor: EditorPage) -> str:
    """The uid of the suggestion that is pointed at."""
    return editor.canvas.get_attribute("data-pointed") or ""


def api_of(address: str) -> str:
    """The address of an image's part of the API."""
    found = re.search(r"/images/(\d+)", address)
    assert found
    return f"/api/images/{found[1]}"


def image_of(editor: EditorPage) -> str:
    """The same for the image in the window."""
    return api_of(editor.page.url)


def empty(page: Page, image: str) -> None:
    """Delete what is kept on an image: every test of a run works in the same demo project."""
    kept = page.request.get(f"{image}/annotations").json()
    if kept["annotations"]:
        changes = [{"kind": "delete", "uid": one["uid"]} for one in kept["annotations"]]
        answer = page.request.post(
            f"{image}/changes", data={"version": kept["version"], "changes": changes}, headers=csrf(page)
        )
        assert answer.ok, answer.text()


def masks(editor: EditorPage, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The RLEs of what the API tells."""
    found = re.search(r"(\d+) by (\d+) pixels", editor.canvas.get_attribute("aria-label") or "")
    assert found
    return [{"size": [int(found[2]), int(found[1])], "counts": row["counts"]} for row in rows]


def places(editor: EditorPage, step: int = 55) -> Iterator[tuple[float, float]]:
    """Places of the picture on the page, far enough inside of the canvas."""
    box = editor.canvas.bounding_box()
    assert box
    for y in range(int(box["y"]) + 40, int(box["y"] + box["height"]) - 90, step):
        for x in range(int(box["x"]) + 40, int(box["x"] + box["width"]) - 40, step):
            yield x, y


def hover_next(editor: EditorPage, way: Iterator[tuple[float, float]]) -> tuple[float, float]:
    """Move on until a suggestion is under the pointer; where that is."""
    for place in way:
        editor.page.mouse.move(*place)
        if pointed(editor):
            return place
    raise AssertionError("there is no suggestion under the pointer any more")


def ask_for_everything(editor: EditorPage) -> None:
    """Press V where nothing is suggested yet, and then see also what is not that sure."""
    editor.page.keyboard.press("v")
    expect(editor.canvas).to_have_attribute("data-tool", "suggest")
    expect(editor.page.get_by_test_id("confidence")).to_be_visible(timeout=ENCODED)
    few = shown(editor)
    for _ in range(6):
        editor.page.keyboard.press(",")
    expect(panel(editor)).not_to_have_attribute("data-shown", str(few))
    assert shown(editor) > few


def test_ten_proposals_are_kept_by_hovering_and_keys(open_photo: OpenPhoto) -> None:
    editor = open_photo(HOVERED)
    page = editor.page
    ask_for_everything(editor)
    way = places(editor)
    for count in range(10):
        hover_next(editor, way)
        expect(page.get_by_test_id("suggestion-tag")).to_contain_text("%")
        if count % 3 == 0:
            page.mouse.down()
            page.mouse.up()
        else:
            if count % 3 == 2:
                page.keyboard.press("2")  # its class; it is kept by Enter
            page.keyboard.press("Enter")
        expect(editor.objects).to_have_count(count + 1)
    editor.wait_saved()
    page.reload()
    expect(editor.objects).to_have_count(10)
    assert "2" in {row.get_attribute("data-class") for row in editor.objects.all()}
    api = image_of(editor)
    kept = page.request.get(f"{api}/annotations").json()["annotations"]
    left = page.request.get(f"{api}/suggestions").json()["results"]
    assert inside_share(masks(editor, left), masks(editor, kept)).max() <= 0.5, "none is offered over a kept object"
    assert not {row["uid"] for row in left} & {row["uid"] for row in kept}


def test_suggestions_are_dragged_over_rejected_and_corrected(open_photo: OpenPhoto) -> None:
    editor = open_photo(DECIDED)
    page = editor.page
    ask_for_everything(editor)

    # Rejecting is remembered, and taken back.
    way = places(editor, 35)
    place = hover_next(editor, way)
    uid, count = pointed(editor), shown(editor)
    page.mouse.click(*place, button="right")
    expect(panel(editor)).to_have_attribute("data-shown", str(count - 1))
    page.keyboard.press("Control+z")
    expect(panel(editor)).to_have_attribute("data-shown", str(count))
    page.keyboard.press("Control+y")
    expect(panel(editor)).to_have_attribute("data-shown", str(count - 1))

    # Stepping, and correcting by a click.
    page.keyboard.press("n")
    chosen = pointed(editor)
    page.keyboard.press("Shift+Enter")
    expect(editor.canvas).not_to_have_attribute("data-area", "0")
    suggested = editor.area()
    page.keyboard.press("g")
    grown = editor.changed(suggested)
    page.keyboard.press("Enter")
    expect(editor.objects).to_have_count(1)
    editor.wait_saved()

    # A drag keeps what it passes; undo takes all of it back at once.
    box = editor.canvas.bounding_box()
    assert box
    middle = box["y"] + box["height"] * 0.5
    page.mouse.move(box["x"] + 60, middle - 120)
    page.mouse.down()
    for part in (0.3, 0.5, 0.7, 0.95):
        page.mouse.move(box["x"] + box["width"] * part, middle + 120 * (part - 0.5), steps=12)
    page.mouse.up()
    expect(editor.objects).not_to_have_count(1)
    page.keyboard.press("Control+z")
    expect(editor.objects).to_have_count(1)
    editor.wait_saved()

    page.reload()
    expect(editor.objects.last).to_have_attribute("data-area", str(grown))
    expect(editor.objects.last).to_have_attribute("data-uid", chosen)
    offered = page.request.get(f"{image_of(editor)}/suggestions").json()["results"]
    assert uid not in {row["uid"] for row in offered}


def test_an_object_is_found_by_text(open_photo: OpenPhoto) -> None:
    editor = open_photo(TEXT)
    page, field = editor.page, editor.page.get_by_test_id("text-search")
    page.keyboard.press("t")
    page.keyboard.type("the cat")
    page.keyboard.press("Enter")
    expect(field).to_have_attribute("data-state", "answered", timeout=ENCODED)
    expect(editor.canvas).not_to_have_attribute("data-pointed", "")
    assert shown(editor) == 1
    page.keyboard.press("Enter")
    expect(editor.objects).to_have_count(1)
    expect(field).to_have_attribute("data-state", "idle")
    editor.wait_saved()
    # The same as a click on it finds.
    page.keyboard.press("c")
    found = re.search(r"(\d+) by (\d+) pixels", editor.canvas.get_attribute("aria-label") or "")
    assert found
    editor.click(int(found[1]) / 2, int(found[2]) / 2)
    editor.keep()
    kept = page.request.get(f"{image_of(editor)}/annotations").json()["annotations"]
    asked, clicked = masks(editor, kept)
    assert mask_iou([asked], [clicked])[0, 0] > 0.5

    # What is no phrase is said to be none, beside the field.
    page.keyboard.press("t")
    field.fill("?!")
    page.keyboard.press("Enter")
    expect(field).to_have_attribute("data-state", "failed")
    expect(page.locator("#text-search-said")).to_contain_text("Say what to look for in a few words")


def test_pre_labels_are_accepted_above_a_threshold_and_corrected(
    manager_page: Page, page_of: Callable[[str], Page]
) -> None:
    # The manager has the starter model look at all photographs.
    manager = manager_page
    manager.goto("/projects/1/suggestions")  # other tests' projects may have moved it to the list's second page
    side = manager.locator("[data-suggestions]")
    side.get_by_role("button", name="Suggest: Instances").click()
    # All that are not done: other tests may have finished some.
    expect(side).to_contain_text(re.compile(r"(\d+) of \1 images processed"), timeout=ENCODED)
    project = re.sub(r"\D", "", manager.url.partition("/projects/")[2])
    images = manager.request.get(f"/api/projects/{project}/images?limit=100").json()["results"]

    def proposed() -> dict[int, list[dict[str, Any]]]:
        url = "/api/images/{}/suggestions?method=instances"
        return {one["id"]: manager.request.get(url.format(one["id"])).json()["results"] for one in images}

    found, until = proposed(), time.monotonic() + ENCODED / 1000
    while max(map(len, found.values())) < 2 and time.monotonic() < until:  # an earlier run's line may have been seen
        manager.wait_for_timeout(1000)
        found = proposed()
    best = max(found, key=lambda image: len(found[image]))
    assert len(found[best]) >= 2

    # Its words are not the project's; the manager says what those on one photograph are.
    side.locator("summary", has_text="model labels").first.click()
    for word in {row["word"] for row in found[best]}:
        with manager.expect_response("**/mapping"):
            side.locator(f"select[data-word='{word}']").first.select_option(label="other thing")

    editor = EditorPage(page_of("annotator"))
    page = editor.page
    page.goto(f"/images/{best}/")
    editor.wait_ready()
    editor.wait_saved()  # what other tests kept there is loaded
    page.keyboard.press("v")
    group = page.locator("[data-group='class 7']")
    expect(group).to_be_visible()
    before = editor.objects.count()
    scores = sorted((row["score"] for row in found[best]), reverse=True)
    page.get_by_test_id("confidence").fill(str(int(100 * scores[len(scores) // 2])))
    for row in page.locator("[data-group='class 7'] [data-testid=suggestion]").all():
        assert float(row.get_attribute("data-score") or 0) >= scores[len(scores) // 2] - 0.01
    group.get_by_test_id("keep-group").click()
    expect(editor.objects).not_to_have_count(before)
    editor.wait_saved()
    page.keyboard.press("Control+z")
    expect(editor.objects).to_have_count(before)
    page.keyboard.press("Control+y")
    expect(editor.objects).not_to_have_count(before)
    editor.wait_saved()

    # Two of them are corrected, which the figures tell.
    kept = editor.objects.count()
    for index in range(max(before, kept - 2), kept):
        row = editor.objects.nth(index)
        uid = row.get_attribute("data-uid") or ""
        row.get_by_role("button").first.dblclick()
        expect(editor.canvas).not_to_have_attribute("data-area", "0")
        area = editor.settled()
        page.keyboard.press("g")
        grown = editor.changed(area)
        page.keyboard.press("Enter")
        expect(page.locator(f"[data-testid=object][data-uid='{uid}']")).to_have_attribute("data-area", str(grown))
    editor.wait_saved()
    figures = page.request.get(f"/api/projects/{project}/suggestions/figures").json()
    assert figures["by_method"]["instances"]["edited"] == min(2, kept - before)


@pytest.mark.timeout(900)
def test_a_project_learns_from_its_finished_labels(manager_page: Page) -> None:
    """Four photographs are labeled and finished; what is trained on them knows the project's class on a fifth."""
    page = manager_page
    photographs = [path for path in PHOTOGRAPHS if path.name in ANIMALS or path.name == UNSEEN]
    project = make_project(page, photographs)
    page.goto(f"/projects/{project}/")
    expect(page.locator("[data-count=ready]")).to_have_text(str(len(ANIMALS) + 1), timeout=3 * ENCODED)
    page.goto(f"/projects/{project}/images")
    expect(page.locator("[data-images] .image-card__link[href]")).to_have_count(len(ANIMALS) + 1)
    addresses = {
        name: page.locator("[data-images] .image-card__link[href]", has_text=name).get_attribute("href") or ""
        for name in (*ANIMALS, UNSEEN)
    }
    for name, places_ in ANIMALS.items():
        page.goto(addresses[name])
        editor = EditorPage(page)
        editor.wait_ready()
        editor.wait_saved()
        for x, y in places_:
            editor.click(x, y)
            editor.keep("1")
        page.keyboard.press("Control+Enter")
        expect(page.get_by_role("heading", level=1)).not_to_have_text(name)

    # The starter model outlines something on the fifth, but none of its words is a class here.
    page.goto(addresses[UNSEEN])
    editor = EditorPage(page)
    editor.wait_ready()
    page.keyboard.press("i")
    expect(panel(editor)).not_to_have_attribute("data-shown", "0", timeout=ENCODED)
    api = api_of(addresses[UNSEEN])
    before = page.request.get(f"{api}/suggestions?method=instances").json()["results"]
    assert before
    assert all(row["category"] is None for row in before)

    # A tenth of the usual steps is enough to see it learn; the button itself asks for all of them.
    page.route("**/heads", lambda route: route.continue_(post_data=json.dumps({"kind": "instances", "steps": 60})))
    page.goto(f"/projects/{project}/suggestions")
    side = page.locator("[data-suggestions]")
    side.get_by_role("button", name="Train instances").click()
    learned = side.get_by_role("region", name="Models trained on this project")
    expect(learned.get_by_role("progressbar", name="Training")).to_be_visible(timeout=ENCODED)
    expect(learned.get_by_role("img", name="Loss while training")).to_be_visible(timeout=5 * ENCODED)
    expect(learned).to_contain_text("Results by class on held-out images", timeout=5 * ENCODED)
    page.goto(addresses[UNSEEN])
    editor.wait_ready()
    # Suggestions are still shown, and what it suggests comes by itself.
    expect(editor.canvas).to_have_attribute("data-tool", "suggest")
    expect(page.locator("[data-group='class 1']")).to_be_visible(timeout=ENCODED)
    after = page.request.get(f"{api}/suggestions?method=instances").json()["results"]
    assert {row["category"] for row in after} == {1}
    # It is the animal: what a click into it finds, too.
    page.keyboard.press("Escape")
    page.keyboard.press("c")
    editor.click(700, 420)
    editor.keep("1")
    editor.wait_saved()
    (kept,) = page.request.get(f"{api}/annotations").json()["annotations"]
    assert mask_iou(masks(editor, after), masks(editor, [kept])).max() > 0.6


def test_panoptic_is_asked_by_its_key_and_says_what_it_found(open_photo: OpenPhoto) -> None:
    editor = open_photo(TEXT)
    api = image_of(editor)
    editor.page.keyboard.press("Shift+I")
    toast = editor.page.get_by_test_id("toast")
    expect(toast).to_contain_text(re.compile("Panoptic found|from Panoptic"), timeout=ENCODED)
    told = editor.page.request.get(f"{api}/suggestions?method=panoptic").json()
    (look,) = [look for look in told["looked"] if look["method"] == "panoptic"]
    assert look["state"] == "ready"
    assert look["found"] >= len(told["results"])
