"""Which request got which answer: what is lost, late, told twice or overtaken is found here."""

from dataclasses import dataclass, fields


@dataclass
class Tally:
    """Counts over one or many sockets. All but `clicks`, `superseded` and `closer` have to be zero."""

    clicks: int = 0
    superseded: int = 0
    closer: int = 0
    errors: int = 0
    lost: int = 0
    reordered: int = 0
    duplicated: int = 0
    different: int = 0

    @property
    def faults(self) -> int:
        """How much went wrong."""
        return self.errors + self.lost + self.reordered + self.duplicated + self.different

    def __iadd__(self, other: "Tally") -> "Tally":
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))
        return self


class Ledger:
    """The requests of one socket with one open object at a time, by `seq` (docs/reference/protocol.md).

    An answer settles its own request and *supersedes* the earlier unanswered ones. After that, an answer to one of
    them is *reordered*; a second answer to the same request is *duplicated*, but for the one *closer* look at a tile
    that may follow the newest request's coarse answer; an answer to nothing that was asked is an error. What is never
    settled is *lost*.
    """

    def __init__(self) -> None:
        self.tally = Tally()
        self._open: dict[int, float] = {}
        self._answered: set[int] = set()
        self._superseded: set[int] = set()
        self._coarse = 0

    def ask(self, seq: int, at: float) -> None:
        """A request is sent, at `at` seconds."""
        self._open[seq] = at

    def answer(self, seq: int, at: float, coarse: bool = False) -> float | None:
        """An answer came at `at`; when it is `coarse` another may follow. Returns: the seconds it took; None for a
        closer look, and for what should not have come."""
        asked_at = self._open.pop(seq, None)
        if asked_at is None:
            if seq == self._coarse and not coarse:
                self._coarse = 0
                self.tally.closer += 1
            elif seq in self._answered:
                self.tally.duplicated += 1
            elif seq in self._superseded:
                self.tally.reordered += 1
            else:
                self.tally.errors += 1
            return None
        self._answered.add(seq)
        self._coarse = seq if coarse else 0
        for earlier in [one for one in self._open if one < seq]:
            del self._open[earlier]
            self._superseded.add(earlier)
            self.tally.superseded += 1
        return at - asked_at

    def refuse(self, seq: int | None) -> None:
        """The server refused a request, or said that it failed."""
        self._open.pop(seq or 0, None)
        self.tally.errors += 1

    def is_settled(self) -> bool:
        """Whether nothing is awaited."""
        return not self._open

    def give_up(self) -> None:
        """Whatever is still awaited is lost."""
        self.tally.lost += len(self._open)
        self._open.clear()
