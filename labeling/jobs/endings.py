"""How work on a claimed row ends: with a result, with a reason why there is none, or back in the queue."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic

from django.utils import timezone

from labeling.jobs.queue import MAX_ATTEMPTS, LeaseQueue, Row

logger = logging.getLogger(__name__)


class LeaseLost(Exception):
    """Another worker owns the row by now, or it was deleted; this one's work is not wanted."""


class Stopping(Exception):
    """This worker shuts down; the next one goes on with the row, and this was no attempt."""


def _untold(row: Any) -> None:
    return None


@dataclass(frozen=True)
class Work(Generic[Row]):
    """What becomes of a claimed row of a queue, whatever happens while it is worked on."""

    queue: LeaseQueue[Row]
    what: str
    """What a row is, for messages: “export”."""

    failed: Mapping[str, Any]
    """What a row gets that failed for good, beside `reason` and `finished_at`."""

    problems: tuple[type[Exception], ...]
    """What says by its message why the work can't be done. Trying again would not help."""

    emptied: Mapping[str, Any] = field(default_factory=dict)
    """What a row gets that ends without a result, for good or for now."""

    told: Callable[[Row], None] = _untold
    """Called after a row was written."""

    def do(self, row: Row, act: Callable[[Row], None]) -> None:
        """Have `act` work on a claimed row while its lease is renewed. `act` settles the row when it succeeds; it may
        raise LeaseLost and Stopping."""
        try:
            if self.queue.is_worn_out(row):
                self._fail(row, self._died)
                return
            with self.queue.renewing(row):
                act(row)
        except LeaseLost:
            logger.warning("%s %s: the lease was lost or the row deleted", self.what, row.pk)
        except Stopping:
            self._give_back(row, counted=False)
        except self.problems as problem:
            self._fail(row, str(problem))
        except Exception as error:
            logger.exception("%s %s failed (attempt %s)", self.what, row.pk, row.attempts)
            if row.attempts < MAX_ATTEMPTS:
                self._give_back(row, **self.emptied)
            else:
                named = type(error).__name__
                self._fail(
                    row, f"The {self.what} failed ({named}). Ask your administrator to look at the worker's log."
                )

    def settle(self, row: Row, **fields: Any) -> None:
        """Write the result of a claimed row and give its lease back. Raises: LeaseLost when nothing was written."""
        if not self.queue.settle(row, **fields):
            raise LeaseLost
        self.told(row)

    @property
    def _died(self) -> str:
        return (
            f"The worker died {MAX_ATTEMPTS} times while working on this {self.what}. The server may have too little "
            "memory or disk; ask the administrator to look at the worker's log."
        )

    def _fail(self, row: Row, reason: str) -> None:
        fields = {**self.failed, **self.emptied, "reason": reason, "finished_at": timezone.now()}
        if self.queue.settle(row, **fields):
            self.told(row)

    def _give_back(self, row: Row, *, counted: bool = True, **fields: Any) -> None:
        if self.queue.give_back(row, counted=counted, **fields):
            self.told(row)
