"""How many sockets a person and a process have. A socket may hold an unfinished message of megabytes that nobody
parsed yet, so their number bounds bytes."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Protocol

PER_PERSON = 32
PER_PROCESS = 1000
TOO_MANY = 4429
"""Close code: others of the same person (or process) were used later. The page connects again when it is looked at."""


class Socket(Protocol):
    async def close(self, code: int | bool | None = None) -> None: ...


class Sockets:
    """The open sockets, the one used least lately first. On the event loop only."""

    def __init__(self) -> None:
        self._open: OrderedDict[Socket, Hashable] = OrderedDict()

    async def enter(self, socket: Socket, owner: Hashable) -> None:
        """A socket was accepted. The ones that it takes the place of are closed."""
        self._open[socket] = owner
        own = [one for one, whose in self._open.items() if whose == owner]
        over = own[: max(0, len(own) - PER_PERSON)] or list(self._open)[: max(0, len(self._open) - PER_PROCESS)]
        for one in over:
            self.leave(one)
            await one.close(TOO_MANY)

    def use(self, socket: Socket) -> None:
        """Somebody does something with a socket."""
        if socket in self._open:
            self._open.move_to_end(socket)

    def leave(self, socket: Socket) -> None:
        """A socket has ended."""
        self._open.pop(socket, None)


sockets = Sockets()
"""This process's."""
