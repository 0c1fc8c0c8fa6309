"""The project page: what it starts with, and what each role sees."""

import json
import re
from typing import Any
from uuid import UUID

from django.conf import settings as product
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from labeling.accounts.models import User
from labeling.annotations import worktime
from labeling.annotations.models import AnnotationSet
from labeling.annotations.services import set_status
from labeling.exchange.models import Export
from labeling.figures import counting
from labeling.images.models import Upload, UploadItem
from labeling.pages import time_panel
from labeling.pages.project_page import REMEMBER_REJECTIONS, format_choices, project_data
from labeling.projects.access import Standing
from labeling.projects.models import Membership, Project, Role
from tests.pages.conftest import AddImage, AsUser


def data_of(page: str, name: str) -> Any:
    found = re.search(rf'<script id="{name}" type="application/json">(.*?)</script>', page)
    assert found is not None
    return json.loads(found[1])


def test_the_numbers_are_those_of_the_socket(project: Project, add_image: AddImage) -> None:
    for state in ("ready", "ready", "encoding", "failed", "queued"):
        add_image(state=state)
    add_image(status="done")
    data = project_data(project, project.created_by, Standing(Role.MANAGER)).plain()
    assert data["counts"] == {
        "total": 6,
        "queued": 1,
        "encoding": 1,
        "ready": 3,
        "failed": 1,
        "in_progress": 0,
        "done": 1,
        "accepted": 0,
        "sent_back": 0,
        "skipped": 0,
    }


def test_the_page_starts_with_the_first_images(
    project: Project, bob: User, add_image: AddImage, as_user: AsUser
) -> None:
    image = add_image()
    data = data_of(as_user(bob).get(f"/projects/{project.pk}/images").content.decode(), "project-data")
    assert data["project"] == {
        "id": project.pk, "name": "Street", "role": "annotator",
        "can_label": True, "can_review": False, "can_assign": False, "can_export": False, "can_manage": False,
        "can_archive": False,
    }  # fmt: skip
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
        (reviewer, False, True, False, "Review images"),
    ):
        assert ("data-drop-zone" in page) is uploads
        assert (f'href="/projects/{project.pk}/exports"' in page) is exports
        assert (f"/projects/{project.pk}/settings" in page) is settings
        assert ("data-retry-all" in page) is settings
        assert start in page


def test_who_can_neither_label_nor_review_looks_at_images(
    project: Project, alice: User, bob: User, add_image: AddImage, as_user: AsUser
) -> None:
    add_image()
    Membership.objects.filter(project=project, user=bob).update(role="viewer")
    assert "Look at images" in as_user(bob).get(f"/projects/{project.pk}/").content.decode()
    Project.objects.filter(pk=project.pk).update(archived_at=timezone.now())
    assert "Look at images" in as_user(alice).get(f"/projects/{project.pk}/").content.decode()


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
    page = as_user(bob).get(f"/projects/{project.pk}/images").content.decode()
    assert "<script>alert" not in page
    assert data_of(page, "project-data")["images"]["results"][0]["name"] == image.name


def test_the_csrf_cookie_is_set(project: Project, bob: User, as_user: AsUser) -> None:
    assert product.CSRF_COOKIE_NAME in as_user(bob).get(f"/projects/{project.pk}/").cookies


def test_access(project: Project, bob: User, rita: User, charlie: User, as_user: AsUser) -> None:
    url = f"/projects/{project.pk}/"
    assert as_user(None).get(url)["Location"] == f"/sign-in?next={url}"
    assert as_user(charlie).get(url).status_code == 404
    assert as_user(charlie).get("/projects/999999/").status_code == 404
    assert [as_user(one).get(url).status_code for one in (bob, rita)] == [200, 200]
    assert as_user(bob).post(url).status_code == 405


def test_every_option_of_every_format_has_words() -> None:
    found = {one["name"]: {option["name"]: option for option in one["options"]} for one in format_choices()}
    assert {"coco", "png"} <= set(found)
    assert found["coco"]["segmentation"]["choices"] == [("rle", "RLE, exact and compact"), ("polygons", "Polygons")]
    assert found["coco"]["include_images"]["choices"] == []
    for options in found.values():
        assert {"images", "include_images"} <= set(options)
        for option in options.values():
            assert all(label != value for value, label in option["choices"])
            assert option["choices"] or option["is_number"] or isinstance(option["default"], bool)
    assert format_choices()[0]["name"] == "coco"


def test_a_number_is_asked_for_as_one(project: Project, alice: User, as_user: AsUser) -> None:
    page = as_user(alice).get(f"/projects/{project.pk}/exports").content.decode()
    (field,) = re.findall(r"<input [^>]*name=\"border\"[^>]*>", page)
    for part in ('type="number"', 'value="0"', 'min="0"', 'max="10"'):
        assert part in field


