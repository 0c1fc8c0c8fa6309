"""People to work on a server, made over its administration pages as administrators do, and taken away again."""

import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress

from labeling.devtools.smoke.client import Client
from labeling.devtools.smoke.report import SmokeFailed, check

AT_ONCE = 4
"""Sign-ins at the same time: checking a password takes a core a good part of a second."""

USERS = "/admin/accounts/user/"


@contextmanager
def members(administrator: Client, project: int, count: int) -> Iterator[list[str]]:
    """`count` new annotators of the project, signed in; gives the Cookie header of each. They are deleted afterwards.

    Raises: SmokeFailed, for one when `administrator` may not add people.
    """
    password, run = secrets.token_urlsafe(12), secrets.token_hex(3)
    made: dict[str, str] = {}
    with ExitStack() as clients, tidied(lambda: _delete(administrator, made.values())):
        for number in range(count):
            name = f"bench-{run}-{number}"
            made[name] = _add(administrator, name, password)
            fields = {"username": name, "role": "annotator"}
            administrator.submit(f"/projects/{project}/settings", fields, to=f"/projects/{project}/members")
        people = [clients.enter_context(Client(administrator.url)) for _ in made]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for signed_in in [pool.submit(one.sign_in, name, password) for one, name in zip(people, made, strict=True)]:
                signed_in.result()
        yield [one.cookies for one in people]
        for one in people:
            one.sign_out()


@contextmanager
def tidied(tidy: Callable[[], object]) -> Iterator[None]:
    """Do `tidy` at the end. After a failure that failure is told, whatever becomes of tidying."""
    try:
        yield
    except BaseException:
        with suppress(SmokeFailed):
            tidy()
        raise
    tidy()


def _add(administrator: Client, name: str, password: str) -> str:
    """Add somebody; the new user's number."""
    fields = {"username": name, "password1": password, "password2": password, "usable_password": "true"}
    place = administrator.submit(f"{USERS}add/", fields)
    found = re.search(rf"{USERS}(\d+)/change/", place)
    check(found is not None, f"Adding {name} leads to their page; it led to {place}.")
    assert found is not None
    return found[1]


def _delete(administrator: Client, numbers: Iterable[str]) -> None:
    for number in numbers:
        administrator.submit(f"{USERS}{number}/delete/", {"post": "yes"})
