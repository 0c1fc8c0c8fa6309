"""The Content-Security-Policy, in the browser that enforces it: no page, the editor at work and the admin break it."""

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from labeling.accounts.demo import DemoUser
from tests.browser.conftest import sign_in

WATCH = """
window.__violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.__violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""


@pytest.fixture
def watched(new_context: Callable[[], BrowserContext]) -> Iterator[tuple[Page, list[str]]]:
    """A page, and what its console said of the policy."""
    context = new_context()
    context.add_init_script(WATCH)
    page, said = context.new_page(), []
    page.on("console", lambda message: said.append(message.text) if "Content Security Policy" in message.text else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page, said
    assert said == []


def visit(page: Page, address: str, status: int = 200) -> None:
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == status, address
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "script-src 'self';" in policy
    page.wait_for_load_state("load")
    page.wait_for_timeout(300)  # what a page does by itself after loading
    assert page.evaluate("window.__violations") == [], address


def test_every_kind_of_page(watched: tuple[Page, list[str]], demo: dict[str, DemoUser]) -> None:
    page, _ = watched
    visit(page, "/sign-in")
    page.locator("[data-demo-username]").first.click()
    assert page.locator("#id_username").input_value() == demo["owner"].username
    sign_in(page, demo["owner"])
    visit(page, "/")
    project = page.locator("a[href^='/projects/']:not([href='/projects/new'])").first.get_attribute("href")
    assert project is not None
    for address in ("/projects/new", project, f"{project}settings", f"{project}panoptic", f"{project}suggestions"):
        visit(page, address)
    visit(page, "/nowhere", 404)
    visit(page, project)
    expect(page.locator(".class-list__color").first).to_have_css("background-color", "rgb(228, 87, 46)")


def test_the_page_of_the_api(watched: tuple[Page, list[str]], demo: dict[str, DemoUser]) -> None:
    """Swagger UI shows every app, and tries a route out with the session and its token. No other host is asked."""
    page, _ = watched
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    sign_in(page, demo["owner"])
    visit(page, "/api/docs")
    apps = page.request.get("/api/schema.json").json()["tags"]
    expect(page.locator(".opblock-tag")).to_have_count(len(apps))
    page.locator("#operations-tag-accounts").click()
    operation = page.locator("#operations-accounts-accounts_set_keys")
    operation.locator(".opblock-summary-control").click()
    operation.locator(".try-out__btn").click()
    operation.locator("textarea").fill('{"keys": {}}')
    operation.locator(".execute").click()
    expect(operation.locator(".live-responses-table .response-col_status").last).to_contain_text("200")
    assert page.evaluate("window.__violations") == []
    assert len(hosts - {""}) == 1, hosts


def test_the_editor_at_work(watched: tuple[Page, list[str]], demo: dict[str, DemoUser]) -> None:
    page, _ = watched
    sign_in(page, demo["annotator"])
    project = page.locator("a[href^='/projects/']").first.get_attribute("href")
    visit(page, f"{project}next")
    expect(page.locator("canvas").first).to_be_visible()
    page.wait_for_timeout(1500)
    box = page.locator("canvas").first.bounding_box()
    assert box is not None
    for key in ("v", "Escape", "b", "Escape", "?", "Escape"):
        page.keyboard.press(key)
        page.wait_for_timeout(200)
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_timeout(1500)
    page.keyboard.press("Escape")
    assert page.evaluate("window.__violations") == []


def test_the_admin_works_under_it(watched: tuple[Page, list[str]], demo: dict[str, DemoUser]) -> None:
    page, _ = watched
    sign_in(page, demo["owner"])
    for address in (
        "/admin/", "/admin/accounts/user/", "/admin/accounts/user/add/", "/admin/accounts/user/1/change/",
        "/admin/projects/project/", "/admin/projects/project/1/change/", "/admin/images/image/",
        "/admin/images/image/1/change/", "/admin/annotations/annotation/", "/admin/accounts/user/1/delete/",
        "/admin/accounts/user/1/history/", "/admin/accounts/user/1/password/", "/admin/password_change/",
    ):  # fmt: skip
        visit(page, address)
    visit(page, "/admin/projects/membership/add/")
    page.locator(".select2-selection").first.click()
    expect(page.locator(".select2-results__option").first).to_be_visible()
    assert page.evaluate("window.__violations") == []
