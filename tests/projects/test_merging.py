"""Merging classes: objects move with events in the log, nothing is lost, and it can be undone."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from labeling.accounts.models import User
from labeling.annotations.models import Annotation, AnnotationSet
from labeling.annotations.services import create
from labeling.images.models import Image
from labeling.projects import forms, jobs, merging, services
from labeling.projects.models import Category, MergedCategory, Project, ProjectJob
from labeling.projects.specs import CategorySpec
from labeling.suggestions.models import Suggestion
from labeling.web.api import ApiError
from tests.projects.forms import project_form
from tests.projects.test_purge import BOX
from tests.projects.test_settings import rows_of

AsUser = Callable[[User | None], Client]
pytestmark = pytest.mark.django_db(transaction=True)


def image_of(project: Project) -> Image:
    return Image.objects.create(project=project, name="a.png", sha256=uuid.uuid4().hex, width=4, height=4)


def keep(image: Image, user: User, number: int = 1, version: int = 0) -> Annotation:
    _, kept, _ = create(image, user, version=version, uid=uuid.uuid4(), category=number, counts="01?", clicks=[])
    return kept


def merge(project: Project, user: User, number: int, into: int) -> ProjectJob:
    job = merging.start(project, user, number=number, into=into)
    jobs.work_off()
    job.refresh_from_db()
    return job


def numbers(project: Project) -> list[int]:
    return list(project.categories.values_list("number", flat=True))


def test_objects_move_and_the_log_has_it(project: Project, alice: User, bob: User) -> None:
    images = [image_of(project) for _ in range(23)]
    for image in images:
        keep(image, bob)
        keep(image, bob, number=3, version=1)
    AnnotationSet.objects.filter(image=images[0]).update(status="accepted")
    suggestion = Suggestion.objects.create(
        image=images[0], method="everything", score=1, category=project.categories.get(number=1), **BOX
    )
    job = merge(project, alice, 1, 2)
    assert (job.state, job.done, job.total) == ("done", 23, 23)
    assert numbers(project) == [2, 3]
    assert Annotation.objects.filter(category__number=2).count() == 23
    kept = AnnotationSet.objects.get(image=images[0])
    assert (kept.version, kept.status, kept.changed_by) == (3, "accepted", bob), "nobody worked on it"
    event = kept.events.last()
    assert event is not None
    assert (event.kind, event.user, event.version) == ("change", alice, 3)
    assert (event.before or {})["category"] == 1
    assert (event.after or {})["category"] == 2
    suggestion.refresh_from_db()
    assert suggestion.category == project.categories.get(number=2)


def test_an_editor_that_did_not_hear_of_it_loses_nothing(project: Project, alice: User, bob: User) -> None:
    image = image_of(project)
    merge(project, alice, 1, 2)
    assert keep(image, bob, number=1).category.number == 2
    merge(project, alice, 2, 3)
    assert keep(image, bob, number=1, version=2).category.number == 3
    with pytest.raises(ApiError) as caught:
        keep(image, bob, number=9, version=3)
    assert caught.value.code == "bad_category"


def test_a_number_is_never_used_again(project: Project, alice: User) -> None:
    merge(project, alice, 3, 2)
    services.save_categories(project, [CategorySpec(name="road")])
    assert numbers(project) == [1, 2, 4]


def test_it_is_undone_but_for_what_was_changed_since(project: Project, alice: User, bob: User) -> None:
    image, other = image_of(project), image_of(project)
    first, second = keep(image, bob), keep(image, bob, version=1)
    own, elsewhere = keep(image, bob, number=2, version=2), keep(other, bob)
    merge(project, alice, 1, 2)
    later = keep(image, bob, number=1, version=5)
    Annotation.objects.filter(pk=second.pk).update(category=project.categories.get(number=3))
    job = merging.start_undo(project, alice, number=1)
    jobs.work_off()
    job.refresh_from_db()
    assert job.state == "done", job.reason
    found = dict(Annotation.objects.values_list("pk", "category__number"))
    assert found == {first.pk: 1, second.pk: 3, own.pk: 2, elsewhere.pk: 1, later.pk: 2}
    again = project.categories.get(number=1)
    assert (again.name, again.color) == ("car", "#e4572e")
    assert not MergedCategory.objects.exists()


def test_a_name_that_is_taken_meanwhile(project: Project, alice: User) -> None:
    merge(project, alice, 1, 2)
    services.save_categories(project, [CategorySpec(name="Car", hotkey="1")])
    merging.start_undo(project, alice, number=1)
    again = project.categories.get(number=1)
    assert again.name == "car (2)"
    assert again.hotkey not in (None, "1", "2", "3")


def test_what_is_refused(project: Project, alice: User) -> None:
    keep(image_of(project), alice)
    for number, into, code in ((1, 1, "bad_merge"), (1, 9, "unknown_category"), (9, 1, "unknown_category")):
        with pytest.raises(ApiError) as caught:
            merging.start(project, alice, number=number, into=into)
        assert caught.value.code == code
    seen = services.settings_state(project)
    services.order_categories(project, [2, 1, 3])
    with pytest.raises(ApiError) as caught:
        merging.start(project, alice, number=1, into=2, seen=seen)
    assert caught.value.code == "changed"
    merging.start(project, alice, number=1, into=2)
    with pytest.raises(ApiError) as caught:
        merging.start(project, alice, number=2, into=3)
    assert caught.value.code == "merging"
    with pytest.raises(ApiError) as caught:
        merging.start_undo(project, alice, number=1)
    assert caught.value.code == "not_merged"


def test_a_class_that_goes_while_objects_move_to_it_fails_the_job(project: Project, alice: User) -> None:
    keep(image_of(project), alice)
    job = merging.start(project, alice, number=1, into=2)
    Category.objects.filter(number=2).delete()
    jobs.work_off()
    job.refresh_from_db()
    assert job.state == "failed"
    assert "Merge the class into another one" in job.reason
    assert numbers(project) == [1, 3]


def test_an_object_that_is_kept_meanwhile_moves_too(project: Project, alice: User, bob: User) -> None:
    image = image_of(project)
    category, into = project.categories.get(number=1), project.categories.get(number=2)
    late = keep(image, bob)
    assert not merging.finish(project, category, into, alice), "somebody kept an object after the last step"
    assert numbers(project) == [1, 2, 3]
    merge(project, alice, 1, 2)
    late.refresh_from_db()
    assert late.category == into


def test_the_settings_page_moves_the_objects_of_a_class_that_is_deleted(
    project: Project, alice: User, bob: User, as_user: AsUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(image_of(project), bob)
    client, url = as_user(alice), f"/projects/{project.pk}/settings"
    assert "Move 1 object to" in client.get(url).content.decode()
    with monkeypatch.context() as patched:
        patched.setattr(forms, "COUNTED", 0)
        assert "Move all objects to" in client.get(url).content.decode(), "a million is not counted"

    def save(move_to: str) -> str:
        rows = rows_of(project, car={"DELETE": "on", "move_to": move_to})
        return client.post(url, project_form(*rows, initial=3), follow=True).content.decode()

    assert "Choose the class to move them to" in save("")
    assert "There is no other class named “lorry”" in save("lorry")
    assert "There is no other class named “car”" in save("car")
    assert not ProjectJob.objects.exists()
    page = save("Person")
    assert "Merging classes" in page
    jobs.work_off()
    assert numbers(project) == [2, 3]
    page = client.get(url).content.decode()
    assert "Undo merging car" in page
    client.post(f"/projects/{project.pk}/classes/1/unmerge")
    jobs.work_off()
    assert sorted(numbers(project)) == [1, 2, 3]
    assert Annotation.objects.get().category.number == 1


def test_the_api_and_who_may(project: Project, alice: User, bob: User, charlie: User, as_user: AsUser) -> None:
    def ask(user: User | None, action: str, **body: Any) -> tuple[int, dict[str, Any]]:
        url = f"/api/projects/{project.pk}/categories/{action}"
        method = "PUT" if action == "order" else "POST"
        response = as_user(user).generic(method, url, json.dumps(body), content_type="application/json")
        return response.status_code, response.json()

    for action, body in (
        ("1/merge", {"into": 2}),
        ("1/unmerge", {}),
        ("order", {"numbers": []}),
        ("import", {"text": "a"}),
    ):
        assert [ask(user, action, **body)[0] for user in (None, charlie, bob)] == [401, 404, 403], action
    listed = as_user(bob).get(f"/api/projects/{project.pk}/categories").json()
    assert [one["number"] for one in listed["results"]] == [1, 2, 3]
    status, after = ask(alice, "order", numbers=[3, 2, 1], seen=listed["seen"])
    assert (status, [one["number"] for one in after["results"]]) == (200, [3, 2, 1])
    assert ask(alice, "order", numbers=[1, 2, 3], seen=listed["seen"])[1]["error"]["code"] == "changed"
    status, job = ask(alice, "1/merge", into=2)
    assert (status, job["kind"]) == (202, "merge")
    jobs.work_off()
    listed = as_user(alice).get(f"/api/projects/{project.pk}/categories").json()
    assert [(one["number"], one["into"], one["merged_by"]) for one in listed["merged"]] == [(1, 2, "alice")]
    assert ask(alice, "1/unmerge")[0] == 202
