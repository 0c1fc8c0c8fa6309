"""What one socket may ask for, and the bucket that meters it. docs/reference/protocol.md states the same numbers."""

import time

MESSAGE_BYTES = 64 * 1024
START_BYTES = 8 * 1024**2
"""A `start` may carry the mask that is refined (`previous`); no other message needs more than a few hundred bytes."""

CLICKS_PER_SECOND = 30
BURST = 60
CLICKS_PER_OBJECT = 500
OPEN_OBJECTS = 16
PENDING_REQUESTS = 100
"""Unanswered requests of one object. A decoder that is this far behind needs a pause, not more work."""

PREFETCH_IMAGES = 8
TILE_PATIENCE = 20.0
"""Seconds that a re-opened object waits for tiles to be encoded anew; then its clicks are answered on the overview."""

TILE_POLL = 0.5
"""Seconds between two looks for them."""


class TokenBucket:
    """`burst` messages at once, `rate` a second in the long run."""

    def __init__(self, rate: float = CLICKS_PER_SECOND, burst: float = BURST) -> None:
        self._rate, self._burst = rate, burst
        self._tokens, self._at = burst, time.monotonic()

    def take(self) -> bool:
        """Take a token if there is one."""
        now = time.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
