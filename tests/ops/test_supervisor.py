"""The supervisor with small children: restarts, order, output, and groups that end as a whole."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from labeling.server.supervisor import Child, how
from tests.patience import PATIENCE
from tests.stack.processes import ROOT, wait_for

SCRIPT = """
import sys
from pathlib import Path
sys.path.insert(0, {root!r})
from labeling.server.supervisor import CannotStart, Child, Supervisor, spawn

def python(name, code, foundation=False):
    return Child(name, lambda: spawn([sys.executable, "-u", "-c", code], {{}}, Path("/")), foundation=foundation)

def say(line):
    print(line, flush=True)

supervisor = Supervisor([{children}], say, prepare=lambda: say("prepared"))
supervisor.settled = {settled}
try:
    supervisor.run()
except CannotStart as error:
    say(f"gave up: {{error}}")
say("the end")
"""
SLEEP = "import time; print('up'); time.sleep(600)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up'); time.sleep(600)"


class Running:
    """A supervisor in a process of its own."""

    def __init__(self, folder: Path, *children: str, settled: bool = True) -> None:
        script = SCRIPT.format(root=str(ROOT), children=", ".join(children), settled=settled)
        self.log = folder / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen([sys.executable, "-c", script], stdout=log, stderr=log)

    def lines(self) -> list[str]:
        return self.log.read_text().splitlines()

    def wait_for_line(self, text: str, times: int = 1, patience: float = 20) -> None:
        wait_for(lambda: sum(text in line for line in self.lines()) >= times, patience, lambda: "\n".join(self.lines()))

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


Supervise = Callable[..., Running]


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[Supervise]:
    """Starts a supervisor of some children; it is gone after the test, whatever happened."""
    started: list[Running] = []

    def start(*children: str, settled: bool = True) -> Running:
        started.append(Running(tmp_path, *children, settled=settled))
        return started[-1]

    yield start
    for running in started:
        running.process.kill()
        running.process.wait()


def child(name: str, code: str, foundation: bool = False) -> str:
    return f"python({name!r}, {code!r}, {foundation})"


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes() != b""
    except OSError:
        return False


def test_foundations_start_first_and_end_last(supervise: Supervise) -> None:
    code = textwrap.dedent("""
        import signal, sys, time
        signal.signal(signal.SIGTERM, lambda *_: (print("down"), sys.exit(0)))
        print("up")
        while True: time.sleep(0.05)
    """)
    running = supervise(child("house", code), child("ground", code, foundation=True))
    running.wait_for_line("house  | up")
    assert running.end() == 0
    lines = running.lines()
    assert lines[-1] == "the end"
    assert lines.index("prepared") < lines.index("house  | up")
    assert lines.index("house  | down") < lines.index("ground | down")


def test_output_has_the_childs_name_line_by_line(supervise: Supervise) -> None:
    code = (
        "import sys,time; sys.stdout.write('one\\ntw'); sys.stdout.flush(); time.sleep(.3); print('o'); time.sleep(60)"
    )
    running = supervise(child("talker", code))
    running.wait_for_line("talker | two")
    running.end()
    assert [line for line in running.lines() if line.startswith("talker")] == ["talker | one", "talker | two"]


def test_a_child_that_ends_starts_again_after_longer_and_longer_pauses(supervise: Supervise) -> None:
    running = supervise(child("weak", "print('tried'); raise SystemExit(3)"))
    running.wait_for_line("tried", times=3)
    running.end()
    told = [line for line in running.lines() if "starting it again" in line]
    assert told[0] == "weak | ended (exit code 3); starting it again in 0.5 s"
    assert told[1] == "weak | ended (exit code 3); starting it again in 1 s"


def test_before_all_was_ready_it_gives_up(supervise: Supervise) -> None:
    running = supervise(child("weak", "raise SystemExit(3)"), child("fine", SLEEP), settled=False)
    assert running.process.wait(PATIENCE) == 0
    assert "gave up: The weak process does not start (exit code 3); its output is above." in running.lines()
    assert running.lines()[-1] == "the end"


def test_what_a_killed_child_leaves_dies_with_its_group(supervise: Supervise) -> None:
    code = "import os, time; other = os.fork(); other and print('group', os.getpid(), other); time.sleep(60)"
    running = supervise(child("parent", code))
    running.wait_for_line("group")
    line = next(line for line in running.lines() if "group" in line)
    parent, grandchild = (int(number) for number in line.split()[-2:])
    os.kill(parent, signal.SIGKILL)
    wait_for(lambda: not alive(parent) and not alive(grandchild), PATIENCE)
    running.end()


def test_a_stubborn_child_is_killed(supervise: Supervise) -> None:
    running = supervise(child("stubborn", STUBBORN))
    running.wait_for_line("up")
    began = time.monotonic()
    assert running.end() == 0
    assert 4 < time.monotonic() - began < 12


def test_a_second_signal_does_not_wait(supervise: Supervise) -> None:
    running = supervise(child("stubborn", STUBBORN))
    running.wait_for_line("up")
    began = time.monotonic()
    running.process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert running.end(signal.SIGINT) == 0
    assert time.monotonic() - began < 4


def test_children_die_with_a_killed_supervisor(supervise: Supervise) -> None:
    running = supervise(child("orphan", f"import os; print('pid', os.getpid()); {STUBBORN}"))
    running.wait_for_line("up")
    number = next(int(line.split()[-1]) for line in running.lines() if "pid" in line)
    assert alive(number)
    running.process.kill()
    running.process.wait()
    wait_for(lambda: not alive(number), PATIENCE)


@pytest.mark.parametrize(("code", "words"), [(0, "exit code 0"), (-9, "signal SIGKILL"), (-15, "signal SIGTERM")])
def test_return_codes_are_said_in_words(code: int, words: str) -> None:
    assert how(code) == words


def test_the_pause_has_a_limit_and_forgives_a_good_run() -> None:
    child = Child("any", lambda: pytest.fail("not started here"))
    child.started = time.monotonic()
    assert [child.plan_restart() for _ in range(8)] == [0.5, 1, 2, 4, 8, 16, 30, 30]
    child.started = time.monotonic() - 31
    assert child.plan_restart() == 0.5
