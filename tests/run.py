"""What `make test` does: format, lint, types, the bundle, then the tests on the embedded stack; beside it those that a
stack concerns on the team's, and the browser's. Most tests wait for other processes, so three lanes fill two cores.

    python tests/run.py            everything
    python tests/run.py embedded   only that step (see STEPS)

At the end it prints which share of the lines and branches of each room the tests ran in their own process (what servers
and workers that they start do is not counted). COVERAGE=0 leaves that out; in CI it is off unless COVERAGE=1, because
it costs a third of the tests' processor time.

The team stack is PostgreSQL at TEST_DATABASE_URL and Redis at TEST_REDIS_URL; where they don't answer that step is
left out and said; in CI (`CI=true`) it may not be. The tests empty both. Without Node 20 the bundle is left out.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import psycopg
import redis

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
CI = os.environ.get("CI", "").lower() in ("1", "true")
DATABASE_URL = os.environ.get("TEST_DATABASE_URL", "postgres://interlabel:interlabel@127.0.0.1:5432/interlabel")
REDIS_URL = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/15")
REPORTS = ROOT / "test-results"
MEASURED = ("embedded", "alone")
"""Steps whose coverage is measured."""
COVERAGE = os.environ.get("COVERAGE", "0" if CI else "1") == "1"
PYTEST = ("-q", "--durations=12", "--durations-min=5")
ONCE = ("tests/browser", "tests/decoding", "tests/inference", "tests/ops", "tests/unit", "tests/wheel")
"""Folders of what no stack does differently, or the embedded one alone. Single tests elsewhere are marked:

