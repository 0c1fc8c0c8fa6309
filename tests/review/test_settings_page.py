"""The review section of a project's settings."""

import pytest

from labeling.accounts.models import User
from labeling.projects.models import Project
from labeling.review.models import ReviewSettings
from tests.review.conftest import AsUser

SENT = {"enabled": "on", "rate": "40", "newcomers": "5", "strict": "on"}


def test_a_manager_turns_review_on_and_sees_what_is_saved(project: Project, alice: User, as_user: AsUser) -> None:
    url = f"/projects/{project.pk}/review/settings"
    answer = as_user(alice).post(url, SENT)
    assert (answer.status_code, answer["Location"]) == (302, f"/projects/{project.pk}/settings#review")
    saved = ReviewSettings.of(project.pk)
    assert (saved.enabled, saved.rate, saved.newcomers, saved.may_correct, saved.strict, saved.blind) == (
        True, 40, 5, False, True, False,
    )  # fmt: skip
    page = as_user(alice).get(f"/projects/{project.pk}/settings").content.decode()
    assert '<input type="checkbox" name="enabled" checked>' in page
    assert 'name="rate" type="number" min="0" max="100" value="40"' in page


@pytest.mark.parametrize(("name", "value"), [("rate", "101"), ("rate", ""), ("newcomers", "-1"), ("rate", "a\0")])
def test_senseless_numbers_are_told_and_nothing_is_saved(
    name: str, value: str, project: Project, alice: User, as_user: AsUser
) -> None:
    client = as_user(alice)
    client.post(f"/projects/{project.pk}/review/settings", {**SENT, name: value})
    assert not ReviewSettings.objects.exists()


def test_others_may_not(project: Project, bob: User, rita: User, charlie: User, as_user: AsUser) -> None:
    for user, expected in ((bob, 403), (rita, 403), (charlie, 404)):
        assert as_user(user).post(f"/projects/{project.pk}/review/settings", SENT).status_code == expected
    assert not ReviewSettings.objects.exists()
