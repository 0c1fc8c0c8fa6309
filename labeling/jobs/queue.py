"""A queue that lives in the rows of a table; Celery messages only wake workers up.

Every change is one compare-and-set on the row's state and its lease, so that two workers, a doubled message or a worker
that was thought dead can't undo each other's work. Who goes first, what is published and what a failure says is up to
the modules that have a queue.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from labeling.jobs import leases
from labeling.jobs.models import LeasedRow

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
FREE: Mapping[str, Any] = {"lease_owner": "", "lease_until": None}
"""The columns of a row that no worker has."""

Row = TypeVar("Row", bound=LeasedRow)
Fields = Mapping[str, Any]


@dataclass(frozen=True)
class LeaseQueue(Generic[Row]):
    """The rows of one table as a queue.

    A row whose worker is gone goes back to the queue, or fails after `MAX_ATTEMPTS` (`release`). Without `failed` it
    stays as it is and can be claimed at once when its lease is over; its claimer fails it (`is_worn_out`).
    """

    model: type[Row]
    queued: Fields
    """What a row has that waits."""

    held: Fields
    """What a row has that a worker works on. The same as `queued` where the lease alone says so."""

    failed: Fields | None = None
    """What a row gets that failed for good."""

    died: Fields = field(default_factory=dict)
    """What a row gets besides when its workers died `MAX_ATTEMPTS` times."""

    order: tuple[str, ...] = ("pk",)
    """Who goes first."""

    related: tuple[str, ...] = ()
    """Rows of other tables that a claimed row comes with."""

    def line(self) -> QuerySet[Row]:
        """The rows that can be claimed, the first in line first."""
        free = (Q(lease_until=None) | Q(lease_until__lt=timezone.now())) & Q(**self.held)
        if self._lease_tells:
            waiting = free
        else:
            waiting = Q(**self.queued) if self.failed is not None else Q(**self.queued) | free
        return self.model._default_manager.filter(waiting).order_by(*self.order)

    @property
    def _lease_tells(self) -> bool:
        return self.queued == self.held

    def is_waiting(self) -> bool:
        """Whether any row can be claimed."""
        return self.line().exists()

    def claim(self, line: QuerySet[Row] | None = None, **fields: Any) -> Row | None:
        """Take the first row of `line` (default: the whole line) for one lease and write `fields`; None without one."""
        rows = self.claim_some(lambda rows: rows, 1, line, **fields)
        return rows[0] if rows else None

    def claim_some(
        self, choose: Callable[[list[Row]], list[Row]], most: int, line: QuerySet[Row] | None = None, **fields: Any
    ) -> list[Row]:
        """Take those rows for one lease that `choose` chooses from the first `most` of `line`, in its order."""
        owner = leases.owner()
        line = (self.line() if line is None else line).select_related(*self.related)
        with transaction.atomic():
            if connection.features.has_select_for_update_skip_locked:
                line = line.select_for_update(skip_locked=True, of=("self",))
            taken = [row.pk for row in choose(list(line[:most]))]
            if not taken:
                return []
            lease = {"attempts": F("attempts") + 1, "lease_owner": owner, "lease_until": leases.until()}
            self.line().filter(pk__in=taken).update(**{**self.held, **lease, **fields})
        claimed = self.model._default_manager.filter(pk__in=taken, lease_owner=owner, **self.held)
        return sorted(claimed.select_related(*self.related), key=lambda row: taken.index(row.pk))

    def mine(self, *rows: Row) -> QuerySet[Row]:
        """Claimed rows, so far as their claimer still has the lease."""
        owners = {row.lease_owner for row in rows}
        pks = [row.pk for row in rows]
        return self.model._default_manager.filter(pk__in=pks, lease_owner__in=owners, **self.held)

    def renewing(self, *rows: Row) -> AbstractContextManager[None]:
        """Renew the lease of claimed rows while the body runs; a lost lease stays lost."""
        return leases.renewing(self.mine(*rows))

    def settle(self, row: Row, **fields: Any) -> bool:
        """Write what became of a claimed row, to the row in hand too, and give the lease back.

        Returns: False when the lease was lost or the row deleted; then nothing is written.
        """
        if not self.mine(row).update(**{**FREE, **fields}):
            return False
        for name, value in fields.items():
            setattr(row, name, value)
        return True  # the row in hand keeps its owner's name, so that it is nobody's from here on

    def give_back(self, row: Row, *, counted: bool = True, not_before: datetime | None = None, **fields: Any) -> bool:
        """Put a claimed row back into the line. counted: it was an attempt. not_before: nobody claims it sooner, in a
        queue where the lease alone says who has a row. Returns: as `settle`."""
        assert not_before is None or self._lease_tells
        attempts = row.attempts if counted else row.attempts - 1
        return self.settle(row, **{**self.queued, "attempts": attempts, "lease_until": not_before, **fields})

    def fail(self, row: Row, *, final: bool = False, **fields: Any) -> bool:
        """Give a claimed row back: to the queue, or as failed after the last attempt (at once when `final`).

        Returns: as `settle`; the row in hand says which.
        """
        assert self.failed is not None
        over = final or row.attempts >= MAX_ATTEMPTS
        return self.settle(row, **(self.failed if over else self.queued), **fields)

    def is_worn_out(self, row: Row) -> bool:
        """Whether a row that was just claimed had `MAX_ATTEMPTS` attempts before."""
        return row.attempts > MAX_ATTEMPTS

    def release(self) -> list[Row]:
        """Take the leases of workers that are gone: dead on this host, or (with `failed`) whose lease ran out.

        Returns: their rows, with what became of them.
        """
        held = self.model._default_manager.filter(**self.held).select_related(*self.related)
        return [row for row in (held if self.failed is not None else held.exclude(lease_owner="")) if self._free(row)]

    def _free(self, row: Row) -> bool:
        over = self.failed is not None and (row.lease_until is None or row.lease_until < timezone.now())
        if not over and not leases.is_dead(row.lease_owner):
            return False
        change: Fields = {}
        if self.failed is not None:
            change = {**self.failed, **self.died} if row.attempts >= MAX_ATTEMPTS else self.queued
        if not self.mine(row).filter(lease_until=row.lease_until).update(**FREE, **change):
            return False  # renewed or given back since we looked
        logger.warning("%s %s: its worker %s is gone %s", row._meta.label, row.pk, row.lease_owner, dict(change))
        for name, value in change.items():
            setattr(row, name, value)
        return True

    def requeue(self, rows: QuerySet[Row], **fields: Any) -> int:
        """Put rows into the line as if they had not been tried; returns how many. rows: filtered by their state."""
        return rows.update(**{**FREE, **self.queued, "attempts": 0, **fields})
