"""Interlabel starts, reads file names and prints in every locale, installed or not."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import migrated
from tests.conftest import picture_bytes
from tests.stack.processes import ROOT, embedded, environment, free_port

NAME = "Bäume – 日本.png"
PROJECT = "Größe „日本“"
LATIN_1 = "de_DE.ISO-8859-1"


@pytest.fixture(scope="module")
def locales(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for LOCPATH in which the Latin-1 locale is installed, where this machine can make one."""
    folder = tmp_path_factory.mktemp("locales")
    if shutil.which("localedef"):
        make = ["localedef", "-i", "de_DE", "-f", "ISO-8859-1", str(folder / LATIN_1)]
        subprocess.run(make, check=False, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data of a server that was set up, with an administrator."""
    folder = tmp_path_factory.mktemp("home")
    migrated.copy_to(folder / "interlabel.sqlite3")
    command = ["createsuperuser", "--noinput", "--username", "ädmin", "--email", ""]
    env = environment(folder, free_port(), DJANGO_SUPERUSER_PASSWORD="correct horse battery")
    subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=env, check=True, capture_output=True)
    return folder


def run(home: Path, surroundings: dict[str, str], *command: str | Path) -> str:
    """What a command says. Bytes that are not UTF-8 fail the test."""
    env = {name: value for name, value in environment(home, 1).items() if name not in ("LANG", "PYTHONUTF8")}
    env = {name: value for name, value in env.items() if not name.startswith("LC_")} | surroundings
    done = subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=env, capture_output=True)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout.decode("utf-8")


@pytest.mark.parametrize(
    "surroundings",
    [
        {"LC_ALL": LATIN_1},
        {"LC_ALL": LATIN_1, "LOCPATH": ""},
        {"LC_ALL": "C", "PYTHONUTF8": "0"},
        {"LANG": "POSIX", "PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C.UTF-8", "PYTHONIOENCODING": "latin-1:strict"},
    ],
    ids=["latin-1", "latin-1 installed", "C without UTF-8 mode", "ascii output", "latin-1 output"],
)
def test_names_are_read_kept_and_printed(
    surroundings: dict[str, str], home: Path, locales: Path, tmp_path: Path
) -> None:
    if "LOCPATH" in surroundings:
        surroundings = {**surroundings, "LOCPATH": str(locales)}
    folder = tmp_path / "Äpfel 日本"
    os.makedirs(os.fsencode(folder))
    picture = picture_bytes(40, 30, seed=hash(str(surroundings)) % 1000)
    Path(os.fsdecode(os.fsencode(folder / NAME))).write_bytes(picture)
    said = run(home, surroundings, "create_project", PROJECT, "--classes", "Bäume,木")
    assert PROJECT in said
    assert "木" in said
    number = said.split()[1]
    assert f"accepted: {NAME}" in run(home, surroundings, "import_images", number, folder, "-v2")
    out = tmp_path / "größe.zip"
    assert str(out) in run(
        home, surroundings, "export", number, "--format", "coco", "--out", out, "--option", "images=all"
    )
    assert out.stat().st_size > 0


@pytest.mark.stack
@pytest.mark.parametrize("installed", [True, False])
def test_it_starts_in_a_latin_1_locale(installed: bool, locales: Path, tmp_path: Path) -> None:
    more: dict[str, Any] = {"LOCPATH": str(locales)} if installed else {}
    with embedded(tmp_path / "Übung", DEMO="0", LC_ALL=LATIN_1, **more) as stack:
        assert stack.health()[0] == 200
