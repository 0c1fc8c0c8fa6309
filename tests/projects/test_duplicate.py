"""Copies of projects: everything but labels, images by a job that can be killed."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.test import Client

from labeling.accounts.models import User
from labeling.annotations.models import Annotation
from labeling.features.models import Encoding
from labeling.images import copying as images_copying
from labeling.images import pictures
from labeling.images.models import Image
from labeling.projects import copying, jobs, purge, services
from labeling.projects.models import Membership, Project
from labeling.suggestions.models import SuggestionSettings
from tests.projects.test_purge import fill, left

AsUser = Callable[[User | None], Client]


@pytest.fixture
def staff(alice: User) -> User:
    """Alice, who may make projects."""
    alice.is_staff = True
    alice.save()
    return alice


def test_all_but_labels_is_copied(project: Project, staff: User) -> None:
    services.order_categories(project, [3, 1, 2])
    project.categories.filter(number=2).delete()
    Project.objects.update(panoptic=True, instructions="Exact edges.")
    project.refresh_from_db()
    SuggestionSettings.objects.create(project=project, least_sure_first=False)
    copy, job = copying.duplicate(project, staff, name="Copy of Street")
    assert job is None
    assert (copy.name, copy.instructions, copy.panoptic) == ("Copy of Street", "Exact edges.", True)
    asked = ("number", "name", "color", "hotkey", "kind", "order")
    assert list(copy.categories.values_list(*asked)) == list(project.categories.values_list(*asked))
    assert copy.next_category_number == project.next_category_number, "the copy uses no number that had a meaning"
    assert dict(copy.memberships.values_list("user__username", "role")) == {
        "alice": "owner", "bob": "annotator", "rita": "reviewer",
    }  # fmt: skip
    assert not SuggestionSettings.of(copy.pk).least_sure_first
    assert not copy.images.exists()


@pytest.mark.django_db(transaction=True)
def test_images_are_copied_with_their_features_and_live_by_themselves(project: Project, staff: User) -> None:
    fill(project, staff, images_copying.AT_ONCE + 2)
    Encoding.objects.update(features_version="v1", sha256="ab" * 32, nbytes=1)
    copy, job = copying.duplicate(project, staff, name="Copy", images=True, members=False)
    assert job is not None
    assert jobs.work_off() == 1
    job.refresh_from_db()
    assert (job.state, job.done, job.total, job.reason) == ("done", 12, 12, "")
    assert list(copy.images.values_list("name", "sha256")) == list(project.images.values_list("name", "sha256"))
    assert not Annotation.objects.filter(set__image__project=copy).exists()
    assert copy.memberships.count() == 1
    names = {str(getattr(one, kind).name) for one in copy.images.all() for kind in ("original", "view", "thumbnail")}
    assert all(name.startswith(f"projects/{copy.pk}/") and storages["default"].exists(name) for name in names)
    rows = Encoding.objects.filter(image__project=copy)
    assert set(rows.values_list("state", flat=True)) == {"ready"}
    assert all(storages["features"].exists(row.storage_key) for row in rows)
    assert len(left(copy.pk)) == 12 * 5  # with blocks and features
    before = left(copy.pk)
    purge.delete_files(project.pk)
    assert left(copy.pk) == before
    assert storages["default"].open(sorted(names)[0]).read() == b"x"


@pytest.mark.django_db(transaction=True)
def test_no_bytes_are_copied_where_the_disk_has_links(project: Project, staff: User) -> None:
    fill(project, staff, 1)
    copy, _ = copying.duplicate(project, staff, name="Copy", images=True)
    jobs.work_off()
    one, two = project.images.get(), copy.images.get()
    storage = storages["default"]
    assert Path(storage.path(str(one.original.name))).samefile(storage.path(str(two.original.name)))


@pytest.mark.django_db(transaction=True)
def test_a_step_that_is_repeated_makes_nothing_twice(project: Project, staff: User) -> None:
    fill(project, staff, 3)
    copy, job = copying.duplicate(project, staff, name="Copy", images=True)
    assert job is not None
    images_copying.step(job)  # its worker is killed before it writes how far it is
    Image.objects.filter(project=copy).last().delete()  # type: ignore[union-attr]
    storages["default"].save(f"projects/{copy.pk}/left", ContentFile(b"x"))
    jobs.work_off()
    assert copy.images.count() == 3
    names = [str(one.original.name) for one in copy.images.all()]
    assert all(storages["default"].exists(name) for name in names)
    assert all(storages["default"].exists(pictures.blocks_name(one)) for one in copy.images.all())


@pytest.mark.django_db(transaction=True)
def test_what_is_missing_is_told_and_the_rest_copied(project: Project, staff: User) -> None:
    fill(project, staff, 3)
    gone = project.images.all()[1]
    gone.original.storage.delete(str(gone.original.name))
    copy, job = copying.duplicate(project, staff, name="Copy", images=True)
    assert job is not None
    jobs.work_off()
    job.refresh_from_db()
    assert job.state == "done"
    assert f"“{gone.name}”" in job.reason
    assert copy.images.count() == 2


def test_the_api_and_who_may(project: Project, alice: User, bob: User, charlie: User, as_user: AsUser) -> None:
    def ask(user: User | None, **body: object) -> tuple[int, dict[str, object]]:
        url = f"/api/projects/{project.pk}/duplicate"
        response = as_user(user).post(url, json.dumps(body), content_type="application/json")
        return response.status_code, response.json()

    assert [ask(user)[0] for user in (None, charlie, bob, alice)] == [401, 404, 403, 403]
    alice.is_staff = True
    alice.save()
    status, made = ask(alice)
    assert (status, made["name"], made["job"]) == (201, "Copy of Street", None)
    assert ask(alice, name=" ")[0] == 400
    copy = Project.objects.get(pk=str(made["id"]))
    assert Membership.objects.filter(project=copy).count() == 3
    page = as_user(alice).get(f"/projects/{project.pk}/duplicate").content.decode()
    assert 'value="Copy of Street"' in page
    answer = as_user(alice).post(f"/projects/{project.pk}/duplicate", {"name": ""})
    assert "Enter a project name." in answer.content.decode()
    answer = as_user(alice).post(f"/projects/{project.pk}/duplicate", {"name": "Town"})
    assert answer["Location"] == f"/projects/{Project.objects.get(name='Town').pk}/"


def test_a_long_name_is_cut(project: Project) -> None:
    assert copying.name_of_copy("x" * 120) == "Copy of " + "x" * 112
