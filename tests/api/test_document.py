"""`/api/schema.json` and `/api/docs`: valid, complete, true of what is answered, and for people who are signed in."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from labeling.accounts.models import User
from labeling.api.openapi import Document
from labeling.api.site import api, document

pytestmark = pytest.mark.once

AsUser = Callable[[User | None], Client]
DOCS = Path(__file__).resolve().parents[2] / "docs"
DOCUMENT: dict[str, Any] = json.loads(json.dumps(document()))
OPERATIONS = [
    (path, method, operation) for path, methods in DOCUMENT["paths"].items() for method, operation in methods.items()
]


def patterns(resolver: URLResolver, before: str = "") -> Iterator[tuple[str, Any]]:
    for one in resolver.url_patterns:
        route = before + str(one.pattern)
        if isinstance(one, URLPattern):
            yield route, one.callback
        elif not route.startswith("admin/"):
            yield from patterns(one, route)


def test_it_is_valid() -> None:
    validate(DOCUMENT)


def test_every_json_route_is_in_it() -> None:
    routes = {(route, getattr(view, "is_api", False)) for route, view in patterns(get_resolver())}
    under_api = {route for route, _ in routes if route.startswith("api/")}
    assert under_api - {"api/docs", "api/schema.json"} == {route for route, is_api in routes if is_api}
    told = {re.sub(r"<\w+:(\w+)>", r"{\1}", f"/{route}") for route, is_api in routes if is_api}
    assert told == set(DOCUMENT["paths"])
    assert len(OPERATIONS) > 50


def test_no_address_is_in_two_routers() -> None:
    """Only the first one would ever be asked."""
    paths = [path for bound in api._get_bound_routers() for path in bound.path_operations]
    assert len(paths) == len(set(paths))


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_every_operation_is_described(path: str, method: str, operation: dict[str, Any]) -> None:
    assert operation["summary"].endswith((".", "?", ")")), "a sentence"
    (tag,) = operation["tags"]
    assert tag in {one["name"] for one in DOCUMENT["tags"]}
    safe = method in ("get", "head", "options")
    assert operation["security"] == [{"session": []} if safe else {"session": [], "csrf": []}]
    assert {"401", "default"} <= set(operation["responses"])
    good = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
    assert good
    for answer in good:
        if "/resumable" in path and path.startswith(("/api/projects/", "/api/resumable/")):
            assert "content" not in answer, "what the tus protocol says is in headers"
            continue
        assert answer["content"]["application/json"]["schema"]["$ref"].startswith("#/components/schemas/")
    assert ("404" in operation["responses"]) == ("{" in path)


def test_two_types_of_one_name_are_refused() -> None:
    made = Document(api, "/api/")
    with pytest.raises(ValueError, match="two types of the API are called Overview"):
        made.add_schema_definitions({"Overview": {"type": "string"}})


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    call_command("api_schema")
    assert json.loads(capsys.readouterr().out) == DOCUMENT
    call_command("api_schema", out=tmp_path / "schema.json")
    assert json.loads((tmp_path / "schema.json").read_text()) == DOCUMENT


def test_it_is_for_people_who_are_signed_in(as_user: AsUser, charlie: User) -> None:
    refused = as_user(None).get("/api/schema.json")
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "signed_out")
    assert as_user(None).get("/api/docs")["Location"].startswith("/sign-in")
    assert as_user(charlie).get("/api/schema.json").json() == DOCUMENT
    assert as_user(charlie).post("/api/schema.json").status_code == 405


def test_the_page_has_its_files_from_here(as_user: AsUser, charlie: User) -> None:
    """No foreign host and nothing inline: it works under the site's policy, and without a connection."""
    page = as_user(charlie).get("/api/docs").content.decode()
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", page, re.DOTALL)
    assert all(not inline and "src=" in attributes for attributes, inline in scripts)
    assert "<style" not in page
    assert "style=" not in page
    files = re.findall(r'(?:src|<link[^>]*href)="([^"]+)"', page)
    assert len(files) == 4
    for file in files:
        assert file.startswith("/static/")
        assert finders.find(file.removeprefix("/static/")), file


def kinds(name: str) -> set[str]:
    """The values of `type` that a kind of message has."""
    schema = DOCUMENT["components"]["schemas"][name]
    names = [one["$ref"].rsplit("/", 1)[1] for one in schema.get("oneOf", [])]
    found: set[str] = set()
    for one in [DOCUMENT["components"]["schemas"][name] for name in names] or [schema]:
        kind = one["properties"]["type"]
        found |= set(kind.get("enum", [kind.get("const")]))
    return found


def test_the_protocol_page_names_every_message() -> None:
    """docs/reference/protocol.md has a table for each direction."""
    text = (DOCS / "reference" / "protocol.md").read_text()
    clicks, progress = text.split("## `/ws/projects/")
    said, told = clicks.split("### Server → client")
    rows = [
        {name for cell in re.findall(r"^\| (`[^|]+) \|", part, re.MULTILINE) for name in re.findall(r"`(\w+)`", cell)}
        for part in (said.split("### Client → server")[1], told.split("### Limits")[0], progress)
    ]
    assert rows[0] == kinds("ClickClientMessage")
    assert rows[1] == kinds("ClickServerMessage")
    assert rows[2] == kinds("ProgressMessage") - {"pong", "error"}  # those are as on the other socket
    assert kinds("ProgressClientMessage") == {"ping"}


def problems(name: str, value: Any) -> list[str]:
    """What is wrong with a value, by a named type of the document."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
    return [error.message for error in Draft202012Validator(schema).iter_errors(value)]


def test_problems_are_found() -> None:
    assert problems("Deleted", {"deleted": 1}) == []
    assert problems("Deleted", {"deleted": "1"})
    assert problems("StatusSet", {"version": 1, "status": "new", "reason": None})
