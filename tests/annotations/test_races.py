"""People write while what they write to is deleted. Everybody gets an answer that says what happened: 2xx, or 400, 403,
404, 409 as JSON; never a 500, and never half of a change."""

import json
import random
import threading
import uuid
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError, IntegrityError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from labeling.accounts.models import User
from labeling.annotations import services
from labeling.annotations.models import AnnotationSet
from labeling.images.models import Image
from labeling.projects.models import Category, Membership, Project
from labeling.suggestions.models import Suggestion
from labeling.web import trouble
from labeling.web.api import ApiError
from tests.annotations.conftest import HEIGHT, WIDTH, counts, new
from tests.patience import PATIENCE

ROUNDS = 2
WRITERS = 4
Send = Callable[..., Any]


def client_of(user: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def send(client: Client, method: str, url: str, body: dict[str, Any]) -> Any:
    return client.generic(method, url, json.dumps(body), "application/json")


def fresh_image(project: Project) -> Image:
    sha256 = uuid.uuid4().hex * 2
    return Image.objects.create(project=project, name="a.png", sha256=sha256, width=WIDTH, height=HEIGHT)


def keep(client: Client, image: Image, number: int) -> Any:
    """Keep an object of the class that is going; whatever version the image has."""
    version, answer = 0, None
    for _ in range(20):
        answer = send(client, "POST", f"/api/images/{image.pk}/annotations", new(version, category=number))
        if answer.status_code != 409 or answer.json()["error"]["code"] != "conflict":
            break
        version = answer.json()["error"]["current"]["version"]
    return answer


def change(client: Client, image: Image, number: int) -> Any:
    made = keep(client, image, 1)
    if made.status_code != 201:
        return made
    body = {"version": made.json()["version"], "category": number}
    return send(client, "PUT", f"/api/annotations/{made.json()['annotation']['id']}", body)


def batch(client: Client, image: Image, number: int) -> Any:
    version = AnnotationSet.objects.filter(image=image).values_list("version", flat=True).first() or 0
    made = new(version, category=number)
    del made["version"]
    return send(client, "POST", f"/api/images/{image.pk}/changes", {"version": version, "changes": [made]})


def remove(client: Client, image: Image, number: int) -> Any:
    made = keep(client, image, number)
    if made.status_code != 201:
        return made
    body = {"version": made.json()["version"]}
    return send(client, "DELETE", f"/api/annotations/{made.json()['annotation']['id']}", body)


def status(client: Client, image: Image, number: int) -> Any:
    version = AnnotationSet.objects.filter(image=image).values_list("version", flat=True).first() or 0
    return send(client, "POST", f"/api/images/{image.pk}/status", {"version": version, "status": "done"})


def note(client: Client, image: Image, number: int) -> Any:
    version = AnnotationSet.objects.filter(image=image).values_list("version", flat=True).first() or 0
    text = str(random.random())
    return send(client, "POST", f"/api/images/{image.pk}/note", {"version": version, "text": text})


def spend_time(client: Client, image: Image, number: int) -> Any:
    return send(client, "POST", f"/api/images/{image.pk}/time", {"session": str(uuid.uuid4()), "seconds": 5})


def accept(client: Client, image: Image, number: int) -> Any:
    try:
        category = Category.objects.get(project=image.project_id, number=number)
        row = Suggestion.objects.create(
            image=image, method="text", category=category, score=0.5, word="x", counts=counts(), area=56,
            bbox_x=5, bbox_y=6, bbox_width=7, bbox_height=8,
        )  # fmt: skip
    except (ObjectDoesNotExist, IntegrityError):
        return keep(client, image, number)
    version = AnnotationSet.objects.filter(image=image).values_list("version", flat=True).first() or 0
    body = {"version": version, "suggestions": [{"uid": str(row.uid)}]}
    return send(client, "POST", f"/api/images/{image.pk}/suggestions/accept", body)


WRITES = [keep, change, batch, remove, status, note, spend_time, accept]


def delete_class(client: Client, image: Image, number: int) -> Any:
    rows = [
        {"number": one.number, "name": one.name, "color": one.color, "kind": one.kind}
        for one in Category.objects.filter(project=image.project_id).exclude(number=number)
    ]
    return send(client, "PATCH", f"/api/projects/{image.project_id}", {"categories": rows})


def delete_image(client: Client, image: Image, number: int) -> Any:
    return client.delete(f"/api/images/{image.pk}")


def delete_project(client: Client, image: Image, number: int) -> Any:
    return send(client, "DELETE", f"/api/projects/{image.project_id}", {"name": image.project.name})


def remove_member(client: Client, image: Image, number: int) -> Any:
    bob = User.objects.get(username="bob")
    return client.post(f"/projects/{image.project_id}/members/{bob.pk}", {"remove": "1"})


def at_once(work: list[Callable[[], Any]]) -> list[Any]:
    """Run each in a thread of its own, begun together; their answers."""
    answers: list[Any] = [None] * len(work)
    ready = threading.Barrier(len(work))

    def run(index: int) -> None:
        ready.wait()
        try:
            answers[index] = work[index]()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(work))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    return answers


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(300)
@pytest.mark.parametrize("deletion", [delete_class, delete_image, delete_project, remove_member])
@pytest.mark.parametrize("write", WRITES)
def test_a_write_against_a_deletion(write: Send, deletion: Send, alice: User, bob: User, rita: User) -> None:
    said: Counter[str] = Counter()
    for _ in range(ROUNDS):
        project = Project.objects.create(name="Street", created_by=alice, next_category_number=3)
        for number, name in ((1, "car"), (2, "road")):
            Category.objects.create(project=project, number=number, name=name, color="#112233", kind="thing")
        for user, role in ((alice, "owner"), (bob, "annotator")):
            Membership.objects.create(project=project, user=user, role=role)
        image = fresh_image(project)
        manager, people = client_of(alice), [client_of(bob) for _ in range(WRITERS)]
        answers = at_once([partial(deletion, manager, image, 2), *(partial(write, one, image, 2) for one in people)])
        for answer in answers:
            said[f"{answer.status_code} {answer.content[:120]!r}" if answer.status_code >= 500 else "told"] += 1
        assert answers[0].status_code in (200, 302, 409), answers[0].content
        # What is there afterwards is whole: each version has its event, and no object a class that is gone.
        for kept in AnnotationSet.objects.filter(image=image):
            assert list(kept.events.order_by("version").values_list("version", flat=True)) == list(
                range(1, kept.version + 1)
            )
    assert not [text for text in said if text != "told"], said