- `once` (the embedded stack's run): what concerns pictures, archives, files, models, the wording of a page or message,
  or one command.
- `team` (the team stack's run; without that, as on a machine without PostgreSQL, the embedded one's): what starts the
  whole product and does the same on both, and so is best looked at where more can fail.

What concerns rows, locks, queries, and messages between processes bears no mark and runs on both.
"""
ALONE = ("tests/ops", "tests/unit")
"""On the embedded stack, beside the others."""


HUGE_PAGES = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1", "PYTHONMALLOC": "malloc"}
"""Memory in pages of 2 MiB, Python's own objects too: on virtual machines the first touch of a page is what costs most
(tests/annotations/test_keep.py: 41 s, with this 16 s). What does not know them leaves them unread."""
COMPILED_ONCE = {"PYTHONDONTWRITEBYTECODE": ""}
"""Tests start hundreds of processes. Where this is set to 1, each compiles all our modules anew: 0.5 s more of 2.7."""

ENCODES = "onnx"
"""Else each process that encodes loads PyTorch to find out whether it is the faster: 9 s. In the browser's step the
product does so, and tests/inference compares the two."""
SHARED_MEMORY = Path("/dev/shm")
ROOM = 12 * 1024**3
"""Bytes that are free there and of the memory before tests' files go there, so that they fit beside the processes."""


class LeftOut(Exception):
    """A step can't run here; the message says why."""


@dataclass
class Count:
    """Tests that pytest or vitest ran."""

    passed: int = 0
    failed: int = 0
    names: tuple[str, ...] = ()
    """What failed, each with the first line of why."""


COUNTS: dict[str, Count] = {}
"""By step: what its report says, also when it failed."""


def run(*command: str, folder: Path = ROOT, **environment: str) -> None:
    """Run a command, show its output as it comes, each line under the name of its step.

    Raises: subprocess.CalledProcessError.
    """
    # The lanes fill the cores: PyTorch with a thread a core in each would only wait for itself.
    settings = {"OMP_NUM_THREADS": "1", **HUGE_PAGES, **os.environ, **COMPILED_ONCE, **environment}
    # At the lowest priority there is none lower: workers, which step back for clicks, do not wait for other lanes.
    process = subprocess.Popen(
        ("nice", "-n", "19", *command),
        cwd=folder, env=settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout is not None
    for line in process.stdout:
        text = line.decode(errors="replace")
        print(f"{threading.current_thread().name:<8} │ {text}", end="", flush=True)
    if process.wait() != 0:
        raise subprocess.CalledProcessError(process.returncode, command)


def pytest(*arguments: str, in_memory: bool = True, **environment: str) -> Count:
    """Run pytest in a process of its own and read its report. Raises: subprocess.CalledProcessError.

    Its temporary files are `in_memory` where this machine allows it.
    """
    name = threading.current_thread().name
    REPORTS.mkdir(exist_ok=True)
    path = REPORTS / f"{name}.xml"
    path.unlink(missing_ok=True)
    command = (sys.executable, *_measuring(name), "-m", "pytest", *PYTEST, f"--junitxml={path}", *arguments)
    with tempfile.TemporaryDirectory(prefix="interlabel-", dir=files_in_memory() if in_memory else None) as folder:
        try:
            run(*command, folder=ROOT, **environment, TMPDIR=folder)
        finally:
            if path.exists():
                COUNTS[name] = counted(path)
    return COUNTS[name]


def files_in_memory() -> Path | None:
    """Where tests' files never wait for a disk; None where this machine has no such place, or little room there.

    Everything that Interlabel keeps is synced to the disk, row by row: on one disk, three lanes waited for each other
    more than they worked.
    """
    if not SHARED_MEMORY.is_dir():
        return None
    available = re.search(r"MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text())
    if available is None or min(int(available[1]) * 1024, shutil.disk_usage(SHARED_MEMORY).free) < ROOM:
        return None
    with tempfile.TemporaryDirectory(dir=SHARED_MEMORY) as folder:
        program = Path(folder) / "program"
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
        try:  # tests put programs among their files, which a mount may forbid
            return SHARED_MEMORY if subprocess.run([program]).returncode == 0 else None
        except OSError:
            return None


def _measuring(name: str) -> list[str]:
    """What stands before `-m pytest` in a step whose coverage is measured."""
    if not COVERAGE or name not in MEASURED:
        return []
    return ["-m", "coverage", "run", f"--data-file={_data(name)}"]


def _data(name: str) -> Path:
    return REPORTS / f"coverage.{name}"


def show_coverage() -> None:
    """Print the share of lines and branches that the tests ran, by room; nothing where nothing was measured."""
    files = [_data(name) for name in MEASURED if _data(name).exists()]
    if not (COVERAGE and files):
        return
    whole, report = REPORTS / "coverage", REPORTS / "coverage.json"
    coverage = [sys.executable, "-m", "coverage"]
    subprocess.run([*coverage, "combine", f"--data-file={whole}", *map(str, files)], cwd=ROOT, check=True,
                   stdout=subprocess.DEVNULL)  # fmt: skip
    subprocess.run([*coverage, "json", "-q", f"--data-file={whole}", "-o", str(report)], cwd=ROOT, check=True)
    rooms: dict[str, list[int]] = {}
    for name, found in json.loads(report.read_text())["files"].items():
        parts, summary = Path(name).parts, found["summary"]
        counts = [summary[key] for key in ("covered_lines", "num_statements", "covered_branches", "num_branches")]
        for room in ("/".join(parts[:2]) if len(parts) > 2 else parts[0], "together"):
            rooms[room] = [a + b for a, b in zip(rooms.get(room, [0] * 4), counts, strict=True)]
    print("\ncoverage                  lines   branches")
    for room, (lines, of_lines, branches, of_branches) in sorted(
        rooms.items(), key=lambda row: (row[0] == "together", row)
    ):
        print(f"{room:<24} {lines / max(of_lines, 1):6.1%}   {branches / max(of_branches, 1):8.1%}")


def counted(path: Path) -> Count:
    """The tests of a JUnit report; one that was left out is not counted."""
    suites = list(ElementTree.parse(path).getroot().iter("testsuite"))
    total, bad, skipped = (
        sum(int(suite.get(name, 0)) for suite in suites for name in names)
        for names in (("tests",), ("failures", "errors"), ("skipped",))
    )
    return Count(total - bad - skipped, bad, tuple(_failures(suites)))


def _failures(suites: list[ElementTree.Element]) -> Iterator[str]:
    for case in (case for suite in suites for case in suite.iter("testcase")):
        for bad in (*case.findall("failure"), *case.findall("error")):
            first = (bad.get("message") or bad.tag).strip().splitlines()[0][:200]
            yield f"{case.get('classname')}::{case.get('name')}: {first}"


def style() -> Count:
    """Format, lint, types and spelling."""
    failed = []
    for command in (["ruff", "format", "--check", "."], ["ruff", "check", "."], ["mypy"], ["codespell", *spelled()]):
        try:
            run(str(BIN / command[0]), *command[1:])
        except subprocess.CalledProcessError:
            failed.append(" ".join(command[:2]) if command[0] != "codespell" else "codespell")
    if failed:
        raise subprocess.CalledProcessError(1, ", ".join(failed))
    return Count()


def spelled() -> list[str]:
    """The files whose words are ours."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    ending = (".py", ".md", ".ts", ".tsx", ".css", ".html", ".yaml", ".yml", ".toml")
    return [name for name in listed.splitlines() if name.endswith(ending)]


def bundle() -> Count:
    """The committed `static/` is what `frontend/` builds, its types are the server's, and the frontend's own tests."""
    if _node() < 20:
        raise LeftOut("Node 20 is not here, so static/ was not compared with frontend/")
    frontend = ROOT / "frontend"
    run("npm", "ci", "--no-audit", "--no-fund", folder=frontend)
    run("npm", "run", "check", folder=frontend)
    with tempfile.TemporaryDirectory() as folder:
        document = Path(folder) / "schema.json"
        run(sys.executable, "manage.py", "api_schema", f"--out={document}", INTERLABEL_HOME=folder)
        run("node", "types.mjs", "--check", str(document), folder=frontend)
    with tempfile.TemporaryDirectory() as folder:
        run("node", "build.mjs", f"--out={folder}", folder=frontend)
        built = {path.name: path.read_bytes() for path in Path(folder).iterdir()}
    old = [name for name, content in built.items() if (ROOT / "static" / name).read_bytes() != content]
    if old or not built:
        raise subprocess.CalledProcessError(1, f"static/ is not what frontend/ builds ({old}): make bundle, and commit")
    REPORTS.mkdir(exist_ok=True)
    run("npx", "vitest", "run", "--reporter=default", "--reporter=junit", f"--outputFile={REPORTS / 'bundle.xml'}",
        folder=frontend)  # fmt: skip
    return counted(REPORTS / "bundle.xml")


def _node() -> int:
    """Node's major version; 0 without Node and npm."""
    if not (shutil.which("node") and shutil.which("npm")):
        return 0
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    return int(version.strip().lstrip("v").split(".")[0])


def embedded() -> Count:
    """Every test but the browser's and those of `alone`, on SQLite and the embedded Redis."""
    ignored = [f"--ignore={name}" for name in ("tests/browser", "tests/wheel", *ALONE)]
    return pytest(
        *ignored, *(["-m", "not team"] if CI else []), DATABASE_URL="", REDIS_URL="", INTERLABEL_ENCODE_RUNTIME=ENCODES
    )


def alone() -> Count:
    """What concerns the whole: starts, settings, every URL, the documents; on SQLite and the embedded Redis."""
    return pytest(*ALONE, DATABASE_URL="", REDIS_URL="", INTERLABEL_ENCODE_RUNTIME=ENCODES)


def browser() -> Count:
    """People's work in a real Chromium, on the embedded stack."""
    return pytest("tests/browser", DATABASE_URL="", REDIS_URL="")


def wheel() -> Count:
    """The wheel, built, installed into an empty environment and started."""
    return pytest("tests/wheel", in_memory=False, DATABASE_URL="", REDIS_URL="")  # an environment is several GB


def team() -> Count:
    """The tests that a stack concerns, on PostgreSQL and Redis."""
    try:
        psycopg.connect(DATABASE_URL.replace("postgres://", "postgresql://"), connect_timeout=3).close()
        with redis.Redis.from_url(REDIS_URL, socket_connect_timeout=3) as client:
            client.flushdb()
    except (psycopg.Error, redis.RedisError, OSError) as error:
        raise LeftOut(f"PostgreSQL and Redis don't answer here ({str(error).splitlines()[0]})") from None
    if not shutil.which("nginx"):
        raise LeftOut("nginx is not here, which stands in front of the team stack")
    ignored = [f"--ignore={folder}" for folder in ONCE]
    return pytest(
        *ignored, "-m", "not once", DATABASE_URL=DATABASE_URL, REDIS_URL=REDIS_URL, INTERLABEL_ENCODE_RUNTIME=ENCODES
    )


STEPS: dict[str, Callable[[], Count]] = {
    "style": style, "bundle": bundle, "embedded": embedded, "team": team, "browser": browser,
    "wheel": wheel, "alone": alone,
}  # fmt: skip


LANES = 3
ORDER = ("style", "embedded", "browser", "team", "alone", "wheel", "bundle")
"""A lane that is free takes the next step: the long ones first, so that all lanes end at about the same time."""


@dataclass
class Outcome:
    """What a step ended with."""

    count: Count
    said: str
    seconds: float


def step(name: str) -> Outcome:
    """Run one step; failures are counted, not raised."""
    threading.current_thread().name = name
    print(f"\n=== {name}: {(STEPS[name].__doc__ or '').splitlines()[0]}", flush=True)
    began = time.monotonic()
    try:
        found = STEPS[name]()
        said = f"{found.passed} passed" if found.passed else "fine"
    except LeftOut as error:
        found, said = Count(failed=int(CI and name == "team")), f"LEFT OUT: {error}"
    except subprocess.CalledProcessError as error:
        found = COUNTS.get(name, Count())
        said = f"FAILED ({found.failed} tests)" if found.failed else f"FAILED: {error.cmd}"
        found.failed = found.failed or 1
    return Outcome(found, said, time.monotonic() - began)


def main(names: list[str]) -> int:
    """Run the steps; all of them even when one fails. 0 when nothing failed."""
    if unknown := set(names) - set(STEPS):
        sys.exit(f"There is no step {', '.join(sorted(unknown))}; there are {', '.join(STEPS)}.")
    names = names or list(STEPS)
    with ThreadPoolExecutor(LANES) as pool:
        chosen = [name for name in ORDER if name in names]
        outcomes = dict(zip(chosen, pool.map(step, chosen), strict=True))
    print()
    for name in names:
        print(f"{name:<9} {outcomes[name].seconds:5.0f} s  {outcomes[name].said}")
    show_coverage()
    for name in names:  # last, where those who see the end of a long log only find it
        for failure in outcomes[name].count.names:
            print(f"{name}: {failure}")
    failed = sum(outcome.count.failed for outcome in outcomes.values())
    print(f"{sum(outcome.count.passed for outcome in outcomes.values())} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
