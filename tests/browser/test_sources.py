"""Where pictures come from, in a real browser: a large file whose connection is lost, and a folder of the server."""

import io
import shutil
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, Request, Route, expect

from tests.browser.conftest import scans
from tests.browser.people import PHOTOGRAPHS, make_project
from tests.conftest import picture
from tests.stack.processes import Stack

PATIENCE = 60_000


def large_file(tmp_path: Path) -> Path:
    """A picture of 9 MB: three parts."""
    path = tmp_path / "large.bmp"
    Image.fromarray(picture(2000, 1500, seed=3)).save(path, "BMP")
    return path


def test_a_large_file_goes_on_after_a_lost_connection_and_a_reload(manager_page: Page, tmp_path: Path) -> None:
    page, path = manager_page, large_file(tmp_path)
    project = make_project(page, [])
    page.goto(f"/projects/{project}/images")
    asked: list[str] = []

    def note(request: Request) -> None:
        if "/resumable" in request.url:
            asked.append(request.method)

    def lose_the_second(route: Route) -> None:
        if asked.count("PATCH") >= 2:
            route.abort("connectionreset")
        else:
            route.continue_()

    page.on("request", note)
    page.route("**/api/resumable/*", lose_the_second)
    with page.expect_event("requestfailed", timeout=PATIENCE):
        page.locator("[data-input=files]").set_input_files(path)
    assert asked[:2] == ["POST", "PATCH"]

    page.unroute("**/api/resumable/*")
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    expect(page.locator("[data-upload-title]")).to_have_text("1 file did not arrive as a whole", timeout=PATIENCE)
    expect(page.locator("[data-upload-numbers]")).to_contain_text(f"Choose {path.name} again")
    asked.clear()
    page.locator("[data-input=files]").set_input_files(path)
    expect(page.locator("[data-upload-title]")).to_have_text("1 image added", timeout=PATIENCE)
    assert asked[:3] == ["HEAD", "PATCH", "PATCH"], "the first part is not sent again"
    assert "POST" not in asked[:-1]
    found = page.request.get(f"/api/projects/{project}/images").json()["results"]
    original = page.request.get(f"/images/{found[0]['id']}/original")
    assert original.body() == path.read_bytes()


def test_a_folder_of_the_server_is_connected_and_a_changed_original_told(manager_page: Page, stack: Stack) -> None:
    page = manager_page
    folder = scans(stack.home) / "street"
    folder.mkdir()
    for photograph in PHOTOGRAPHS[:2]:
        shutil.copy(photograph, folder)
    project = make_project(page, [])
    page.goto(f"/projects/{project}/images")
    page.get_by_role("link", name="Folders and buckets").click()
    page.get_by_label("Folder in it").fill("no-such-folder")
    page.get_by_role("button", name="Connect").click()
    source = page.locator("[data-source]")
    expect(source.get_by_role("alert").first).to_contain_text("There is no folder", timeout=PATIENCE)
    source.get_by_role("button", name="Disconnect").click()
    page.get_by_role("dialog").get_by_role("button", name="Disconnect").click()
    expect(source).to_have_count(0)

    page.get_by_label("Folder in it").fill("street")
    page.get_by_role("button", name="Connect").click()
    expect(page.locator("[data-source-figure=images]")).to_have_text("2", timeout=PATIENCE)
    expect(page.locator("[data-source-state]")).to_contain_text("Scanned", timeout=PATIENCE)

    out = io.BytesIO()
    Image.fromarray(picture(seed=8)).save(out, "JPEG")
    (folder / PHOTOGRAPHS[0].name).write_bytes(out.getvalue())
    page.get_by_role("button", name="Scan now").click()
    expect(source).to_contain_text("The file was changed since it was added", timeout=PATIENCE)
    expect(source).to_contain_text(PHOTOGRAPHS[0].name)
