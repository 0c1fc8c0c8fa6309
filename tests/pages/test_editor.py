"""The editor page: what it starts with, and what opening an image does."""

from labeling.accounts.models import User
from labeling.annotations.models import AnnotationSet
from labeling.features.models import Encoding
from labeling.projects.models import Project
from labeling.suggestions import heads
from labeling.suggestions.models import HeadVersion
from tests.pages.conftest import AddImage, AsUser
from tests.pages.test_project_page import data_of


def test_what_the_editor_starts_with(project: Project, bob: User, add_image: AddImage, as_user: AsUser) -> None:
    project.instructions = "Exact edges."
    project.save()
    before, image, after = add_image(), add_image(), add_image()
    for number, state in enumerate(("ready", "ready", "training"), start=1):
        HeadVersion.objects.create(project=project, kind="instances", number=number, state=state)
    HeadVersion.objects.create(project=project, kind="panoptic", number=1, state="failed")
    page = as_user(bob).get(f"/images/{image.pk}/").content.decode()
    assert '<div id="editor">' in page
    assert data_of(page, "editor-data") == {
        "image": {
            "id": image.pk,
            "name": "folder/2.jpg",
            "about": [],
            "width": 640,
            "height": 480,
            "view": image.view_url,
            "blocks": None,
            "deep": None,
            "state": "ready",
        },
        "project": {
            "id": project.pk,
            "name": "Street",
            "instructions": "Exact edges.",
            "url": f"/projects/{project.pk}/",
            "next": f"/projects/{project.pk}/next",
            "categories": [
                {"number": 1, "name": "car", "color": "#e4572e", "hotkey": "1", "kind": "thing"},
                {"number": 2, "name": "person", "color": "#2e86ab", "hotkey": "2", "kind": "thing"},
                {"number": 3, "name": "road", "color": "#6c757d", "hotkey": "3", "kind": "stuff"},
            ],
            "attributes": [],
            "panoptic": False,
        },
        "user": {
            "id": bob.pk, "name": "bob", "role": "annotator", "keys": {},
            "can_label": True, "can_review": False, "can_assign": False, "can_export": False, "can_manage": False,
            "can_archive": False,
        },
        "socket": f"/ws/images/{image.pk}/",
        "api": {
            "annotations": f"/api/images/{image.pk}/annotations",
            "annotation": "/api/annotations/",
            "changes": f"/api/images/{image.pk}/changes",
            "status": f"/api/images/{image.pk}/status",
            "next": f"/api/projects/{project.pk}/next",
            "retry": f"/api/images/{image.pk}/encode",
            "note": f"/api/images/{image.pk}/note",
            "time": f"/api/images/{image.pk}/time",
            "images": f"/api/projects/{project.pk}/images",
            "keys": "/api/me/keys",
            "suggestions": f"/api/images/{image.pk}/suggestions",
            "text": f"/api/images/{image.pk}/text",
            "history": f"/images/{image.pk}/history",
        },
        "methods": [
            {
                "method": "everything", "title": "Everything", "about": "Outlines all objects, without classes.",
                "can": heads.is_installed("everything"), "head": None,
                "trained": False, "on_images": True, "automatic": True,
            },
            {
                "method": "instances", "title": "Instances", "about": "Finds objects with their classes.",
                "can": True, "head": "Instances 2", "trained": True, "on_images": True, "automatic": False,
            },
            {
                "method": "panoptic", "title": "Panoptic",
                "about": "Finds objects and regions that cover the image without overlaps.",
                "can": False, "head": None, "trained": True, "on_images": True, "automatic": False,
            },
            {
                "method": "text", "title": "Text", "about": "Finds what a phrase describes.",
                "can": heads.is_installed("text"), "head": None,
                "trained": False, "on_images": False, "automatic": False,
            },
            {
                "method": "imported", "title": "Imported", "about": "Predictions that were made elsewhere.",
                "can": False, "head": None, "trained": False, "on_images": False, "automatic": False,
            },
        ],
        "position": {"index": 2, "total": 3},
        "previous": f"/images/{before.pk}/",
        "following": f"/images/{after.pk}/",
        "upcoming": [{"id": one.pk, "view": one.view_url, "editor": f"/images/{one.pk}/"} for one in (after, before)],
    }  # fmt: skip


def test_the_first_image_has_none_before(bob: User, add_image: AddImage, as_user: AsUser) -> None:
    data = data_of(as_user(bob).get(f"/images/{add_image().pk}/").content.decode(), "editor-data")
    assert data["previous"] is None
    assert data["following"] is None
    assert data["upcoming"] == []


def test_neighbours_are_those_in_the_list_whatever_is_done(bob: User, add_image: AddImage, as_user: AsUser) -> None:
    """Going there does not jump over what is finished; only what is offered to be labeled does."""
    first, second, third = (add_image(status=status) for status in ("new", "done", "new"))
    data = as_user(bob).get(f"/api/images/{first.pk}/editor").json()
    assert (data["previous"], data["following"]) == (None, f"/images/{second.pk}/")
    assert [one["id"] for one in data["upcoming"]] == [third.pk]


def test_opening_takes_the_image_and_moves_it_to_the_front(
    bob: User, alice: User, add_image: AddImage, as_user: AsUser
) -> None:
    add_image(state="queued", priority=3)
    image = add_image(state="queued")
    as_user(bob).get(f"/images/{image.pk}/")
    assert AnnotationSet.objects.get(image=image).opened_by == bob
    first = Encoding.objects.order_by("-priority", "id").first()
    assert first is not None
    assert first.image == image


def test_a_reviewer_looks_without_taking_it(rita: User, add_image: AddImage, as_user: AsUser) -> None:
    image = add_image()
    data = data_of(as_user(rita).get(f"/images/{image.pk}/").content.decode(), "editor-data")
    assert data["user"]["can_label"] is False
    assert not AnnotationSet.objects.filter(opened_by=rita).exists()


def test_access(project: Project, bob: User, charlie: User, add_image: AddImage, as_user: AsUser) -> None:
    url = f"/images/{add_image().pk}/"
    assert as_user(None).get(url)["Location"] == f"/sign-in?next={url}"
    assert as_user(charlie).get(url).status_code == 404
    assert as_user(bob).get("/images/999999/").status_code == 404
    assert as_user(bob).post(url).status_code == 405


def test_the_same_as_json_opens_nothing(
    project: Project, bob: User, charlie: User, add_image: AddImage, as_user: AsUser
) -> None:
    image = add_image()
    url = f"/api/images/{image.pk}/editor"
    answer = as_user(bob).get(url).json()
    assert not AnnotationSet.objects.exists()
    assert Encoding.objects.get(image=image).priority == 0
    assert answer == data_of(as_user(bob).get(f"/images/{image.pk}/").content.decode(), "editor-data")
    assert as_user(charlie).get(url).status_code == 404
