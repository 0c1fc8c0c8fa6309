"""Ordering classes, merging them, and a project's way into the bin and out of it, in a real browser."""

from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.people import ENCODED, PHOTOGRAPHS, csrf, make_project, open_image

CLASSES: list[dict[str, Any]] = [{"name": name} for name in ("car", "person", "road", "sky")]


def names(page: Page) -> list[str]:
    """The classes as the settings show them, in their order."""
    return [box.input_value() for box in page.locator("[data-row]:visible [data-name]").all()]


def numbers(page: Page, project: int) -> list[int]:
    """The classes as the server has them, in their order."""
    found = page.request.get(f"/api/projects/{project}/categories").json()["results"]
    return [one["number"] for one in found]


def save(page: Page) -> None:
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("Settings saved.")).to_be_visible()


def test_classes_are_ordered_by_keyboard_and_by_dragging(manager_page: Page) -> None:
    page = manager_page
    project = make_project(page, [], classes=CLASSES)
    page.goto(f"/projects/{project}/settings")
    handle = page.get_by_role("button", name="Move road")
    handle.focus()
    page.keyboard.press("ArrowUp")
    assert names(page) == ["car", "road", "person", "sky"]
    expect(handle).to_be_focused()
    expect(page.locator("[data-class-news]")).to_have_text("road is number 2 of 4.")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowUp")  # it is the first one: nothing happens
    assert names(page) == ["road", "car", "person", "sky"]
    page.keyboard.press("End")
    assert names(page) == ["car", "person", "sky", "road"]
    save(page)
    assert numbers(page, project) == [1, 2, 4, 3]
    # Dragged to the top, past all others; at the window's edges dragging would scroll.
    page.get_by_role("button", name="Move person").evaluate("one => one.scrollIntoView({block: 'center'})")
    grip = page.get_by_role("button", name="Move road").bounding_box()
    goal = page.get_by_role("button", name="Move car").bounding_box()
    assert grip
    assert goal
    page.mouse.move(grip["x"] + 8, grip["y"] + 8)
    page.mouse.down()
    page.mouse.move(grip["x"] + 8, grip["y"] - 40, steps=4)
    page.mouse.move(goal["x"] + 8, goal["y"] + 2, steps=8)
    page.mouse.up()
    assert names(page) == ["road", "car", "person", "sky"]
    save(page)
    assert numbers(page, project) == [3, 1, 2, 4]


def test_many_classes_are_pasted_and_found(manager_page: Page) -> None:
    page = manager_page
    project = make_project(page, [], classes=CLASSES)
    page.goto(f"/projects/{project}/settings")
    page.get_by_role("button", name="Paste a list").click()
    page.locator("dialog textarea").fill("[1]")
    page.get_by_role("button", name="Add classes").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("Class 1 is neither")
    page.locator("dialog textarea").fill("\n".join(["Car", *(f"kind {number}" for number in range(30))]))
    page.get_by_role("button", name="Add classes").click()
    expect(page.locator("[data-class-news]")).to_contain_text("30 classes added. 1 was there already.")
    page.get_by_label("Search classes").fill("kind 2")
    assert names(page) == ["kind 2", "kind 12", *(f"kind {number}" for number in range(20, 30))]
    page.get_by_label("Search classes").fill("nothing such")
    expect(page.get_by_text("No class matches.")).to_be_visible()
    page.get_by_role("button", name="Show all").click()
    save(page)
    assert len(numbers(page, project)) == 34
    keys = [box.input_value() for box in page.locator("[data-row]:visible [data-hotkey]").all()]
    assert len(set(keys)) == 34
    assert keys[:11] == ["1", "2", "3", "4", "5", "6", "7", "8", "9", "01", "02"]


def test_a_project_goes_to_the_bin_by_its_name_and_comes_back(manager_page: Page, annotator_page: Page) -> None:
    page = manager_page
    project = make_project(page, [], name="To be deleted", classes=CLASSES)
    page.goto(f"/projects/{project}/settings")
    delete = page.get_by_role("button", name="Delete project")
    typed = page.locator("#life input[name=name]")
    expect(delete).to_be_disabled()
    typed.fill("to be deleted")
    expect(delete).to_be_disabled()
    typed.fill("To be deleted")
    delete.click()
    expect(page).to_have_url("/?show=bin")
    card = page.locator(".project-card", has_text="To be deleted")
    expect(card).to_contain_text("Deleted for good on")
    assert annotator_page.request.get(f"/api/projects/{project}").status == 404
    page.get_by_role("button", name="Restore To be deleted").click()
    expect(page).to_have_url(f"/projects/{project}/")
    expect(page.get_by_role("heading", name="To be deleted")).to_be_visible()


def test_delete_now_leaves_the_bin_empty_while_one_looks(manager_page: Page) -> None:
    page = manager_page
    project = make_project(page, [], name="Gone for good", classes=CLASSES)
    page.request.delete(f"/api/projects/{project}", data={"name": "Gone for good"}, headers=csrf(page))
    page.goto("/?show=bin")
    card = page.locator(".project-card", has_text="Gone for good")
    card.get_by_text("Delete now").click()
    button = card.get_by_role("button", name="Delete for good")
    expect(button).to_be_disabled()
    card.locator("input[name=name]").fill("Gone for good")
    button.click()
    expect(card).to_have_count(0, timeout=ENCODED)  # by the project's socket, once a worker has done it
    assert page.request.get(f"/api/projects/{project}").status == 404


def test_an_archived_project_is_told_on_the_open_page(manager_page: Page, page_of: Any) -> None:
    page = manager_page
    project = make_project(page, [], classes=CLASSES)
    page.goto(f"/projects/{project}/")
    expect(page.locator("[data-live-state]")).to_be_hidden()
    other = page_of("owner")
    other.goto(f"/projects/{project}/settings")
    other.get_by_role("button", name="Archive project").click()
    other.get_by_role("dialog").get_by_role("button", name="Archive project").click()
    expect(page.get_by_role("alert")).to_contain_text("This project was archived")
    page.get_by_role("button", name="Reload").click()
    expect(page.locator("[data-archived]")).to_contain_text("It can be viewed and exported but not changed")
    page.get_by_role("button", name="Restore project").click()
    expect(page.locator("[data-archived]")).to_have_count(0)


def test_a_class_beyond_the_ninth_is_chosen_by_keys_one_after_the_other(manager_page: Page) -> None:
    page = manager_page
    project = make_project(page, PHOTOGRAPHS[:1], classes=[{"name": f"kind {number}"} for number in range(1, 13)])
    open_image(page, project)
    chosen = page.locator("[data-testid=class][aria-pressed=true]")
    expect(page.locator("[data-testid=class][data-class='11'] kbd")).to_have_text(["0", "2"])
    page.keyboard.press("0")
    expect(page.get_by_test_id("class-keys")).to_contain_text("0")
    page.keyboard.press("2")
    expect(chosen).to_have_attribute("data-class", "11")
    expect(page.get_by_test_id("class-keys")).to_have_count(0)
    page.keyboard.press("0")
    page.keyboard.press("Escape")
    page.keyboard.press("3")
    expect(chosen).to_have_attribute("data-class", "3")
    page.keyboard.press("?")
    expect(page.get_by_test_id("class-sequences")).to_contain_text("one after the other")
