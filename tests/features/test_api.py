"""Retrying over HTTP, and the admin's queue."""

from collections.abc import Callable

import pytest
from django.test import Client

from labeling.accounts.models import User
from labeling.features.models import Encoding
from labeling.projects.models import Project
from tests.features.conftest import MakeImages, state_of

pytestmark = pytest.mark.django_db(transaction=True)
AsUser = Callable[[User | None], Client]
State = Encoding.State


def fail_all() -> None:
    Encoding.objects.update(state=State.FAILED, reason="no luck", attempts=3)


def test_retrying_one_image(make_images: MakeImages, alice: User, bob: User, as_user: AsUser) -> None:
    image, other = make_images(2)
    fail_all()
    assert as_user(bob).post(f"/api/images/{image.pk}/encode").json() == {"queued": 1}
    assert as_user(alice).post(f"/api/images/{image.pk}/encode").json() == {"queued": 0}
    assert (state_of(image), state_of(other)) == (State.QUEUED, State.FAILED)


def test_retrying_a_project(project: Project, make_images: MakeImages, alice: User, as_user: AsUser) -> None:
    make_images(3)
    fail_all()
    assert as_user(alice).post(f"/api/projects/{project.pk}/encode").json() == {"queued": 3}
    assert set(Encoding.objects.values_list("state", "attempts", "reason")) == {(State.QUEUED, 0, "")}


def test_who_may_retry_an_image(make_images: MakeImages, bob: User, rita: User, charlie: User, as_user: AsUser) -> None:
    [image] = make_images(1)
    fail_all()
    for user, status in ((None, 401), (charlie, 404), (rita, 403)):
        assert as_user(user).post(f"/api/images/{image.pk}/encode").status_code == status
    assert state_of(image) == State.FAILED
    assert as_user(bob).get(f"/api/images/{image.pk}/encode").status_code == 405


def test_who_may_retry_a_project(
    project: Project, make_images: MakeImages, bob: User, rita: User, charlie: User, as_user: AsUser
) -> None:
    [image] = make_images(1)
    fail_all()
    for user, status in ((None, 401), (charlie, 404), (rita, 403), (bob, 403)):
        assert as_user(user).post(f"/api/projects/{project.pk}/encode").status_code == status
    assert state_of(image) == State.FAILED


def test_the_admin(make_images: MakeImages, as_user: AsUser) -> None:
    failed, ready = make_images(2)
    Encoding.objects.filter(image=failed).update(state=State.FAILED, reason="no luck")
    Encoding.objects.filter(image=ready).update(state=State.READY, storage_key="k")
    client = as_user(User.objects.create_superuser("root"))
    page = client.get("/admin/features/encoding/?q=0.png")
    assert "no luck" in page.text
    row = Encoding.objects.get(image=failed)
    assert client.get(f"/admin/features/encoding/{row.pk}/change/").status_code == 200
    assert client.get("/admin/features/encoding/add/").status_code == 403
    everything = list(Encoding.objects.values_list("pk", flat=True))
    client.post("/admin/features/encoding/", {"action": "retry", "_selected_action": everything})
    assert (state_of(failed), state_of(ready)) == (State.QUEUED, State.READY)
    client.post("/admin/features/encoding/", {"action": "encode_again", "_selected_action": everything})
    assert state_of(ready) == State.QUEUED
