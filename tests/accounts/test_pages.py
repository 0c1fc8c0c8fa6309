"""The error pages, and that every page asks for a sign-in."""

from collections.abc import Callable

import pytest
from django.template.loader import render_to_string
from django.test import Client

from labeling.accounts.models import User
from labeling.projects.models import Project

AsUser = Callable[[User | None], Client]


@pytest.mark.parametrize("url", ["/", "/projects/new", "/projects/1/", "/projects/1/settings", "/images/1/"])
def test_signed_out_is_sent_to_the_sign_in(url: str, db: None, client: Client) -> None:
    assert client.get(url)["Location"] == f"/sign-in?next={url}"


def test_a_missing_page_says_so_in_our_own_design(alice: User, as_user: AsUser) -> None:
    response = as_user(alice).get("/nothing/here")
    assert response.status_code == 404
    assert "Page not found" in response.content.decode()


def test_a_refusal_says_which_role_it_needs(project: Project, bob: User, as_user: AsUser) -> None:
    response = as_user(bob).get(f"/projects/{project.pk}/settings")
    assert response.status_code == 403
    assert "Only owners and managers may do this; you are an annotator." in response.content.decode()


def test_a_stale_form_is_explained(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post("/sign-in", {"username": "alice", "password": "x"})
    assert response.status_code == 403
    assert "This form has expired" in response.content.decode()


def test_the_500_page_needs_no_context() -> None:
    assert "Server error" in render_to_string("500.html")
