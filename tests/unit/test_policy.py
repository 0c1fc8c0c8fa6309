"""What the Content-Security-Policy forbids is in no template, and the headers are on every answer of Django's."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from labeling.accounts.models import User
from labeling.projects.models import Project

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "labeling").rglob("*.html"))
FORBIDDEN = {
    "an inline style": re.compile(r"<style|\sstyle\s*=", re.IGNORECASE),
    "an inline script": re.compile(r"<script(?![^>]*\ssrc=)(?![^>]*type=.application/json)", re.IGNORECASE),
    "an inline event handler": re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "a javascript: address": re.compile(r"javascript:", re.IGNORECASE),
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_template_has(what: str) -> None:
    assert len(TEMPLATES) > 20
    found = [str(path.name) for path in TEMPLATES if FORBIDDEN[what].search(path.read_text())]
    assert found == []


def test_no_python_makes_inline_styles() -> None:
    made = [p.name for p in (ROOT / "labeling").rglob("*.py") if re.search(r"""<[a-z]+ [^>"']*style=""", p.read_text())]
    assert made == []


@pytest.mark.parametrize("address", ["/sign-in", "/", "/projects/new", "/nowhere", "/admin/", "/api/projects"])
def test_the_headers(address: str, project: Project, alice: User, client: Client) -> None:
    for signed_in in (False, True):
        if signed_in:
            client.force_login(alice)
        answer = client.get(address)
        policy = dict(one.strip().partition(" ")[::2] for one in answer["Content-Security-Policy"].split(";"))
        assert policy["script-src"] == policy["style-src"] == "'self'"
        assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert "unsafe" not in answer["Content-Security-Policy"]
        assert "camera=()" in answer["Permissions-Policy"]
        assert answer["Referrer-Policy"] == "same-origin"
        assert answer["X-Content-Type-Options"] == "nosniff"


def test_hsts_behind_tls_only(client: Client, db: None, settings: Any) -> None:
    assert "Strict-Transport-Security" not in client.get("/sign-in", secure=True)
    settings.SECURE_HSTS_SECONDS = 77
    client = Client()
    client.handler.load_middleware()
    assert client.get("/sign-in", secure=True)["Strict-Transport-Security"] == "max-age=77"
    assert "Strict-Transport-Security" not in client.get("/sign-in")
