"""What everybody sees first: the sign-in page, the projects, a project page with its pictures."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from labeling.accounts.demo import DemoUser
from tests.browser.people import open_demo_project, wait_until


def test_signed_out_people_are_asked_to_sign_in(page: Page, demo: dict[str, DemoUser]) -> None:
    page.goto("/")
    page.wait_for_url("**/sign-in?next=/")
    expect(page.get_by_role("heading", name="Sign in to Interlabel")).to_be_visible()
    for user in demo.values():
        expect(page.get_by_role("button", name=user.username)).to_be_visible()


def test_a_click_on_a_demo_sign_in_fills_in_the_form(page: Page, demo: dict[str, DemoUser]) -> None:
    user = demo["annotator"]
    page.goto("/sign-in")
    page.get_by_role("button", name=user.username).click()
    expect(page.get_by_label("Name")).to_have_value(user.username)
    expect(page.get_by_label("Password", exact=True)).to_have_value(user.password)


def test_a_wrong_password_is_told(page: Page, demo: dict[str, DemoUser]) -> None:
    page.goto("/sign-in")
    page.get_by_label("Name").fill(demo["owner"].username)
    page.get_by_label("Password", exact=True).fill("not the password")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()


def test_the_demo_project_shows_its_pictures(page_of: Callable[[str], Page]) -> None:
    page = page_of("owner")
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    open_demo_project(page)
    page.wait_for_url("**/projects/*/")
    expect(page.get_by_role("link", name="Start labeling")).to_be_visible()
    pictures = page.locator("main img[src*='/thumbnail']")
    expect(pictures.nth(5)).to_be_visible()
    wait_until(page, "[...document.querySelectorAll('main img')].slice(0, 6).every(i => i.naturalWidth > 0)")
    assert errors == []
