"""The process that decodes: `python -m decoding.child MEMORY`. One request a line on standard input, in JSON.

Answers, one a line: {"pixels": n} once a header is read, {"done": 0.5} while blocks are made, and at the end {"ok": …},
{"rejected": [reason, message]} or {"trouble": [errno, message]} for an error of a disk. "last": true says that this
process ends now: it has grown. Its address space, its processor time and its core dumps are limited from its first
moment on.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from decoding import limits as limiting
from decoding.wanted import Wanted

GROWN_KIB = 512 * 1024


def peak_kib() -> int:
    """The most memory that this process has held. (`ru_maxrss` begins with what the process that started it held.)"""
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))


def main() -> None:
    """Serve requests until standard input ends, or the parent does."""
    memory = int(sys.argv[1])
    limiting.limit_process(memory)
    answers = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
    os.dup2(2, 1)  # C libraries print; nothing of it may come between the answers
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    for line in sys.stdin:
        answer = _serve(json.loads(line), memory, answers)
        answer["last"] = peak_kib() > GROWN_KIB
        answers.write(json.dumps(answer) + "\n")
        if answer["last"]:
            return


def _end_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(0)


def _serve(request: dict[str, Any], memory: int, answers: IO[str]) -> dict[str, Any]:
    def started(pixels: int) -> None:
        limiting.limit_time(limiting.seconds_for(pixels))
        answers.write(json.dumps({"pixels": pixels}) + "\n")

    def tell(done: float) -> None:
        answers.write(json.dumps({"done": done}) + "\n")

    limiting.limit_time(request.get("seconds", limiting.SECONDS))
    limits = limiting.Limits(request["pixels"], memory, started)
    try:
        return {"ok": _do(request, limits, tell)}
    except limiting.Rejected as rejected:
        return {"rejected": [rejected.reason, rejected.message]}
    except MemoryError:
        message = "The server has too little memory for a picture of this size. Make it smaller or cut it into tiles."
        return {"rejected": [limiting.TOO_MANY_PIXELS, message]}
    except OSError as error:
        return {"trouble": [error.errno or 0, str(error)]}


def _do(request: dict[str, Any], limits: limiting.Limits, tell: Callable[[float], None]) -> dict[str, Any]:
    from decoding import writing

    path, out, wanted = Path(request["path"]), Path(request["out"]), _wanted(request)
    if request["do"] == "take_in":
        return writing.take_in(path, out, limits, request["blocks_from"], request["side"], wanted)
    if request["do"] == "pages":
        return writing.pages(path, request["most"])
    if request["do"] == "measure":
        return writing.measure(path, limits)
    if request["do"] == "cut":
        return writing.cut(path, out, limits, request["lossless"], request["side"], tell)
    return writing.render(path, out, limits, request["low"], request["high"], wanted)


def _wanted(request: dict[str, Any]) -> Wanted:
    given = request.get("wanted", {})
    return Wanted(given.get("page", 0), tuple(given.get("bands", ())), given.get("low"), given.get("high"))


if __name__ == "__main__":
    main()