# What counts as a race, and what becomes of it


class Deadlock(Exception):
    sqlstate = "40P01"


class ForeignKey(Exception):
    sqlstate = "23503"


class NotNull(Exception):
    sqlstate = "23502"


def raised(error: Exception, cause: Exception | None) -> Exception:
    error.__cause__ = cause
    return error


def carry_out(errors: list[Exception], multipart: bool = False) -> tuple[int, Any]:
    """A request whose view fails with these errors, one a try; how often it was tried and its answer or error."""
    calls = 0

    def view(request: HttpRequest) -> HttpResponse:
        nonlocal calls
        calls += 1
        if errors:
            raise errors.pop(0)
        return HttpResponse("done")

    kind = "multipart/form-data; boundary=x" if multipart else "application/json"
    request = RequestFactory().generic("POST", "/api/x", b"--x--\r\n" if multipart else b"{}", kind)
    middleware = trouble.TroubleMiddleware(lambda request: HttpResponse())
    try:
        answer = middleware.process_view(request, view, (), {})
    except Exception as error:  # noqa: BLE001 - handed to the test
        return calls, error
    return calls, answer


def test_a_deadlock_is_tried_again() -> None:
    calls, answer = carry_out([raised(OperationalError("deadlock"), Deadlock()), ObjectDoesNotExist("gone")])
    assert (calls, answer.content) == (3, b"done")


def test_a_race_is_not_tried_for_ever() -> None:
    calls, error = carry_out([raised(IntegrityError("fk"), ForeignKey()) for _ in range(50)])
    assert calls == trouble.TRIES
    assert trouble.trouble_of(error) is trouble.CHANGED


def test_a_mistake_in_the_code_is_not_tried_again() -> None:
    for error in (KeyError("x"), raised(IntegrityError("null"), NotNull()), IntegrityError("NOT NULL constraint")):
        calls, raised_error = carry_out([error])
        assert (calls, raised_error) == (1, error)
        assert trouble.trouble_of(raised_error) is None


def test_a_multipart_body_is_read_once() -> None:
    calls, error = carry_out([raised(IntegrityError("fk"), ForeignKey())], multipart=True)
    assert calls == 1
    assert trouble.trouble_of(error) is trouble.CHANGED


def test_a_row_that_is_gone_when_it_is_saved_is_a_race() -> None:
    assert trouble.is_race(DatabaseError("Save with update_fields did not affect any rows."))
    assert not trouble.is_race(DatabaseError("syntax error"))
    assert not trouble.is_race(ApiError(400, "x", "y"))


def test_api_views_leave_races_to_the_middleware(image: Image, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that comes of somebody else's deletion is carried out again, and then said; it is no 500."""
    tried = []

    def gone(*_: object, **__: object) -> None:
        tried.append(1)
        raise Image.DoesNotExist

    monkeypatch.setattr(services, "set_note", gone)
    answer = send(client_of(bob), "POST", f"/api/images/{image.pk}/note", {"version": 0, "text": "dark"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "changed")
    assert len(tried) > 1
