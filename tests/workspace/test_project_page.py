"""The project page: what it starts with, and what each role sees."""

import json
import re
from typing import Any

from labeling.accounts.models import User
from labeling.projects.models import Project
from labeling.workspace.project_page import counts
from tests.workspace.conftest import AddImage, AsUser


def data_of(page: str, name: str) -> Any:
    found = re.search(rf'<script id="{name}" type="application/json">(.*?)</script>', page)
    assert found is not None
    return json.loads(found[1])


def test_counts(project: Project, add_image: AddImage) -> None:
    for state in ("ready", "ready", "encoding", "failed", "queued", None):
        add_image(state=state)
    add_image(status="done")
    assert counts(project) == {"total": 7, "queued": 2, "encoding": 1, "ready": 3, "failed": 1, "done": 1}


def test_the_page_starts_with_the_first_images(
    project: Project, bob: User, add_image: AddImage, as_user: AsUser
) -> None:
    image = add_image()
    data = data_of(as_user(bob).get(f"/projects/{project.pk}/").content.decode(), "project-data")
    assert data["project"] == {"id": project.pk, "name": "Street", "role": "annotator"}
    assert [one["id"] for one in data["images"]["results"]] == [image.pk]
    assert data["counts"]["total"] == 1
    assert data["socket"] == f"/ws/projects/{project.pk}/"


def test_what_each_role_is_offered(
    project: Project, alice: User, bob: User, rita: User, add_image: AddImage, as_user: AsUser
) -> None:
    add_image()
    manager, annotator, reviewer = (
        as_user(one).get(f"/projects/{project.pk}/").content.decode() for one in (alice, bob, rita)
    )
    for page, uploads, exports, settings, start in (
        (manager, True, True, True, "Start labeling"),
        (annotator, False, False, False, "Start labeling"),
        (reviewer, False, True, False, "Look through"),
    ):
        assert ("data-drop-zone" in page) is uploads
        assert ("data-exports" in page) is exports
        assert (f"/projects/{project.pk}/settings" in page) is settings
        assert start in page


def test_the_instructions_are_shown_as_text(project: Project, bob: User, as_user: AsUser) -> None:
    project.instructions = "First line\n\nSecond <b>line</b>"
    project.save()
    page = as_user(bob).get(f"/projects/{project.pk}/").content.decode()
    assert "<p>First line</p>" in page
    assert "Second &lt;b&gt;" in page


def test_names_can_not_break_out_of_the_data(project: Project, bob: User, add_image: AddImage, as_user: AsUser) -> None:
    image = add_image()
    image.name = "</script><script>alert(1)</script>.jpg"
    image.save()
    page = as_user(bob).get(f"/projects/{project.pk}/").content.decode()
    assert "<script>alert" not in page
    assert data_of(page, "project-data")["images"]["results"][0]["name"] == image.name


def test_the_csrf_cookie_is_set(project: Project, bob: User, as_user: AsUser) -> None:
    assert "csrftoken" in as_user(bob).get(f"/projects/{project.pk}/").cookies


def test_access(project: Project, bob: User, rita: User, charlie: User, as_user: AsUser) -> None:
    url = f"/projects/{project.pk}/"
    assert as_user(None).get(url)["Location"] == f"/sign-in?next={url}"
    assert as_user(charlie).get(url).status_code == 404
    assert as_user(charlie).get("/projects/999999/").status_code == 404
    assert [as_user(one).get(url).status_code for one in (bob, rita)] == [200, 200]
    assert as_user(bob).post(url).status_code == 405
