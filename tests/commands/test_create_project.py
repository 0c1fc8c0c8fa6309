"""`manage.py create_project`."""

from collections.abc import Callable

import pytest
from django.core.management import CommandError

from labeling.accounts.models import User
from labeling.projects.models import Project, Role

Command = Callable[..., str]


def test_things_stuff_and_an_owner(command: Command, alice: User) -> None:
    said = command("create_project", "Streets", "--classes", "car, person", "--stuff", "sky", "--user", "alice")
    project = Project.objects.get()
    assert [(one.number, one.name, one.kind, one.hotkey) for one in project.categories.all()] == [
        (1, "car", "thing", "1"),
        (2, "person", "thing", "2"),
        (3, "sky", "stuff", "3"),
    ]
    assert project.memberships.get().user == alice
    assert project.memberships.get().role == Role.OWNER
    assert f"/projects/{project.pk}/" in said


def test_the_first_superuser_owns_it_unless_told(command: Command, alice: User, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_superuser=True)
    command("create_project", "Streets", "--classes", "car")
    assert Project.objects.get().created_by == bob


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["Streets", "--user", "alice"], "at least one class"),
        (["Streets", "--user", "alice", "--classes", "car,Car"], "Two classes are named"),
        (["Streets", "--user", "nobody", "--classes", "car"], "No active account named “nobody”"),
        (["Streets", "--classes", "car"], "no superuser"),
        (["  ", "--user", "alice", "--classes", "car"], "name"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_made(command: Command, alice: User, words: list[str], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        command("create_project", *words)
    assert not Project.objects.exists()
