"""Decode threads that everybody gets a fair share of."""

import threading
from collections import deque
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class FairThreads:
    """A thread pool that serves owners in turn: a job of each, then again a job of each.

    Somebody who clicks in sixteen objects at once, or whose editor replays fifty clicks after a lost connection, waits
    for the own work; another one's click waits for a job of each other owner at most. An owner's jobs begin in the
    order in which they came.
    """

    def __init__(self, threads: int, name: str) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._lock = threading.Lock()
        self._waiting: dict[Hashable, deque[Callable[[], None]]] = {}
        """The line of owners, and each one's jobs."""

    def submit(self, owner: Hashable, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        """Have `work(...)` done when it is `owner`'s turn."""
        future: Future[T] = Future()
        with self._lock:
            self._waiting.setdefault(owner, deque()).append(partial(_carry_out, future, partial(work, *args, **kwargs)))
        self._pool.submit(self._serve_next)
        return future

    def _serve_next(self) -> None:
        """Do the job whose turn it is. This is called once for each job, so there is one."""
        with self._lock:
            owner = next(iter(self._waiting))
            jobs = self._waiting.pop(owner)
            job = jobs.popleft()
            if jobs:
                self._waiting[owner] = jobs  # last in line
        job()

    def shutdown(self) -> None:
        """End the threads; what has not begun is not done."""
        self._pool.shutdown(cancel_futures=True)


def _carry_out(future: "Future[Any]", work: Callable[[], Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(work())
    except BaseException as error:
        future.set_exception(error)
