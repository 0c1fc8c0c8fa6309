"""Every URL of the site, also those of tomorrow and Django's admin, with ids, texts, numbers, bodies, queries and
headers that nothing sensible sends: never a 500, and a name for what is wrong."""

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from labeling.accounts.models import User
from labeling.live import messages
from labeling.web.api import MAX_ERRORS, MAX_VALUES, has_too_many_values
from tests.unit.test_access_everywhere import METHODS, ROUTES, ids, url  # noqa: F401 - a fixture

ODD_IDS = [0, 2**31, 2**63 - 1, 2**63, 2**64, 10**30, 10**200]
ODD_BODIES: list[tuple[str, bytes]] = [
    ("application/json", b"\xff\xfe{"),
    ("application/json", b"\xed\xa0\x80"),
    ("application/json", b'"\xed\xa0\x80"'),
    ("application/json", b"[" * 10_000),
    ("application/json", b'{"a":' * 10_000),
    ("application/json", b"9" * 5000),
    ("application/json", b"NaN"),
    ("application/json", b'{"\\u0000": "\\ud800"}'),
    ("application/json", b"null"),
    ("application/json; charset=no-such", b"{}"),
    ("text/plain", b"{}"),
    ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n'),
    ("multipart/form-data", b"no boundary"),
    ("multipart/form-data; boundary=x", b"--x\r\n"),
    ("application/x-www-form-urlencoded", b"a=%00&b%00=1&version=%ff"),
    ("application/x-www-form-urlencoded", b"\xff\xfe=\xff"),
    ("application/x-www-form-urlencoded; charset=utf-16", b"a=b"),
    ("application/x-www-form-urlencoded", b"a=1&" * 3000),
    ("", b"x"),
]
ODD_QUERIES = [
    "?a=%00", "?%00=a", "?page=99999999999999999999999", "?after=1e400&limit=NaN&filter=%ff", "?low=NaN&high=inf",
    "?after=9223372036854775808&category=9223372036854775808&method=%ed%a0%80&above=1e999", "?v=%00",
    "?" + "a=1&" * 3000, "?next=%00", "?next=//%ed%a0%80",
]  # fmt: skip
ADMIN_QUERIES = [
    f"?id__exact={2**63}", "?id__exact=%00", "?q=%00", "?q=" + "9" * 30, "?p=" + "9" * 30, f"?o={2**70}",
    f"?project__id__exact={2**64}", "?_to_field=%00", f"?app_label=x&term={2**70}",
]  # fmt: skip
ODD_HEADERS: list[dict[str, str]] = [
    {"Range": "bytes=99999999999999999999-", "If-None-Match": '"\x80', "Accept-Language": "x" * 5000},
    {"Range": "bytes=-", "If-Modified-Since": "Mon, 99 Foo 99999999 99:99:99 GMT", "Referer": "http://[::1"},
    {"Range": "bytes=9-1,,x", "If-Match": "W/*", "X-Forwarded-For": "\x80,[::,999.1.1.1"},
]  # fmt: skip

