"""The measuring command measures on a database of its own."""

import re

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from labeling.accounts.models import User

pytestmark = pytest.mark.once


@pytest.mark.django_db
def test_it_leaves_the_data_alone(alice: User) -> None:
    if settings.DATABASE_URL:
        pytest.skip("the embedded stack's measure")
    with pytest.raises(CommandError, match="not new"):
        call_command("bench_saves", here=True, keeps=1, verbosity=0)


@pytest.mark.timeout(600)
def test_it_measures_both_modes(capfd: pytest.CaptureFixture[str]) -> None:
    call_command("bench_saves", keeps=4)
    said = capfd.readouterr().out
    assert re.search(r"synchronous=NORMAL\s+median +[\d.]+ ms", said)
    assert re.search(r"synchronous=FULL\s+median +[\d.]+ ms", said)
    assert re.search(r"ratio of the medians [\d.]+ \(4 keeps in each mode\)", said)
    assert not list(settings.HOME.glob("bench-*"))
