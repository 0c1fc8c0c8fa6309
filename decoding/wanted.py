"""What is wanted of a file that has more in it than one picture of three bands."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Wanted:
    """page: which page (TIFF) or frame (DICOM), as they follow each other in the file, from 1; 0: the picture that the
    file means, mostly the first. bands: one band as grey or three as red, green and blue, from 1; none: those that the
    file means. low, high: values of the file that become black and white where it has more than 8 bits."""

    page: int = 0
    bands: tuple[int, ...] = ()
    low: float | None = None
    high: float | None = None

    @property
    def window(self) -> tuple[float, float] | None:
        """`low` and `high`, where both are given."""
        return None if self.low is None or self.high is None else (self.low, self.high)


MEANT = Wanted()
"""The picture that the file means, as it means it."""
