"""What the open objects of all sockets hold in memory, bounded in bytes: for each person, and for the process.

An object is charged for before its work begins, by what the work can make of it, and by what it really holds after
each step. Over a limit the objects that were used least lately are dropped; their editors start them again with their
clicks when they are clicked next (`unknown_object`). Objects that are being worked on are never dropped: if dropping
the others does not make room, the newcomer is refused. All of it happens on the event loop.
"""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from django.conf import settings

PERSONS = 4
"""So many people can fill the process's share: one alone gets this part of it."""


class Holder(Protocol):
    """An open object."""

    @property
    def is_idle(self) -> bool: ...

    def drop(self) -> None:
        """Forget everything, without a word."""
        ...


@dataclass
class _Charge:
    owner: Hashable
    nbytes: int


class Memory:
    """The books. limit: bytes of the process."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.nbytes = 0
        self._of_owner: dict[Hashable, int] = {}
        self._charges: OrderedDict[Holder, _Charge] = OrderedDict()
        """The one used least lately is the first."""

    def of(self, owner: Hashable) -> int:
        """Bytes that a person's objects hold."""
        return self._of_owner.get(owner, 0)

    def charge(self, holder: Holder, owner: Hashable, nbytes: int) -> bool:
        """Note what a holder holds now, as the most recently used one. False when there is no room: nothing is noted
        then, and what it was charged before stays."""
        before = self._charges[holder].nbytes if holder in self._charges else 0
        more = nbytes - before
        if more > 0 and not self._make_room(holder, owner, more):
            return False
        self._add(owner, more)
        self._charges[holder] = _Charge(owner, nbytes)
        self._charges.move_to_end(holder)
        return True

    def release(self, holder: Holder) -> None:
        """A holder is gone."""
        found = self._charges.pop(holder, None)
        if found is not None:
            self._add(found.owner, -found.nbytes)

    def _add(self, owner: Hashable, nbytes: int) -> None:
        self.nbytes += nbytes
        left = self._of_owner[owner] = self.of(owner) + nbytes
        if not left:
            del self._of_owner[owner]

    def _make_room(self, holder: Holder, owner: Hashable, more: int) -> bool:
        for one, charge in list(self._charges.items()):
            over_own = self.of(owner) + more > self.limit // PERSONS
            if not over_own and self.nbytes + more <= self.limit:
                return True
            if one is not holder and one.is_idle and (charge.owner == owner or not over_own):
                self.release(one)
                one.drop()
        return self.of(owner) + more <= self.limit // PERSONS and self.nbytes + more <= self.limit


@cache
def memory() -> Memory:
    """This process's."""
    return Memory(settings.OBJECTS_MEMORY_BYTES)
