"""A real Chromium in front of the real product: one start for the whole run, one fresh browser context a test."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from labeling.accounts.demo import DemoUser
from tests.stack.processes import Stack, embedded

# Debian's Chromium as root in a container, without a GPU, a first-run page or talk to its maker.
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
RESULTS = Path(__file__).resolve().parents[2] / "test-results"
PATIENCE = 60_000  # ms that an expectation waits: other lanes may have the processor


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs a browser; say so once instead of in every file."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Remember on the test whether it failed, for the screenshot."""
    report = yield
    if report.failed:  # type: ignore[attr-defined]
        item.stash[FAILED] = True
    return report


FAILED = pytest.StashKey[bool]()


def scans(home: Path) -> Path:
    """The folder of the server that projects may take pictures from."""
    folder = home.parent / "scans"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The product with its demo project, running as `make start` runs it."""
    home = tmp_path_factory.mktemp("browser")
    with embedded(home, SOURCE_FOLDERS=f"scans={scans(home)}") as ready:
        yield ready


@pytest.fixture(scope="session")
def demo(stack: Stack) -> dict[str, DemoUser]:
    """The demo sign-ins by role: `owner`, `annotator`, `reviewer`."""
    users = json.loads((stack.home / "demo.json").read_text())["users"]
    return {user["role"].lower(): DemoUser(user["username"], user["password"], user["role"]) for user in users}


@pytest.fixture(scope="session")
def _playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(_playwright: Playwright) -> Iterator[Browser]:
    """Debian's Chromium."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    assert executable, "The browser tests need Chromium: apt install chromium"
    browser = _playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
    expect.set_options(timeout=PATIENCE)
    yield browser
    browser.close()


@pytest.fixture
def new_context(
    browser: Browser, stack: Stack, request: pytest.FixtureRequest
) -> Iterator[Callable[..., BrowserContext]]:
    """Makes browser contexts (one person each) that close after the test; their pages are pictured if it failed."""
    contexts: list[BrowserContext] = []

    def make(**options: Any) -> BrowserContext:
        context = browser.new_context(
            base_url=stack.url, viewport={"width": 1280, "height": 800}, reduced_motion="reduce", **options
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        return context

    yield make
    if request.node.stash.get(FAILED, False):
        picture_all(contexts, request.node.name)
    for context in contexts:
        context.close()


def picture_all(contexts: list[BrowserContext], name: str) -> None:
    """Screenshots of every open page, into test-results/."""
    RESULTS.mkdir(exist_ok=True)
    safe = "".join(character if character.isalnum() else "-" for character in name)
    for number, page in enumerate(page for context in contexts for page in context.pages):
        page.screenshot(path=RESULTS / f"{safe}-{number}.png")


@pytest.fixture
def context(new_context: Callable[[], BrowserContext]) -> BrowserContext:
    """A signed-out person's browser."""
    return new_context()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A signed-out person's page."""
    return context.new_page()


@pytest.fixture
def page_of(new_context: Callable[[], BrowserContext], demo: dict[str, DemoUser]) -> Callable[[str], Page]:
    """`page_of("annotator")`: a page in a context of its own, signed in through the form as that demo user."""

    def make(role: str) -> Page:
        page = new_context().new_page()
        sign_in(page, demo[role])
        return page

    return make


@pytest.fixture
def manager_page(page_of: Callable[[str], Page]) -> Page:
    """Signed in as the demo project's owner."""
    return page_of("owner")


@pytest.fixture
def annotator_page(page_of: Callable[[str], Page]) -> Page:
    """Signed in as the demo project's annotator."""
    return page_of("annotator")


def sign_in(page: Page, user: DemoUser) -> None:
    """Fill in the sign-in form and arrive at the projects."""
    page.goto("/sign-in")
    page.locator("input[name=username]").fill(user.username)
    page.locator("input[name=password]").fill(user.password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/")
