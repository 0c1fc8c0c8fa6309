"""`/api/me/keys`: the editor's keys as a person wants them."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from labeling.accounts.models import User

Clients = Callable[[User | None], Client]
URL = "/api/me/keys"


def put(client: Client, keys: Any) -> Any:
    return client.put(URL, json.dumps({"keys": keys}), "application/json")


def test_they_are_kept_for_the_person(alice: User, bob: User, as_user: Clients) -> None:
    assert as_user(bob).get(URL).json() == {"keys": {}}
    mine = {"brush": ["Shift+B"], "hide": []}
    assert put(as_user(bob), mine).json() == {"keys": mine}
    assert as_user(bob).get(URL).json() == {"keys": mine}
    assert as_user(alice).get(URL).json() == {"keys": {}}


@pytest.mark.parametrize(
    "keys", [[], {"brush": "B"}, {"brush": [""]}, {"brush": ["A", "B", "C", "D"]}, {"9": ["B"]}, {"a b": []},
             {f"action{number}": [] for number in range(201)}],
)  # fmt: skip
def test_strange_ones_are_refused(keys: Any, bob: User, as_user: Clients) -> None:
    answer = put(as_user(bob), keys)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request")
    assert User.objects.get(pk=bob.pk).keys == {}


def test_signed_out_is_refused(as_user: Clients) -> None:
    assert as_user(None).get(URL).status_code == 401
