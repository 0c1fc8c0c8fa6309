"""What a role may stands in one table, and nothing else goes by a role's name."""

import re
from pathlib import Path

import pytest

from labeling.projects.access import ROLES, May, Standing, who_may, within
from labeling.projects.models import Role

ROOT = Path(__file__).resolve().parents[2]
NAMES = "|".join(Role.values)
BY_NAME = re.compile(
    rf"""Role\.({NAMES.upper()})\b            # in Python
    |[=!]=\s*["']({NAMES})["']               # in Python, templates and TypeScript
    |["']({NAMES})["']\s*[=!]=
    |[=!]==\s*["']({NAMES})["']
    |[\[({{,]\s*["']({NAMES})["']\s*[,\])}}]   # in a list
    """,
    re.VERBOSE,
)
ALLOWED = {
    "labeling/projects/access.py",  # the table
    "labeling/projects/models.py",  # the roles, and which a new member gets
    "labeling/commands/management/commands/demo.py",  # which people the demo has
    "labeling/devtools/management/commands/bench_team.py",  # which people are simulated
    "labeling/devtools/pages/generate.py",  # which people a generated project has
}


def sources() -> list[Path]:
    python = [path for path in (ROOT / "labeling").rglob("*.py") if "migrations" not in path.parts]
    scripts = [path for path in (ROOT / "frontend/src").rglob("*.ts*") if ".test." not in path.name]
    templates = list((ROOT / "labeling").rglob("*.html"))
    assert python
    assert scripts
    assert templates
    return [path for path in [*python, *scripts, *templates] if path.name != "server_types.ts"]


def test_every_role_has_a_row() -> None:
    assert set(ROLES) == set(Role)
    assert all(May.VIEW in allowed for allowed in ROLES.values()), "who may not look is no member"
    assert set().union(*ROLES.values()) == set(May)


def test_nothing_else_goes_by_a_roles_name() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in sources()
        for line in path.read_text().splitlines()
        if BY_NAME.search(line) and str(path.relative_to(ROOT)) not in ALLOWED
    }
    assert found == set()


@pytest.mark.parametrize(
    "line",
    [
        "if role == Role.MANAGER:", '{% if role == "manager" %}', 'if (user.role === "manager")',
        'role !== "reviewer"', 'if role in ("manager", "annotator"):', 'const LABELERS = ["manager", "annotator"];',
    ],
)  # fmt: skip
def test_such_a_line_is_found(line: str) -> None:
    assert BY_NAME.search(line)


def test_who_may_what() -> None:
    managers = {Role.OWNER, Role.MANAGER}
    assert who_may(May.VIEW) == set(Role)
    assert who_may(May.LABEL) == {*managers, Role.ANNOTATOR}
    assert who_may(May.REVIEW) == who_may(May.EXPORT) == {*managers, Role.REVIEWER}
    assert who_may(May.ASSIGN) == who_may(May.MANAGE) == who_may(May.FIGURES) == who_may(May.DUPLICATE) == managers
    assert who_may(May.ARCHIVE) == {Role.OWNER}
    told = {
        "can_label": False, "can_review": True, "can_assign": False, "can_export": True, "can_manage": False,
        "can_figures": False, "can_duplicate": False, "can_archive": False,
    }  # fmt: skip
    assert Standing(Role.REVIEWER).abilities() == told
    assert not any(Standing(Role.VIEWER).abilities().values())


def test_roles_that_one_can_give_are_no_more_than_ones_own() -> None:
    assert within(Role.OWNER) == list(Role)
    assert within(Role.MANAGER) == [Role.MANAGER, Role.REVIEWER, Role.ANNOTATOR, Role.VIEWER]
    assert within(Role.REVIEWER) == [Role.REVIEWER, Role.VIEWER]


@pytest.mark.parametrize("role", Role)
def test_nobody_changes_what_is_archived_or_in_the_bin(role: Role) -> None:
    archived, binned = Standing(role, archived=True), Standing(role, archived=True, binned=True)
    assert {what for what in May if archived.can(what)} == ROLES[role] & {
        May.VIEW,
        May.EXPORT,
        May.FIGURES,
        May.DUPLICATE,
        May.ARCHIVE,
    }
    assert {what for what in May if binned.can(what)} == ROLES[role] & {May.ARCHIVE}
