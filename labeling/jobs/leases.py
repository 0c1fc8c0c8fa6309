"""Leases: a worker owns a row for a short time, renewed while it works.

A lease's owner is `host:pid:token`. The token has the process's pid namespace and start time, so a process on the
same host can tell a dead owner at once instead of waiting for the lease to run out; and a random part, so that two
claims of one process differ.
"""

import logging
import multiprocessing
import os
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from celery.signals import worker_shutting_down
from django.db import DatabaseError, connection
from django.db.models import QuerySet
from django.utils import timezone

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
RENEW_EVERY = LEASE / 3

# Shared with forked pool processes, which get no signal of their own when Celery shuts down.
_stop = multiprocessing.get_context("fork").Event()


@worker_shutting_down.connect
def stop(**_: Any) -> None:
    """Make `stopping` true in every process of this worker."""
    _stop.set()


def stopping() -> bool:
    """True once this worker shuts down: finish the row at hand and leave the others to the next worker."""
    return _stop.is_set()


def until() -> datetime:
    """When a lease taken now runs out."""
    return timezone.now() + LEASE


def owner() -> str:
    """A new owner name for this process."""
    pid = os.getpid()
    return f"{_host()}:{pid}:{_namespace()}.{_started(pid)}.{secrets.token_hex(4)}"


def is_dead(name: str) -> bool:
    """True only when certain: the owner was a process on this host, in this pid namespace, and is no more."""
    try:
        host, pid, token = name.rsplit(":", 2)
        namespace, started, _ = token.split(".")
        if (host, namespace) != (_host(), _namespace()) or namespace == "0":
            return False
        return _started(int(pid)) != started
    except ValueError:
        return False


@contextmanager
def renewing(rows: QuerySet[Any, Any], every: timedelta = RENEW_EVERY) -> Iterator[None]:
    """Push `lease_until` of `rows` (filtered by their owner, so that a lost lease stays lost) while the body runs."""
    done = threading.Event()
    thread = threading.Thread(target=_renew, args=(rows, every, done), name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _renew(rows: QuerySet[Any, Any], every: timedelta, done: threading.Event) -> None:
    try:
        while not done.wait(every.total_seconds()):
            try:
                rows.update(lease_until=until())
            except DatabaseError as error:  # tried again next time; at worst another worker repeats the row
                logger.warning("a lease was not renewed: %s", error)
    finally:
        connection.close()  # this thread's own


def _host() -> str:
    return socket.gethostname()[:60]


def _namespace() -> str:
    """The pid namespace's number; "0" where there is no /proc, and then no owner is ever called dead."""
    try:
        return os.readlink("/proc/self/ns/pid").strip("pid:[]")
    except OSError:
        return "0"


def _started(pid: int) -> str:
    """The process's start time in clock ticks since boot; "" when it is gone or a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else fields[19]
