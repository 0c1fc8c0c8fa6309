"""`manage.py bench_clicks`: what it counts, and what it says when it can't measure. tests/stack/ measures with it."""

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from labeling.accounts.models import User
from labeling.devtools.bench.annotator import Job, Reference
from labeling.devtools.bench.ledger import Ledger, Tally
from labeling.devtools.bench.people import members, tidied
from labeling.devtools.bench.run import quantile
from labeling.devtools.smoke.client import Client
from labeling.devtools.smoke.labeling import Picture
from labeling.devtools.smoke.report import SmokeFailed
from labeling.devtools.smoke.targets import TARGETS
from labeling.projects.models import Project
from tests.conftest import PASSWORD

pytestmark = pytest.mark.once


def asked(*numbers: int) -> Ledger:
    ledger = Ledger()
    for number in numbers:
        ledger.ask(number, at=float(number))
    return ledger


def test_each_request_gets_its_answer() -> None:
    ledger = asked(1)
    assert ledger.answer(1, at=1.25) == 0.25
    assert ledger.is_settled()
    assert ledger.tally == Tally()


def test_a_newer_answer_supersedes_older_requests() -> None:
    ledger = asked(1, 2, 3)
    assert ledger.answer(2, at=5) == 3
    assert not ledger.is_settled()
    assert ledger.answer(3, at=6) == 3
    assert ledger.tally == Tally(superseded=1)
    assert ledger.tally.faults == 0


def test_an_older_answer_after_a_newer_one_is_reordered() -> None:
    ledger = asked(1, 2)
    ledger.answer(2, at=3)
    assert ledger.answer(1, at=4) is None
    assert ledger.tally == Tally(superseded=1, reordered=1)


def test_a_closer_look_may_follow_the_newest_coarse_answer_once() -> None:
    ledger = asked(1, 2)
    assert ledger.answer(1, at=2, coarse=True) == 1
    assert ledger.answer(1, at=3) is None
    assert ledger.tally == Tally(closer=1)
    assert ledger.tally.faults == 0
    assert ledger.answer(1, at=4) is None
    assert ledger.answer(2, at=5) == 3
    assert ledger.answer(2, at=6) is None, "that answer was not coarse"
    assert ledger.tally == Tally(closer=1, duplicated=2)


def test_doubled_unasked_refused_and_lost_answers() -> None:
    ledger = asked(1, 2, 3)
    ledger.answer(1, at=2)
    assert ledger.answer(1, at=3) is None
    assert ledger.answer(9, at=3) is None
    ledger.refuse(2)
    ledger.refuse(None)
    ledger.give_up()
    assert ledger.is_settled()
    assert ledger.tally == Tally(duplicated=1, errors=3, lost=1)
    assert ledger.tally.faults == 5


def test_tallies_add_up() -> None:
    tally = Tally(clicks=3, lost=1)
    tally += Tally(clicks=4, different=2)
    assert tally == Tally(clicks=7, lost=1, different=2)


def test_every_mask_has_to_be_the_first_one() -> None:
    picture = Picture(1, TARGETS[0].photograph, 100, 50)
    one, reference = Job(picture, TARGETS[0]), Reference()
    first, other = ((0, 0, 2, 2), "04"), ((0, 0, 2, 2), "13")
    assert reference.is_same(one, 1, (None,), first)
    assert reference.is_same(Job(picture, TARGETS[0]), 1, (None,), first)
    assert not reference.is_same(one, 1, (None,), other)
    assert reference.is_same(one, 1, ("t1-0-0",), other)
    assert reference.is_same(one, 2, (None, None), other)
    assert reference.is_same(Job(picture, TARGETS[1]), 1, (None,), other)


def test_clicks_are_inside_the_view() -> None:
    for target in TARGETS:
        clicks = Job(Picture(1, target.photograph, 40, 30), target).clicks()
        assert clicks[0][2]
        assert len(set(clicks)) == 5
        assert all(0 <= x < 40 and 0 <= y < 30 for x, y, _ in clicks)


def test_quantiles() -> None:
    values = [float(value) for value in range(100, 0, -1)]
    assert [quantile(values, share) for share in (0.5, 0.95, 0.99, 1)] == [50, 95, 99, 100]
    assert quantile([7.0], 0.5) == 7


@pytest.mark.django_db(transaction=True)
def test_people_are_made_and_taken_away_again(live_server: Any, project: Project, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_staff=True, is_superuser=True)
    before = set(User.objects.values_list("pk", flat=True))
    with Client(str(live_server)) as client:
        client.sign_in("alice", PASSWORD)
        with members(client, project.pk, 2) as cookies:
            assert len(set(cookies)) == 2
            made = User.objects.exclude(pk__in=before)
            assert [one.memberships.get().role for one in made] == ["annotator", "annotator"]
            assert all("interlabel_session_" in one for one in cookies)
        with pytest.raises(ZeroDivisionError), members(client, project.pk, 1):
            raise ZeroDivisionError
    assert set(User.objects.values_list("pk", flat=True)) == before
    assert project.memberships.count() == 3


@pytest.mark.django_db(transaction=True)
def test_who_may_not_add_people_can_not_measure(live_server: Any, project: Project, alice: User) -> None:
    with Client(str(live_server)) as client:
        client.sign_in("alice", PASSWORD)
        with pytest.raises(SmokeFailed, match="/admin/accounts/user/add/"), members(client, project.pk, 1):
            pytest.fail("an annotator was made without the right to")


def test_tidying_up_does_not_hide_what_went_wrong() -> None:
    def fail() -> None:
        raise SmokeFailed("can't tidy")

    with pytest.raises(SmokeFailed, match="the reason"), tidied(fail):
        raise SmokeFailed("the reason")
    with pytest.raises(SmokeFailed, match="can't tidy"), tidied(fail):
        pass


def test_no_server() -> None:
    out = io.StringIO()
    words = ("--url", "http://127.0.0.1:9", "--username", "a", "--password", "b", "--patience", "0.1")
    with pytest.raises(CommandError, match="does not answer"):
        call_command("bench_clicks", *words, stdout=out)
    assert json.loads(out.getvalue().splitlines()[-1])["ok"] is False


@pytest.mark.parametrize("words", [("--users", "0"), ("--clicks", "0"), ("--images", "0")])
def test_nothing_to_measure(words: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match="at least 1"):
        call_command("bench_clicks", "--url", "http://127.0.0.1:9", *words)
