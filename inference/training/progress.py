"""How far a training run is: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys

from tqdm import tqdm


def clock(seconds: float) -> str:
    """1:02:03"""
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


class Progress:
    """Shows progress in [0, 1] with the time that is left, and lines of figures."""

    def __init__(self, shown: bool = True) -> None:
        bar = shown and sys.stderr.isatty()
        layout = "{percentage:5.1f} %|{bar}| {desc}"  # the time that is left is ours: tqdm's forgets a resumed run
        self.bar = tqdm(total=1.0, bar_format=layout, file=sys.stderr, mininterval=1.0, miniters=0) if bar else None
        self.begin: tuple[float, float] | None = None

    def update(self, progress: float, seconds: float) -> None:
        """So far, after so many seconds of the run."""
        if self.begin is None:
            self.begin = (progress, seconds)
        if self.bar is not None:
            self.bar.set_description_str(f"left {self.left(progress, seconds)}", refresh=False)
            self.bar.update(progress - self.bar.n)

    def left(self, progress: float, seconds: float) -> str:
        """The time that is left, by the speed since this process began."""
        if self.begin is None or progress <= self.begin[0]:
            return "?"
        speed = (progress - self.begin[0]) / max(seconds - self.begin[1], 1e-9)
        return clock(max(0.0, 1 - progress) / speed)

    def say(self, line: str) -> None:
        """A line on stdout, above the bar."""
        if self.bar is not None:
            self.bar.write(line, file=sys.stdout)
        else:
            print(line, flush=True)

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()