ONE = {"uid": "11111111-1111-4111-8111-111111111112", "category": 1, "counts": "1", "clicks": [[1.5, 1.5, True]]}
BODIES: dict[str, dict[str, Any]] = {
    "api/me/keys": {"keys": {"keep": ["Enter"]}},
    "api/projects": {
        "name": "New", "instructions": "Do it.", "categories": [{"number": None, "name": "a", "color": "#ffffff",
        "hotkey": 1, "kind": "thing"}], "attributes": [{"name": "b", "kind": "choice", "choices": ["c"]}],
    },
    "api/projects/<id:project_id>": {
        "name": "Street", "instructions": "Do it.", "categories": [{"number": 1, "name": "a", "color": "#ffffff"}],
        "attributes": [{"number": 1, "name": "b", "kind": "text", "choices": []}],
    },
    "api/images/<id:image_id>/annotations": {"version": 1, **ONE, "z": 1, "attributes": {"1": "x"}},
    "api/annotations/<id:annotation_id>": {"version": 1, **{k: v for k, v in ONE.items() if k != "uid"}},
    "api/images/<id:image_id>/changes": {"version": 1, "changes": [{"kind": "create", **ONE, "attributes": {"1": 2}}]},
    "api/images/<id:image_id>/status": {"version": 1, "status": "skipped", "reason": "dark"},
    "api/images/<id:image_id>/note": {"version": 1, "text": "a note"},
    "api/images/<id:image_id>/time": {"session": "11111111-1111-4111-8111-111111111113", "seconds": 5},
    "api/images/<id:image_id>/suggestions": {"method": "everything", "head": 1, "options": {"threshold": 0.5}},
    "api/images/<id:image_id>/suggestions/accept": {
        "version": 1, "suggestions": [{"uid": ONE["uid"], "category": 1, "counts": "1", "clicks": []}],
    },
    "api/images/<id:image_id>/suggestions/reject": {"uids": [ONE["uid"]]},
    "api/images/<id:image_id>/suggestions/reopen": {"uids": [ONE["uid"]]},
    "api/projects/<id:project_id>/suggestions/accept": {"above": 0.5, "category": 1, "methods": ["everything"],
        "give": 1, "after": 1},
    "api/projects/<id:project_id>/suggestions/runs": {"method": "everything", "head": 1, "images": [1]},
    "api/projects/<id:project_id>/suggestions/settings": {"everything_when_ready": True},
    "api/projects/<id:project_id>/heads": {"kind": "instances", "steps": 10},
    "api/projects/<id:project_id>/heads/<id:head_id>/mapping": {"mapping": {"cat": 1}},
    "api/projects/<id:project_id>/exports": {"format": "coco", "options": {"x": "y"}},
    "api/projects/<id:project_id>/next": {"after": 1},
    "api/projects/<id:project_id>/panoptic": {"panoptic": True},
}  # fmt: skip
"""A right body of the JSON routes, each value of which is then made a wrong one."""

FORMS: dict[str, dict[str, str]] = {
    "sign-in": {"username": "alice", "password": "x", "next": "/"},
    "projects/new": {
        "name": "n", "instructions": "i", "classes-TOTAL_FORMS": "1", "classes-INITIAL_FORMS": "0",
        "classes-0-name": "a", "classes-0-color": "#ffffff", "classes-0-hotkey": "1", "classes-0-kind": "thing",
    },
    "projects/<id:project_id>/settings": {
        "name": "n", "instructions": "i", "classes-TOTAL_FORMS": "1", "classes-INITIAL_FORMS": "1",
        "classes-0-number": "1", "classes-0-name": "a", "classes-0-color": "#ffffff", "classes-0-hotkey": "1",
        "classes-0-kind": "thing", "classes-0-DELETE": "",
    },
    "projects/<id:project_id>/attributes": {
        "attributes-TOTAL_FORMS": "1", "attributes-INITIAL_FORMS": "0", "attributes-0-number": "1",
        "attributes-0-name": "a", "attributes-0-kind": "choice", "attributes-0-choices": "a, b",
    },
    "projects/<id:project_id>/members": {"username": "charlie", "role": "annotator"},
    "projects/<id:project_id>/members/<id:user_id>": {"role": "annotator", "remove": ""},
    "projects/<id:project_id>/panoptic": {"panoptic": "on", "clear": "1"},
    "admin/accounts/user/": {"action": "delete_selected", "_selected_action": "1", "index": "0"},
    "admin/projects/project/": {"action": "delete_selected", "_selected_action": "1", "index": "0"},
    "admin/projects/membership/add/": {"project": "1", "user": "1", "role": "annotator"},
    "admin/accounts/user/add/": {"username": "x", "password1": "y", "password2": "y", "usable_password": "true"},
}  # fmt: skip
WRONG_TEXTS = ["\0", "a\0b", "\ud800", str(2**63), "9" * 5000, "-1", "1e999", "\uffff", ""]
WRONG_VALUES: list[Any] = [
    *WRONG_TEXTS,
    2**63,
    -(2**63) - 1,
    10**400,
    float("nan"),
    float("inf"),
    {},
    [],
    None,
    "\udfff\0",
]


@pytest.fixture
def root(db: None) -> Client:
    """One who may do everything, so that no refusal stands before what is tested."""
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.create_superuser("root", password="correct horse battery"))
    return client


def ask(client: Client, method: str, address: str, **rest: Any) -> Any:
    """An answer, and what it changed taken back."""
    cookies = copy.deepcopy(client.cookies)  # signing out, for one, takes them away
    with transaction.atomic():
        answer = client.generic(method.upper(), address, **rest)
        if answer.streaming:
            list(answer.streaming_content)  # type: ignore[attr-defined]
        transaction.set_rollback(True)
    client.cookies = cookies
    ill = answer.status_code == 503 and address.startswith("/healthz")  # no worker runs here
    assert answer.status_code < 500 or ill, f"{method} {address[:200]} {str(rest)[:300]}: {answer.status_code}"
    return answer


