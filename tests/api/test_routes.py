"""How a JSON route works, whatever it is about: labeling/web/routes.py and labeling/api/site.py."""

import json
from collections.abc import Callable

import pytest
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.urls import resolve
from ninja import Status

from labeling.accounts.models import User
from labeling.api.site import JsonApi
from labeling.images.models import Image
from labeling.projects.models import Project
from labeling.web.api import Body, Spec
from labeling.web.routes import Answer, Asked, Omitted, Router, Sent, takes

AsUser = Callable[[User | None], Client]


class Sum(Answer):
    """A sum."""

    total: int
    note: Omitted[str] = None
    next: int | None = None


class Other(Answer):
    """Something else."""

    total: int


class Numbers(Spec):
    """Two numbers."""

    one: int
    other: int = 1


def made(view: Callable[..., object], method: str = "post", **options: object) -> Callable[[HttpRequest], object]:
    """The Django view of a route with this function."""
    router = Router(tags=["sums"])
    getattr(router, method)("sums", **options)(view)
    api = JsonApi(title="Sums", urls_namespace=view.__name__)
    api.add_router("", router)
    (pattern,) = api.routes()
    return pattern.callback


def asked(view: Callable[[HttpRequest], object], method: str = "POST", query: str = "", sent: object = None) -> object:
    request = RequestFactory().generic(method, f"/api/sums{query}", json.dumps(sent), "application/json")
    answer = view(request)
    return answer.status_code, json.loads(answer.content)  # type: ignore[attr-defined]


def test_what_is_not_given_is_left_out_and_null_is_null() -> None:
    def add(request: HttpRequest, sent: Sent[Numbers]) -> Sum:
        """Add two numbers."""
        numbers = sent.read()
        total = numbers.one + numbers.other
        return Sum(total=total) if total < 10 else Sum(total=total, note=None, next=None)

    view = made(add)
    assert asked(view, sent={"one": 1}) == (200, {"total": 2})
    assert asked(view, sent={"one": 10}) == (200, {"total": 11, "next": None})
    status, answer = asked(view, sent={"one": "x", "two": 2})  # type: ignore[misc]
    assert (status, answer["error"]["code"]) == (400, "bad_request")  # type: ignore[has-type]
    assert "one: " in answer["error"]["message"]  # type: ignore[has-type]
    assert "two: " in answer["error"]["message"]  # type: ignore[has-type]


def test_a_body_that_is_not_read_is_not_parsed() -> None:
    """So that a view can look at who asks first."""

    def add(request: HttpRequest, sent: Sent[Numbers]) -> Sum:
        """Never look at the body."""
        return Sum(total=0)

    assert asked(made(add), sent=["no", "numbers"]) == (200, {"total": 0})


def test_a_query_has_no_unknown_fields() -> None:
    def add(request: HttpRequest, asked: Asked[Numbers]) -> Sum:
        """Add two numbers."""
        return Sum(total=asked.read().one)

    view = made(add, "get")
    assert asked(view, "GET", "?one=3&one=4") == (200, {"total": 4})
    assert asked(view, "GET", "?one=3&more=4")[0] == 400  # type: ignore[index]


def test_the_status_may_be_said() -> None:
    def add(request: HttpRequest) -> Status[Sum]:
        """Add nothing."""
        return Status(201, Sum(total=0))

    assert asked(made(add, response={200: Sum, 201: Sum})) == (201, {"total": 0})


def test_an_answer_is_of_its_own_type() -> None:
    """Another type with the same fields would not be what the document says."""

    def add(request: HttpRequest) -> Sum:
        """Answer something else."""
        return Other(total=1)  # type: ignore[return-value]

    with pytest.raises(TypeError, match="answers Other, not"):
        asked(made(add))


def test_what_is_no_answer_goes_on(settings: object) -> None:
    """To the middlewares that carry a lost race out again; also where errors are shown in the browser."""

    def add(request: HttpRequest) -> Sum:
        """Lose a race."""
        raise Image.DoesNotExist

    settings.DEBUG = True  # type: ignore[attr-defined]
    with pytest.raises(Image.DoesNotExist):
        asked(made(add))


def test_the_gate_knows_how_much_a_route_takes() -> None:
    @takes(Body.MASKS)
    def add(request: HttpRequest) -> Sum:
        """Take large bodies."""
        return Sum(total=0)

    assert vars(made(add))["takes"] == Body.MASKS
    assert vars(resolve("/api/images/1/annotations").func)["takes"] == Body.MASKS  # GET takes none, POST does
    assert vars(resolve("/api/uploads/1/files").func)["takes"] == Body.UPLOAD
    assert vars(resolve("/api/uploads/1/files").func)["before_body"] is not None
    assert not hasattr(resolve("/api/projects").func, "csrf_exempt")


def test_access_stands_before_the_body(project: Project, bob: User, charlie: User, as_user: AsUser) -> None:
    image = Image.objects.create(project=project, name="a.png", sha256="0" * 64, width=4, height=3)
    address = f"/api/images/{image.pk}/note"
    for body, kind in ((b"{", "application/json"), (b"x", "text/plain"), (b'{"a": 1}', "application/json")):
        assert as_user(charlie).post(address, body, content_type=kind).status_code == 404
        assert as_user(bob).post(address, body, content_type=kind).status_code in (400, 415)


def test_a_wrong_method_is_told_the_right_ones(bob: User, as_user: AsUser) -> None:
    answer = as_user(bob).delete("/api/me/keys")
    assert (answer.status_code, answer["Allow"]) == (405, "GET, PUT")
    assert answer.json()["error"] == {"code": "method_not_allowed", "message": "Use GET or PUT."}
