"""The process that decodes what strangers send, from the side that asks it.

One for each process that needs one, started when first needed with a clean environment (not a fork: nothing of the
parent's memory, connections or threads is in it), used again for the next file, and replaced after MOST_FILES files,
after a failure, or when it has grown.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from decoding.limits import CORRUPT, FAILED, SECONDS, TOO_MANY_PIXELS, Rejected, seconds_for

MOST_FILES = 500
WALL = 4.0
"""Seconds on the clock for each second of processor time that is allowed: machines are busy, disks are slow."""
ROOT = Path(__file__).resolve().parents[1]
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "TMPDIR", "TZ")


class Lost(Exception):
    """The process was ended from outside (by a person, or for memory of the machine). The file may be good."""


class Decoder:
    """One decoding process. Threads take turns. memory: bytes, its address space."""

    def __init__(self, memory: int) -> None:
        self.memory = memory
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner, self._files, self._rest = 0, 0, b""
        self._errors: IO[bytes] | None = None

    def ask(self, request: dict[str, Any], tell: Callable[[float], None] = lambda done: None) -> dict[str, Any]:
        """Have `request` done (see `decoding.child`), and return what it answers.

        Raises: Rejected, also when the file cost too much or made the process crash; OSError when a disk failed;
        Lost.
        """
        with self._lock:
            process = self._ready()
            try:
                answer = self._exchange(process, request, tell)
            except BaseException:
                self.close()
                raise
            self._files += 1
            if answer.get("last") or self._files >= MOST_FILES:
                self.close()
        if "rejected" in answer:
            raise Rejected(*answer["rejected"])
        if "trouble" in answer:
            number, text = answer["trouble"]
            raise OSError(number, text)
        found: dict[str, Any] = answer["ok"]
        return found

    def close(self) -> None:
        """End the process; the next request starts another."""
        process, self._process = self._process, None
        if process is None or self._owner != os.getpid():  # one of the process that we were forked from
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()

    def _ready(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._owner == os.getpid() and self._process.poll() is None:
            return self._process
        self.close()
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        environment |= {"PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "2"}
        environment |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the process
        self._process = subprocess.Popen(
            [sys.executable, "-m", "decoding.child", str(self.memory)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors,
            cwd=ROOT, env=environment, start_new_session=True,
        )  # fmt: skip
        self._owner, self._files, self._rest = os.getpid(), 0, b""
        return self._process

    def _exchange(
        self, process: subprocess.Popen[bytes], request: dict[str, Any], tell: Callable[[float], None]
    ) -> dict[str, Any]:
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
        except BrokenPipeError:
            raise self._why(process) from None
        until = time.monotonic() + WALL * request.get("seconds", SECONDS)
        while True:
            answer: dict[str, Any] = json.loads(self._line(process, until))
            if "pixels" in answer:
                until = time.monotonic() + WALL * seconds_for(answer["pixels"])
            elif "done" in answer:
                tell(answer["done"])
            else:
                return answer

    def _line(self, process: subprocess.Popen[bytes], until: float) -> bytes:
        assert process.stdout is not None
        answers = select.poll()  # select() takes no descriptor above 1023, and a web process has more
        answers.register(process.stdout, select.POLLIN)
        while b"\n" not in self._rest:
            left = until - time.monotonic()
            if left <= 0 or not answers.poll(left * 1000):
                raise _too_long()
            part = os.read(process.stdout.fileno(), 65_536)
            if not part:
                raise self._why(process)
            self._rest += part
        line, _, self._rest = self._rest.partition(b"\n")
        return line

    def _why(self, process: subprocess.Popen[bytes]) -> Exception:
        """What the end of the process means."""
        code, said = process.wait(), self._said()
        if code == -signal.SIGXCPU:
            return _too_long()
        if code in (-signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP, 0):
            return Lost(f"The decoding process was ended from outside ({code}).")
        if "MemoryError" in said or "bad_alloc" in said or "Cannot allocate" in said:
            message = f"Reading this picture needs more than the {self.memory / 1e9:.1f} GB allowed here. "
            return Rejected(TOO_MANY_PIXELS, message + "Make it smaller or cut it into tiles.")
        return Rejected(
            CORRUPT,
            f"The decoder crashed on this file ({_named(code)}): it is damaged. Save it anew and upload it again.",
        )

    def _said(self) -> str:
        if self._errors is None:
            return ""
        self._errors.seek(max(0, self._errors.seek(0, 2) - 8192))
        return self._errors.read().decode(errors="replace")


def _too_long() -> Rejected:
    return Rejected(
        FAILED,
        "Reading this picture takes longer than is allowed for its size: it is packed in an unusual way. Save it anew.",
    )


def _named(code: int) -> str:
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"exit {code}"
