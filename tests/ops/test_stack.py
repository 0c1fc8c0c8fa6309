"""Stacks that commands and tests start go when whoever started them goes."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from labeling.server.stack import ROOT
from tests.patience import PATIENCE
from tests.stack.processes import wait_for

STARTER = """
import sys, time
from pathlib import Path
from labeling.server.stack import Stack
stack = Stack(Path(sys.argv[1]), 0, {}, Path(sys.argv[1]) / "log")
print(stack.launch(["/bin/sleep", "600"]).pid, flush=True)
time.sleep(600)
"""


def lives(pid: int) -> bool:
    """Whether the process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_starter_leaves_no_process(number: signal.Signals, tmp_path: Path) -> None:
    command = [sys.executable, "-c", STARTER, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        pid = int(starter.stdout.readline())
        assert lives(pid)
        os.kill(starter.pid, number)
        starter.wait(PATIENCE)
    wait_for(lambda: not lives(pid), PATIENCE)
