"""Pages in a real browser: what was refused is in sight, has the focus and is announced; what deletes asks."""

from playwright.sync_api import Page, expect

from labeling.accounts.demo import DemoUser
from tests.browser.people import PHOTOGRAPHS, add_member, make_project, open_image


def use_a_class(page: Page, project: int) -> None:
    """Keep one object with the project's first class."""
    editor = open_image(page, project)
    editor.wait_ready()
    box = editor.canvas.bounding_box()
    assert box
    scale, left, top = editor.view()
    editor.click((box["width"] / 2 - left) / scale, (box["height"] / 2 - top) / scale)
    editor.keep()


def test_why_a_used_class_is_not_deleted_is_told_beside_it(manager_page: Page) -> None:
    page = manager_page
    page.set_viewport_size({"width": 1024, "height": 640})
    project = make_project(page, PHOTOGRAPHS[:1])
    use_a_class(page, project)
    page.goto(f"/projects/{project}/settings")
    row = page.locator("[data-classes] [data-row]:visible").first
    # Asked at once, before anything is sent …
    row.locator("[data-delete]").click()
    expect(row.locator("[data-move-to]")).to_be_in_viewport(ratio=1)
    # … and refused beside it where no class is named that gets the objects.
    page.get_by_role("button", name="Save changes").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete and save").click()
    expect(row.get_by_role("alert")).to_be_in_viewport(ratio=1)
    expect(page.locator("[data-summary]")).to_contain_text("Nothing was saved")


def test_an_error_far_down_the_page_is_in_sight_and_focused(manager_page: Page) -> None:
    page = manager_page
    page.set_viewport_size({"width": 1024, "height": 640})
    project = make_project(page, [])
    page.goto(f"/projects/{project}/people")
    page.get_by_label("Add a member").fill("nobody-at-all")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="No account named")).to_be_in_viewport(ratio=1)
    expect(page.get_by_label("Add a member")).to_be_focused()


def test_a_saved_class_is_deleted_after_a_question_only(manager_page: Page) -> None:
    page = manager_page
    project = make_project(page, [])
    page.goto(f"/projects/{project}/settings")
    rows = page.locator("[data-classes] [data-row]:visible")
    count = rows.count()
    assert count > 1
    name = rows.last.get_attribute("aria-label")
    rows.last.locator("[data-delete]").click()
    save = page.get_by_role("button", name="Save changes")
    save.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"Delete the class “{name}”? This can't be undone.")
    dialog.get_by_role("button", name="Cancel").click()
    expect(rows).to_have_count(count)
    save.click()
    dialog.get_by_role("button", name="Delete and save").click()
    expect(page.get_by_text("Settings saved.")).to_be_visible()
    expect(rows).to_have_count(count - 1)


def test_ones_own_role_is_changed_after_a_question_only(manager_page: Page, demo: dict[str, DemoUser]) -> None:
    page = manager_page
    project = make_project(page, [])
    page.goto(f"/projects/{project}/people")
    role = page.locator(".member", has_text="You").locator("select")
    expect(role.locator("option[value=reviewer]")).to_be_disabled()  # the project needs an owner
    add_member(page, project, demo["annotator"].username, "owner")
    role.select_option("reviewer")
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(role).to_have_value("owner")