def test_recent_exports_are_there_for_who_may_see_them(
    project: Project, alice: User, bob: User, add_image: AddImage, as_user: AsUser
) -> None:
    add_image(status="done")
    Export.objects.create(project=project, format="coco", created_by=alice)
    url = f"/projects/{project.pk}/exports"
    (export,) = data_of(as_user(alice).get(url).content.decode(), "project-data")["exports"]
    assert (export["title"], export["state"]) == ("COCO instances", "queued")
    assert as_user(bob).get(url).status_code == 403


def test_rejected_files_of_the_last_upload_survive_a_reload(project: Project, alice: User) -> None:
    def shown(role: Role = Role.MANAGER) -> Any:
        return project_data(project, project.created_by, Standing(role)).last_upload

    assert shown() is None
    upload = Upload.objects.create(project=project, created_by=alice, closed=True)
    item = UploadItem.objects.create(upload=upload, name="a.png", state="rejected", reason="corrupt")
    assert shown() is None  # the socket tells of an upload that is still worked on
    Upload.objects.update(finished_at=timezone.now())
    assert shown() == upload.pk
    assert shown(Role.ANNOTATOR) is None
    Upload.objects.update(finished_at=timezone.now() - REMEMBER_REJECTIONS)
    assert shown() is None
    Upload.objects.update(finished_at=timezone.now())
    item.delete()
    assert shown() is None


def test_each_person_sees_their_own_time_and_managers_sums(
    project: Project, alice: User, bob: User, rita: User, add_image: AddImage, as_user: AsUser
) -> None:
    image = add_image(status="done")

    def page(user: User) -> str:
        return as_user(user).get(f"/projects/{project.pk}/").content.decode()

    assert "time on task" not in page(bob)
    worktime.report(image, bob, UUID(int=1), 3725)
    counting.fold_all()
    assert "1 h 2 min</b> in all" in page(bob)
    assert page(bob).count("<rect x=") >= time_panel.DAYS
    assert "1 h 2 min" not in page(rita)
    assert "1 h 2 min of all people" in page(alice)
    assert "<b>0 s</b> in all" in page(alice)


TABS = ("", "images", "suggestions", "people")


def test_each_tab_has_an_address_and_names_itself(
    project: Project, alice: User, bob: User, charlie: User, add_image: AddImage, as_user: AsUser
) -> None:
    add_image()
    for tab in (*TABS, "exports", "settings"):
        url = f"/projects/{project.pk}/{tab}"
        page = as_user(alice).get(url).content.decode()
        assert re.findall(r'href="([^"]+)" aria-current="page"', page) == [url]
        assert as_user(charlie).get(url).status_code == 404
    for tab in TABS:
        page = as_user(bob).get(f"/projects/{project.pk}/{tab}").content.decode()
        assert f'href="/projects/{project.pk}/settings"' not in page
        assert '<span class="tabs__count" data-count="total">1</span>' in page
    assert as_user(bob).get(f"/projects/{project.pk}/exports").status_code == 403


def test_states_are_counted_and_shown_apart(project: Project, rita: User, add_image: AddImage, as_user: AsUser) -> None:
    for status in ("in_progress", "done", "done", "accepted", "sent_back", "skipped", None):
        add_image(status=status)
    page = as_user(rita).get(f"/projects/{project.pk}/").content.decode()
    words = "1 accepted, 2 done, 1 sent back, 1 in progress, 1 skipped, 1 not started"
    assert f'aria-label="{words}"' in page
    assert '<b data-count="done">3</b> of <span data-count="total">7</span> images done' in page
    assert f'aria-label="{words}"' in as_user(rita).get("/").content.decode()


def test_a_tab_needs_as_many_queries_for_many_images(
    project: Project, alice: User, add_image: AddImage, as_user: AsUser
) -> None:
    client = as_user(alice)
    counts: list[list[int]] = []
    for _ in range(2):
        for _ in range(12):
            add_image(status="done", changed_by=alice)
        counts.append([])
        for tab in (*TABS, "exports"):
            with CaptureQueriesContext(connection) as captured:
                client.get(f"/projects/{project.pk}/{tab}")
            counts[-1].append(len(captured))
    assert counts[0] == counts[1]


def test_recent_activity_tells_of_labels_and_not_of_opinions(
    project: Project, alice: User, bob: User, add_image: AddImage, as_user: AsUser
) -> None:
    labeled, blind = add_image(), add_image()
    set_status(labeled, bob, version=0, status="done")
    AnnotationSet.objects.create(image=blind, author=bob, kind="opinion")
    set_status(blind, bob, version=0, status="done")
    page = as_user(alice).get(f"/projects/{project.pk}/").content.decode()
    shown = page[page.index("Recent activity") :]
    assert f'href="/images/{labeled.pk}/"' in shown
    assert f'href="/images/{blind.pk}/"' not in shown
    assert "bob" in shown