def admin_routes(resolver: URLResolver, before: str = "") -> Iterator[str]:
    for one in resolver.url_patterns:
        route = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from admin_routes(one, route)
        elif isinstance(one, URLPattern) and route.startswith("admin/"):
            yield route


ADMIN = sorted(set(admin_routes(get_resolver())))


def test_no_route_takes_a_number_that_no_row_can_have() -> None:
    assert len(ADMIN) > 50
    assert not [route for route in [*ROUTES, *ADMIN] if "<int:" in route.replace("<int:content_type_id>", "")]


@pytest.mark.parametrize("route", [route for route in ROUTES if "<id:" in route])
def test_odd_ids_lead_nowhere(route: str, root: Client, ids: dict[str, int]) -> None:  # noqa: F811
    for name in [part.strip("<>").split(":")[1] for part in route.split("/") if part.startswith("<id:")]:
        for odd in ODD_IDS:
            for method in METHODS:
                answer = ask(root, method, url(route, {**ids, name: odd}))
                if odd >= 2**63:
                    assert answer.status_code == 404, (method, odd)


# Health waits up to 1.5 s for parts that are not here; its own tests are in tests/ops.
@pytest.mark.parametrize("route", [route for route in ROUTES if route != "healthz"])
def test_odd_bodies_queries_and_headers(route: str, root: Client, ids: dict[str, int]) -> None:  # noqa: F811
    address = url(route, ids)
    for method in METHODS:
        if ask(root, method, address).status_code == 405:
            continue
        # Nothing reads the body of a GET but the middlewares, which do not look at the address.
        for content_type, sent in ODD_BODIES if method != "get" else ODD_BODIES[::6]:
            answer = ask(root, method, address, data=sent, content_type=content_type)
            if route in BODIES and sent != b"{}" and method in ("post", "put", "patch"):
                assert answer.status_code in (400, 404, 405, 413, 415), (method, content_type, sent[:40])
                assert "error" in answer.json()
        for query in ODD_QUERIES:
            ask(root, method, address + query)
        for headers in ODD_HEADERS:
            ask(root, method, address, headers=headers)
    assert ask(root, "get", address + "?a=%00").status_code in (400, 405)


