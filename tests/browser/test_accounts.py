"""Accounts as people use them: an invitation, the account page, a passkey from a virtual authenticator."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from labeling.accounts.demo import DemoUser
from tests.browser.conftest import PATIENCE, sign_in
from tests.browser.people import make_project
from tests.stack.processes import Stack

WATCH = """
  window.__violations = JSON.parse(sessionStorage.violations ?? "[]");
  document.addEventListener("securitypolicyviolation", (event) => {
    window.__violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`);
    sessionStorage.violations = JSON.stringify(window.__violations);
  });
"""


@pytest.fixture
def local(browser: Browser, stack: Stack) -> Iterator[BrowserContext]:
    """A browser that comes by a name: an address that is a number has no passkeys."""
    url = stack.url.replace("127.0.0.1", "localhost")
    context = browser.new_context(base_url=url, viewport={"width": 1280, "height": 800})
    context.set_default_timeout(PATIENCE)
    context.add_init_script(WATCH)
    yield context
    context.close()


def invited(page: Page, manager: DemoUser, username: str) -> str:
    """The manager makes a project and a link for an annotator; its path."""
    sign_in(page, manager)
    project = make_project(page, [], name=f"For {username}")
    page.goto(f"/projects/{project}/people")
    page.locator("#invitations").get_by_role("button", name="Invite", exact=True).click()
    link = page.get_by_label("Link", exact=True)
    expect(link).to_have_value(re.compile(r"/join/[\w-]{43}$"))
    return "/join/" + link.input_value().rpartition("/")[2]


def create_account(page: Page, link: str, username: str) -> None:
    page.goto(link)
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password", exact=True).fill("a-good-password-9")
    page.get_by_label("Password again").fill("a-good-password-9")
    page.get_by_role("button", name="Create account and join").click()
    expect(page.get_by_role("heading", name=f"For {username}")).to_be_visible()


def test_an_invitation_an_account_and_a_passkey(page: Page, local: BrowserContext, demo: dict[str, DemoUser]) -> None:
    link = invited(page, demo["owner"], "pat")
    other = local.new_page()
    create_account(other, link, "pat")
    session = local.new_cdp_session(other)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    other.goto("/account/")
    other.get_by_role("link", name="Change two-factor authentication").click()
    other.get_by_role("link", name="Add a passkey").click()
    other.get_by_role("textbox", name="Name").fill("My laptop")
    other.get_by_text("Sign in with this passkey alone").click()
    other.get_by_role("button", name="Add passkey").click()
    expect(other.get_by_text("10 of 10 codes are left")).to_be_visible()
    other.goto("/account/two-factor/passkeys")
    expect(other.get_by_text("My laptop")).to_be_visible()
    expect(other.get_by_text("Signs in alone")).to_be_visible()
    other.locator(".account__button").click()
    other.get_by_role("button", name="Sign out").click()
    other.get_by_role("button", name="Sign in with a passkey").click()
    other.wait_for_url("**/")
    expect(other.get_by_role("link", name="For pat")).to_be_visible()
    other.locator(".account__button").click()
    other.get_by_role("button", name="Sign out").click()
    other.get_by_label("Username").fill("pat")
    other.get_by_label("Password").fill("a-good-password-9")
    other.get_by_role("button", name="Sign in", exact=True).click()
    expect(other.get_by_role("heading", name="Second factor")).to_be_visible()
    other.get_by_role("button", name="Use a passkey").click()
    other.wait_for_url("**/")
    assert other.evaluate("window.__violations") == []


def test_a_browser_without_passkeys_is_told(
    new_context: Callable[..., BrowserContext], demo: dict[str, DemoUser]
) -> None:
    context = new_context()
    context.add_init_script("delete window.PublicKeyCredential")
    page = context.new_page()
    page.goto("/sign-in")
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()
    sign_in(page, demo["annotator"])
    page.goto("/account/two-factor/passkeys/add")
    expect(page.get_by_text("This browser offers no passkeys at this address.")).to_be_visible()


def test_every_account_page_is_within_the_policy(page: Page, demo: dict[str, DemoUser]) -> None:
    page.context.add_init_script(WATCH)
    page.goto("/sign-in/password-reset")
    sign_in(page, demo["owner"])
    for address in (
        "/account/", "/account/email", "/account/password", "/account/sessions", "/account/two-factor",
        "/account/two-factor/app", "/account/two-factor/passkeys", "/account/two-factor/passkeys/add", "/people/",
        "/audit/", "/account/confirm",
    ):  # fmt: skip
        page.goto(address)
        expect(page.locator("h1")).to_be_visible()
        assert page.evaluate("window.__violations") == [], address
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address


@pytest.mark.parametrize("address", ["/account/", "/account/email", "/people/", "/audit/", "/account/two-factor"])
def test_a_phone_scrolls_down_alone(
    address: str, new_context: Callable[..., BrowserContext], demo: dict[str, DemoUser]
) -> None:
    page = new_context().new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(page, demo["owner"])
    page.goto(address)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
