"""The supervisor behind `manage.py start`: keeps a few child processes running and ends them all.

Each child leads a process group of its own: Ctrl-C reaches the supervisor alone, which then ends the children in
order, and what a killed child leaves behind (a pool process, say) dies with its group. If the supervisor itself is
killed, the kernel signals the children (`PR_SET_PDEATHSIG`). It is single-threaded, so that code between fork and
exec is safe.
"""

import contextlib
import ctypes
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

Process = subprocess.Popen[bytes]
Say = Callable[[str], None]

STEADY = 30.0  # seconds after which a child that ends is no longer thought to fail at starting
LONGEST_PAUSE = 30.0
TICK = 0.5
TRIES = 3  # for a child at the start; once all is `settled` it is tried for ever
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class CannotStart(RuntimeError):
    """A child ended again and again before the whole was ever ready; its output says why."""


def tether(niceness: int = 0, last_signal: int = signal.SIGKILL) -> Callable[[], None]:
    """What a child does before exec: ask for `last_signal` at its parent's death, and yield the CPU to others."""
    parent = os.getpid()

    def prepare() -> None:
        if _libc is not None:
            _libc.prctl(_PR_SET_PDEATHSIG, last_signal)
            if os.getppid() != parent:  # the parent died before we asked
                os._exit(1)
        if niceness:
            os.nice(niceness)

    return prepare


def spawn(command: list[str], environment: dict[str, str], folder: Path, niceness: int = 0) -> Process:
    """Start `command` as a tethered leader of a process group, its output in a pipe."""
    return subprocess.Popen(
        command,
        env=environment,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=tether(niceness),
    )


def ended(process: Process) -> bool:
    """Whether the process has ended. It is not reaped yet, so its group's number can't have been given away."""
    if process.returncode is not None:
        return True
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def how(code: int) -> str:
    """A return code in words."""
    if code >= 0:
        return f"exit code {code}"
    with contextlib.suppress(ValueError):
        return f"signal {signal.Signals(-code).name}"
    return f"signal {-code}"


@dataclass
class Child:
    """A process to keep running; `start` makes it. A `foundation` starts before the others and ends after them."""

    name: str
    start: Callable[[], Process]
    foundation: bool = False
    process: Process | None = None
    started: float = 0.0
    pause: float = 0.0
    failures: int = 0
    due: float | None = None
    unfinished: bytes = field(default=b"", repr=False)

    def run(self) -> None:
        """Start it. Raises: OSError and what `start` raises."""
        self.due = None
        self.started = time.monotonic()
        self.process = self.start()

    def signal_group(self, number: int) -> None:
        """Send a signal to the child and all it started."""
        if self.process is not None and self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)

    def bury(self) -> int:
        """End what is left of the group, reap the child and return its code."""
        assert self.process is not None
        self.signal_group(signal.SIGKILL)
        return self.process.wait()

    def plan_restart(self) -> float:
        """Seconds until the next try: at once for one that ran well, else twice as long each time."""
        steady = time.monotonic() - self.started > STEADY
        self.failures = 1 if steady else self.failures + 1
        self.pause = min(0.5 * 2 ** (self.failures - 1), LONGEST_PAUSE)
        self.due = time.monotonic() + self.pause
        return self.pause

    def lines(self, data: bytes) -> list[str]:
        """The complete lines in the output so far."""
        *whole, self.unfinished = (self.unfinished + data).split(b"\n")
        return [line.decode(errors="replace").rstrip() for line in whole]


class Supervisor:
    """Runs `children` until SIGINT, SIGTERM or SIGHUP.

    say: prints a line. prepare: called once between the foundations' start and the others'. tick: called about twice
    a second while everything runs.
    """

    def __init__(
        self,
        children: list[Child],
        say: Say,
        prepare: Callable[[], None] = lambda: None,
        tick: Callable[[], None] = lambda: None,
    ) -> None:
        self.children, self.say, self.prepare, self.tick = children, say, prepare, tick
        self.stop_signals = 0
        self.settled = False  # set by the caller once everything has been ready
        self.selector = selectors.DefaultSelector()
        self.width = max(len(child.name) for child in children)

    def run(self) -> None:
        """Start everything, keep it running, and end it all whatever happens. Raises: CannotStart."""
        self._listen()
        try:
            self._start_all(foundation=True)
            self.prepare()
            self._start_all(foundation=False)
            next_tick = 0.0
            while not self.stop_signals:
                self._pass_output(TICK)
                self._look_after()
                if time.monotonic() >= next_tick and not self.stop_signals:
                    self.tick()
                    next_tick = time.monotonic() + TICK
        finally:
            self._end_all()
            self.selector.close()

    def _start_all(self, *, foundation: bool) -> None:
        for child in self.children:
            if child.foundation is foundation and not self.stop_signals:
                self._start(child)

    def _listen(self) -> None:
        def stop(number: int, _: object) -> None:
            self.stop_signals += 1

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, stop)
        # A signal also has to wake the select call that waits for output.
        reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        self.selector.register(reader, selectors.EVENT_READ, None)

    def _start(self, child: Child) -> None:
        child.run()
        if child.process is not None and child.process.stdout is not None:
            os.set_blocking(child.process.stdout.fileno(), False)
            self.selector.register(child.process.stdout, selectors.EVENT_READ, child)

    def _pass_output(self, patience: float) -> None:
        for key, _ in self.selector.select(patience):
            if key.data is None:
                os.read(key.fd, 1024)
            else:
                self._read(key.data)

    def _read(self, child: Child) -> None:
        """Print what the child has written, line by line, with its name; forget the pipe at its end."""
        pipe = child.process.stdout if child.process else None
        if pipe is None or pipe.closed:
            return
        try:
            data = os.read(pipe.fileno(), 65536)
        except BlockingIOError:
            return
        for line in child.lines(data or b"\n"):
            if line:
                self.say(f"{child.name:<{self.width}} | {line}")
        if not data:
            self.selector.unregister(pipe)
            pipe.close()

    def _look_after(self) -> None:
        for child in self.children:
            if child.due is not None:
                if time.monotonic() >= child.due:
                    self._restart(child)
            elif child.process is not None and ended(child.process):
                code = child.bury()
                self._read(child)
                pause = child.plan_restart()
                if not self.settled and child.failures >= TRIES:
                    raise CannotStart(f"The {child.name} process does not start ({how(code)}); its output is above.")
                self.say(f"{child.name:<{self.width}} | ended ({how(code)}); starting it again in {pause:g} s")

    def _restart(self, child: Child) -> None:
        try:
            self._start(child)
        except Exception as error:  # whatever keeps it from starting, the others go on and it is tried again
            child.process = None
            pause = child.plan_restart()
            self.say(f"{child.name:<{self.width}} | did not start: {error}; again in {pause:g} s")

    def _end_all(self) -> None:
        """End the children, the foundations after the others; a second signal makes it abrupt."""
        self.stop_signals = max(self.stop_signals, 1)
        self.say("Ending …")
        for foundation in (False, True):
            self._end([child for child in self.children if child.process and child.foundation is foundation])

    def _end(self, children: list[Child], patience: float = 6.0) -> None:
        for child in children:
            if child.process is not None and not ended(child.process):
                child.process.terminate()
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline and self.stop_signals < 2:
            if all(ended(child.process) for child in children if child.process is not None):
                break
            self._pass_output(0.1)
        for child in children:
            if child.process is not None:
                child.bury()
                self._read(child)
