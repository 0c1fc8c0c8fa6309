"""What a file may cost, and how it is refused."""

from __future__ import annotations

import resource
from collections.abc import Callable
from dataclasses import dataclass

CORRUPT = "corrupt"
TOO_MANY_PIXELS = "too_many_pixels"
TOO_LARGE = "too_large"
NOT_AN_IMAGE = "not_an_image"
FAILED = "failed"

BASE_BYTES = 768 * 1024**2
"""Address space of the interpreter and the libraries, before any picture."""
SECONDS = 60.0
SECONDS_A_MEGAPIXEL = 1.0


class Rejected(Exception):
    """The file can't be used; `reason` is for programs, `message` tells the person what to do."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason, self.message = reason, message


@dataclass(frozen=True)
class Limits:
    """pixels: of a picture. memory: bytes, the address space of the process that decodes it. started: is told the
    pixels once the header is read and allowed, before anything is decoded."""

    pixels: int = 500_000_000
    memory: int = 8 * 1024**3
    started: Callable[[int], None] = lambda pixels: None

    def check(self, width: int, height: int, bytes_a_pixel: float) -> None:
        """Raises: Rejected when width × height are too many pixels, or would take more than `memory`; ValueError for
        no pixels."""
        if width < 1 or height < 1:
            raise ValueError("it has no width or no height")
        if width * height > self.pixels:
            raise Rejected(
                TOO_MANY_PIXELS,
                f"{width:,} × {height:,} is more than the {self.pixels:,} pixels allowed here. "
                "Make it smaller or cut it into tiles.",
            )
        need = BASE_BYTES + int(width * height * bytes_a_pixel)
        if need > self.memory:
            raise Rejected(
                TOO_MANY_PIXELS,
                f"{width:,} × {height:,} pixels of this kind need {need / 1e9:.1f} GB to be read; "
                f"{self.memory / 1e9:.1f} GB are allowed here. "
                "Save it with fewer bits or channels, make it smaller or cut it into tiles.",
            )
        self.started(width * height)


def seconds_for(pixels: int) -> float:
    """Seconds of processor time that a picture of so many pixels may take."""
    return SECONDS + SECONDS_A_MEGAPIXEL * pixels / 1e6


def limit_process(memory: int) -> None:
    """Limit this process's address space to `memory` bytes; no core dumps."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def limit_time(seconds: float) -> None:
    """From now on this process may use so many seconds of processor time more; then SIGXCPU ends it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))
