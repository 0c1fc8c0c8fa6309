"""The pages of a generated project: measured, and their queries do not grow with it."""

import json

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from labeling.devtools.management.commands.bench_pages import pages_of
from labeling.devtools.pages.generate import generate
from labeling.projects.models import Project

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_it_prints_each_page_and_takes_the_project_away(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("bench_pages", images=9, objects=30)
    lines = capsys.readouterr().out.splitlines()
    found = json.loads(lines[-1])
    assert {"pages:project", "pages:images", "pages:quality", "api images", "projects"} <= set(found)
    assert [line for line in lines if " 200  " not in line][1:-1] == []
    assert not Project.objects.exists()


def test_the_queries_of_each_page_are_bounded() -> None:
    asked: list[dict[str, int]] = []
    for size in (40, 200):
        project, users = generate(size, 5 * size)
        client = Client()
        client.force_login(users[0])
        found = {}
        for name, address in pages_of(project, client).items():
            with CaptureQueriesContext(connection) as queries:
                assert client.get(address).status_code == 200, name
            found[name] = len(queries)
        asked.append(found)
        project.delete()
    few, many = asked
    assert {name: (few[name], many[name]) for name in few if many[name] > few[name] + 3} == {}
    assert max(many.values()) < 80
