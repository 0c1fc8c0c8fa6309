"""The way to the next image, as a page and as JSON."""

from html import unescape
from typing import Any

import pytest

from labeling.accounts.models import User
from labeling.assignment.models import Slot, Touched
from labeling.images.models import Image
from labeling.projects.models import Project
from tests.pages.conftest import AddImage, AsUser


def test_start_labeling_opens_the_editor(project: Project, bob: User, add_image: AddImage, as_user: AsUser) -> None:
    image = add_image()
    assert as_user(bob).get(f"/projects/{project.pk}/next")["Location"] == f"/images/{image.pk}/"


@pytest.mark.parametrize("after", ["", "x", "-1", "9" * 30, "²"])
def test_a_strange_after_is_ignored(
    project: Project, bob: User, add_image: AddImage, as_user: AsUser, after: str
) -> None:
    image = add_image()
    response = as_user(bob).get(f"/projects/{project.pk}/next", {"after": after})
    assert response["Location"] == f"/images/{image.pk}/"


def test_nothing_left_is_told(project: Project, bob: User, rita: User, add_image: AddImage, as_user: AsUser) -> None:
    url = f"/projects/{project.pk}/next"
    assert "no images yet" in as_user(bob).get(url, follow=True).content.decode()
    image = add_image(status="done")
    assert (
        "No images are left for you to label. All images are labeled or skipped."
        in as_user(bob).get(url, follow=True).content.decode()
    )
    assert "This is the last image" in as_user(rita).get(url, {"after": image.pk}, follow=True).content.decode()


def test_why_nothing_is_left_is_told_in_numbers(
    project: Project, alice: User, bob: User, add_image: AddImage, as_user: AsUser
) -> None:
    mine, *reserved = (add_image() for _ in range(4))
    Slot.objects.filter(image__in=reserved).update(member=alice)
    add_image(opened_by=alice)
    add_image(state="failed")
    golden = add_image()
    Image.objects.filter(pk=golden.pk).update(golden=True)
    Slot.objects.filter(image=golden).update(member=alice)
    Slot.objects.filter(image=mine).update(state="closed")
    where = "3 are reserved for other people, 1 is open in somebody's editor, 1 could not be prepared."
    url, overview = f"/projects/{project.pk}/next", f"/projects/{project.pk}/"
    told = unescape(as_user(bob).get(url, follow=True).content.decode())
    assert f"No images are left for you to label. {where}" in told
    assert 'class="button" href="/projects/' in told  # Start labeling is not what to do next
    Touched.objects.create(image=mine, user=bob)
    assert f"Your images are done. {where}" in unescape(as_user(bob).get(url, follow=True).content.decode())
    Slot.objects.filter(image=reserved[0]).update(member=bob)
    assert 'class="button button--primary" href="/projects/' in as_user(bob).get(overview).content.decode()


def test_the_api_gives_the_next_and_the_ones_after(
    project: Project, bob: User, add_image: AddImage, as_user: AsUser
) -> None:
    images = [add_image() for _ in range(6)]
    client, url = as_user(bob), f"/api/projects/{project.pk}/next"

    def ask(body: Any) -> Any:
        return client.post(url, body, content_type="application/json").json()

    assert ask({}) == {"image": images[0].pk, "upcoming": [image.pk for image in images[1:4]]}
    assert ask({"after": images[4].pk})["image"] == images[5].pk
    assert ask({"after": images[5].pk})["image"] == images[0].pk


def test_the_api_says_null_when_nothing_is_left(project: Project, bob: User, as_user: AsUser) -> None:
    response = as_user(bob).post(f"/api/projects/{project.pk}/next", {}, content_type="application/json")
    assert response.json() == {"image": None, "upcoming": []}


@pytest.mark.parametrize("body", [{"after": "x"}, {"after": 0}, {"after": 2**70}, {"before": 1}])
def test_a_wrong_body_is_told(project: Project, bob: User, as_user: AsUser, body: dict[str, Any]) -> None:
    response = as_user(bob).post(f"/api/projects/{project.pk}/next", body, content_type="application/json")
    assert response.status_code == 400


def test_access(project: Project, bob: User, rita: User, charlie: User, as_user: AsUser) -> None:
    page, api = f"/projects/{project.pk}/next", f"/api/projects/{project.pk}/next"
    assert as_user(None).get(page)["Location"].startswith("/sign-in")
    assert as_user(charlie).get(page).status_code == 404
    assert as_user(bob).post(page).status_code == 405
    assert as_user(None).post(api, {}, content_type="application/json").status_code == 401
    assert as_user(charlie).post(api, {}, content_type="application/json").status_code == 404
    assert (
        as_user(rita).post(api, {}, content_type="application/json").status_code == 200
    )  # every role may go through the images
