"""The wheel: built, installed into an empty environment, and started from a folder that is no checkout."""

import os
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.patience import PATIENCE
from tests.stack.processes import ROOT, Stack, free_port, wait_for

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built wheel. Its builder is in requirements-dev.txt, so nothing is fetched for it."""
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)], cwd=ROOT, check=True)
    return next(out.glob("interlabel-*.whl"))


@pytest.fixture(scope="module")
def bin(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment that has the wheel and what it needs, and nothing else."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    pip: list[Path | str] = [
        folder / "bin" / "python",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]
    subprocess.run([*pip, str(wheel), "-c", str(ROOT / "requirements.lock")], check=True)
    return folder / "bin"


def outside(home: Path, **more: str) -> dict[str, str]:
    """An environment in which only the wheel can be found."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONUTF8": "1", **more}


def test_the_wheel_has_all_that_a_server_needs(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    listed = subprocess.run(
        ["git", "ls-files", "labeling", "inference", "decoding", "static", "demo"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    lies = {name: f"labeling/assets/{name}" if name.startswith(("static/", "demo/")) else name for name in listed}
    assert {name for name, there in lies.items() if there not in names} == set()
    assert not [name for name in names if name.startswith(("tests", "frontend", "docs"))]


@pytest.fixture(scope="module")
def running(bin: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """`interlabel start`, as somebody types it who has only the wheel."""
    home = tmp_path_factory.mktemp("home")
    port = free_port()
    stack = Stack(home, port, outside(home, PORT=str(port), DEMO="0", LOG_LEVEL="WARNING"), home / "log")
    process = subprocess.Popen([bin / "interlabel", "start"], cwd=home, env=stack.env, stdout=stack.log.open("wb"),
                               stderr=subprocess.STDOUT)  # fmt: skip
    try:
        wait_for(lambda: stack.health()[0] == 200, 240, stack.output)
        yield stack
    finally:
        process.terminate()
        process.wait(PATIENCE)


def test_it_starts_and_serves_its_pages(running: Stack) -> None:
    with httpx.Client(base_url=running.url, timeout=PATIENCE) as client:
        page = client.get("/sign-in")
        assert page.status_code == 200
        style = page.text.partition('rel="stylesheet" href="')[2].partition('"')[0]
        assert client.get(style).status_code == 200
    assert (running.home / ".local" / "share" / "interlabel" / "interlabel.sqlite3").exists()


def test_commands_have_the_name_of_the_product(bin: Path, running: Stack) -> None:
    told = subprocess.run(
        [bin / "interlabel", "export", "--help"], cwd=running.home, env=running.env, capture_output=True, text=True,
        check=True,
    ).stdout  # fmt: skip
    assert "interlabel export" in told
    assert "--format" in told
    parts = subprocess.run(
        [bin / "python", "-c", "from inference import ClickPredictor; ClickPredictor(threads=1)"],
        cwd=running.home, env=running.env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert parts.returncode == 0, parts.stderr
