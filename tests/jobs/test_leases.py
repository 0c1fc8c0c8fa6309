"""Who owns a row, and how a dead owner is told from a living one."""

import os
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from labeling.accounts.models import User
from labeling.images.models import UploadItem
from labeling.images.services import start_upload
from labeling.jobs import leases
from labeling.projects.models import Project


def test_the_living_and_the_dead() -> None:
    mine = leases.owner()
    assert not leases.is_dead(mine)
    assert leases.owner() != mine
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    host, _, token = mine.rsplit(":", 2)
    namespace = token.split(".")[0]
    theirs = f"{host}:{child.pid}:{namespace}.{leases._started(child.pid)}.abcd"
    assert not leases.is_dead(theirs)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # a zombie, not yet waited for
    assert leases.is_dead(theirs)
    child.wait()
    assert leases.is_dead(theirs)


def test_another_process_with_the_number_of_a_dead_one() -> None:
    host, pid, token = leases.owner().rsplit(":", 2)
    namespace, _, random = token.split(".")
    assert leases.is_dead(f"{host}:{pid}:{namespace}.1.{random}")


@pytest.mark.parametrize("name", ["", "nonsense", "elsewhere:1:4026531836.5.ab", "host:pid:token"])
def test_who_is_not_known_to_be_dead_lives(name: str) -> None:
    assert not leases.is_dead(name)


def test_another_pid_namespace_is_another_world() -> None:
    host, _, token = leases.owner().rsplit(":", 2)
    assert not leases.is_dead(f"{host}:4194304:1.{token.split('.', 1)[1]}")


@pytest.mark.django_db(transaction=True)
def test_a_lease_is_renewed_while_work_goes_on(project: Project, alice: User) -> None:
    upload = start_upload(project, alice)
    item = UploadItem.objects.create(upload=upload, name="a", lease_owner="me", lease_until=timezone.now())
    rows = UploadItem.objects.filter(pk=item.pk, lease_owner="me")
    with leases.renewing(rows, every=timedelta(seconds=0.02)):
        deadline = time.monotonic() + 5
        while not rows.filter(lease_until__gt=timezone.now() + timedelta(seconds=30)).exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        UploadItem.objects.update(lease_owner="another", lease_until=None)
        time.sleep(0.1)
    item.refresh_from_db()
    assert item.lease_until is None  # a lost lease stays lost


def test_stopping(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not leases.stopping()
    leases.stop()
    assert leases.stopping()
    leases._stop.clear()
