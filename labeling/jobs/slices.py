"""Work in slices of time: no task is long."""

import time
from collections.abc import Callable

from labeling.jobs import leases
from labeling.server.host_lock import only_one


def work_off_alone(
    what: str, drain: Callable[[float], int], is_waiting: Callable[[], bool], nudge: Callable[[], None], seconds: float
) -> int:
    """Work until nothing waits or the worker shuts down, one process of a host at a time; returns what `drain` counted.

    what: the work's name among the host's processes.
    drain: works until nothing waits, or until the moment (`time.monotonic()`) that it gets; returns how much it did.
    nudge: sends the message that goes on after `seconds`.
    """
    done, until = 0, time.monotonic() + seconds
    while not leases.stopping():
        if time.monotonic() > until:
            nudge()
            break
        with only_one(what) as alone:
            if not alone:
                break
            done += drain(until)
        # A task that came after our last look and before we let go found the door closed and left its row to us.
        if not is_waiting():
            break
    return done