def leaves(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value that is no list or dict."""
    if isinstance(value, dict | list):
        for key, one in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(one, (*way, key))
    else:
        yield way


def changed(value: Any, way: tuple[Any, ...], new: Any) -> Any:
    made = copy.deepcopy(value)
    place = made
    for step in way[:-1]:
        place = place[step]
    place[way[-1]] = new
    return made


@pytest.mark.parametrize("route", BODIES)
def test_every_value_of_a_body(route: str, root: Client, ids: dict[str, int]) -> None:  # noqa: F811
    for method in ("post", "put", "patch", "delete"):
        if ask(root, method, url(route, ids), content_type="application/json").status_code == 405:
            continue
        for way in leaves(BODIES[route]):
            for wrong in WRONG_VALUES:
                sent = json.dumps(changed(BODIES[route], way, wrong))
                answer = ask(root, method, url(route, ids), data=sent, content_type="application/json")
                odd = isinstance(wrong, str) and any(character in wrong for character in "\0\ud800\udfff")
                infinite = isinstance(wrong, float)
                if (odd or infinite) and method != "delete":
                    told = answer.json()["error"]
                    assert (answer.status_code, told["field"]) == (400, ".".join(map(str, way))), (method, way)


@pytest.mark.parametrize("route", FORMS)
def test_every_field_of_a_form(route: str, root: Client, ids: dict[str, int]) -> None:  # noqa: F811
    client = Client(raise_request_exception=False) if route == "sign-in" else root
    for name in FORMS[route]:
        for wrong in WRONG_TEXTS:
            if "\ud800" not in wrong:  # no form can say it: percent-encoding is of UTF-8
                with transaction.atomic():
                    answer = client.post(url(route, ids), {**FORMS[route], name: wrong})
                    transaction.set_rollback(True)
                assert answer.status_code < 500, (name, wrong[:20])
                assert answer.status_code == 400 or "\0" not in wrong


@pytest.mark.parametrize("route", ADMIN)
def test_the_admin(route: str, root: Client, ids: dict[str, int]) -> None:  # noqa: F811
    if "(" in route or "<int:" in route:
        return
    for odd in [str(2**63), "9" * 40, "a%00b", "%ed%a0%80", "_00"]:
        address = "/" + route.replace("<path:object_id>", odd)
        ask(root, "get", address)
        ask(root, "post", address)
    address = "/" + route.replace("<path:object_id>", str(ids["image_id"]))
    listed = [] if "<path:object_id>" in route else ADMIN_QUERIES  # of lists and what completes a field alone
    for query in [*ODD_QUERIES, *listed]:
        ask(root, "get", address + query)
    for content_type, sent in ODD_BODIES[-9:]:
        ask(root, "post", address, data=sent, content_type=content_type)


def test_what_is_wrong_is_named(as_user: Callable[[User | None], Client], bob: User, ids: dict[str, int]) -> None:  # noqa: F811
    address = f"/api/images/{ids['image_id']}/note"
    client = as_user(bob)
    for sent, field in [
        (b'{"version": 1, "text": "a\\u0000b"}', "text"),
        (b'{"version": 1, "text": "\\udc00"}', "text"),
        (b'{"version": NaN, "text": ""}', "version"),
        (b'{"version": 1e400, "text": ""}', "version"),
    ]:
        answer = client.post(address, sent, content_type="application/json")
        assert (answer.status_code, answer.json()["error"]["field"]) == (400, field)
    assert client.post(address, {"text": "a", "version": 1}).json()["error"]["code"] == "not_json"
    assert client.post(address, {"text": "a", "version": 1}).status_code == 415
    smile = client.post(address, b'{"version": 1, "text": "\\ud83d\\ude00"}', content_type="application/json")
    assert smile.json()["note"] == "😀"


@pytest.mark.parametrize(
    "content_type",
    ["application/x-www-form-urlencoded; charset=utf-16", "multipart/form-data; boundary=x; charset=hex"],
)
def test_a_form_that_breaks_the_error_page_too(content_type: str, db: None) -> None:
    """With the check of the token, which tests leave out: it reads the form, and so did Django's error pages."""
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    sent = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n'
    answer = client.generic("POST", "/sign-in", sent, content_type=content_type)
    assert answer.status_code in (400, 500)
    assert "Interlabel" in answer.content.decode()


def test_an_api_tells_programs_also_what_django_refuses(root: Client, db: None) -> None:
    for address in ("/api/nothing", f"/api/projects/{2**63}"):
        answer = root.get(address)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.get(username="root"))
    answer = client.post("/api/projects", {}, content_type="application/json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "csrf")
    assert "html" in client.post("/projects/new").headers["Content-Type"]
    assert "html" in root.get("/nothing").headers["Content-Type"]


@pytest.mark.parametrize(
    ("raw", "too_many"),
    [
        (b"[" + b"0," * MAX_VALUES + b"0]", True),
        (b"[]" * MAX_VALUES + b"[]", True),
        (b'{"":' * (MAX_VALUES + 1), True),
        (b'{"a":"' + bytes(range(93, 112)) * 100_000 + b'"}', False),  # a mask has no commas
        (b'{"a":"' + b"[{" * MAX_VALUES + b'\\"[' + b'"}', False),
        (b'{"a":"' + b'\\"[' * MAX_VALUES, False),
        (b'"' + b"\\\\" * MAX_VALUES + b"\\", False),
        (b"[" + b"0," * (MAX_VALUES - 1) + b"0]", False),
    ],
)
def test_values_are_counted_before_they_are_made(raw: bytes, too_many: bool) -> None:
    assert has_too_many_values(raw) == too_many


def test_many_values_and_many_errors_have_small_answers(root: Client, ids: dict[str, int]) -> None:  # noqa: F811
    address = f"/api/annotations/{ids['annotation_id']}"
    answer = root.put(address, b'{"clicks": [' + b"[]," * MAX_VALUES + b"[]]}", content_type="application/json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")
    for count in (30, MAX_ERRORS + 1):
        answer = root.put(address, {f"{n}" * 1000: 0 for n in range(count)}, content_type="application/json")
        assert answer.status_code == 400
        assert len(answer.content) < 5000
        assert ("and 11 more" if count == 30 else "1002 fields") in answer.json()["error"]["message"]


def test_a_socket_counts_values_too() -> None:
    start = b'{"v": 1, "type": "start", "clicks": [' + b"0," * MAX_VALUES + b"0]}"
    assert messages.head_of(start).type is None
    with pytest.raises(messages.Refused) as refused:
        messages.parse(start)
    assert refused.value.code == "too_large"
