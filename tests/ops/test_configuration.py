"""docs/guides/configuration.md against the code, and what happens to values that make no sense."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from labeling.config import env
from tests.patience import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
READ = re.compile(
    r"""env\.(?:text|flag|integer|url|words|options|folders|buckets)\(\s*"(\w+)"|environ(?:\.get\(|\[)"(\w+)\""""
)
# Not set by who runs Interlabel: the command line names the settings and sees to UTF-8; PyTorch's launcher counts.
INTERNAL = {"PYTHONUTF8", "DJANGO_SETTINGS_MODULE", "RANK", "WORLD_SIZE", "LOCAL_RANK"}


def read_by_the_code() -> set[str]:
    """Every environment variable that the product reads by name."""
    files = [path for room in ("labeling", "inference", "decoding") for path in (ROOT / room).rglob("*.py")]
    found = {name for path in files for pair in READ.findall(path.read_text()) for name in pair if name}
    return found - INTERNAL


def documented() -> set[str]:
    """The variables in the tables' first column."""
    return set(re.findall(r"^\| `(\w+)` \|", (ROOT / "docs" / "guides" / "configuration.md").read_text(), re.MULTILINE))


def test_every_variable_is_documented_and_every_documented_one_is_read() -> None:
    assert {"INTERLABEL_HOME", "DATABASE_URL", "REDIS_URL"} < read_by_the_code()
    assert documented() == read_by_the_code()


def settings_with(tmp_path: Path, expression: str, **environment: str) -> str:
    """An expression of the settings in a fresh process."""
    kept = {name: value for name, value in os.environ.items() if name not in documented()}
    code = f"from labeling import settings; print({expression})"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**kept, "INTERLABEL_HOME": str(tmp_path / "home"), **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    return done.stdout.strip() if done.returncode == 0 else done.stderr


def test_nothing_has_to_be_set(tmp_path: Path) -> None:
    said = settings_with(tmp_path, "(settings.PORT, settings.DEBUG, settings.DATABASES['default']['NAME'])")
    assert said == f"(8000, False, '{tmp_path}/home/interlabel.sqlite3')"


def test_the_team_stack_comes_from_two_urls(tmp_path: Path) -> None:
    said = settings_with(
        tmp_path,
        "(settings.DATABASES['default']['ENGINE'], settings.CELERY_BROKER_URL, settings.EMBEDDED_REDIS)",
        DATABASE_URL="postgres://someone:secret@db:5432/labels",
        REDIS_URL="redis://redis:6379/0",
    )
    assert said == "('django.db.backends.postgresql', 'redis://redis:6379/0', False)"


def test_a_secret_may_be_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from-a-file\n")
    assert settings_with(tmp_path, "settings.SECRET_KEY", SECRET_KEY_FILE=str(tmp_path / "key")) == "from-a-file"


def test_the_secret_key_is_made_once(tmp_path: Path) -> None:
    first = settings_with(tmp_path, "settings.SECRET_KEY")
    assert len(first) > 50
    assert settings_with(tmp_path, "settings.SECRET_KEY") == first
    assert (tmp_path / "home" / "secret_key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("name", "value"), [("PORT", "eighty"), ("DEBUG", "maybe"), ("FEATURES_STORAGE_OPTIONS", "[]")]
)
def test_nonsense_is_refused_by_name(tmp_path: Path, name: str, value: str) -> None:
    said = settings_with(tmp_path, "1", **{name: value})
    assert "ImproperlyConfigured" in said
    assert name in said


def test_a_missing_secret_file_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL_FILE", "/nowhere/at/all")
    with pytest.raises(ImproperlyConfigured, match="REDIS_URL_FILE names /nowhere/at/all"):
        env.text("REDIS_URL")


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("PORT", "99999", "from 1 to 65535"),
        ("REQUESTS_AT_ONCE", "0", "at least 1"),
        ("WORKER_PROCESSES", "-1", "at least 1"),
        ("EXPORT_DAYS", "-1", "at least 0"),
        ("DATABASE_URL", "interlabel", "begins with postgres://"),
        ("DATABASE_URL", "postgres://a:secret@host:port/name", "begins with postgres://"),
        ("REDIS_URL", "localhost:6379", "begins with redis://"),
    ],
)
def test_a_value_out_of_bounds_is_one_line(tmp_path: Path, name: str, value: str, told: str) -> None:
    said = refused(tmp_path / "home", **{name: value})
    assert said.startswith(name)
    assert told in said
    assert "secret" not in said


@pytest.mark.parametrize("state", ["a file", "a file in its place", "an empty key"])
def test_a_folder_that_cannot_be_used_is_one_line(tmp_path: Path, state: str) -> None:
    home = tmp_path / "home"
    if state == "a file":
        home.touch()
    else:
        home.mkdir()
        (home / ("run" if state == "a file in its place" else "secret_key")).touch()
    said = refused(home)
    assert str(home) in said
    assert "write" in said


def refused(home: Path, **environment: str) -> str:
    """What `manage.py start` says, which must be a line and not a traceback."""
    kept = {key: value for key, value in os.environ.items() if key not in documented()}
    done = subprocess.run(
        [sys.executable, "manage.py", "start"], cwd=ROOT, env={**kept, "INTERLABEL_HOME": str(home), **environment},
        capture_output=True, text=True, timeout=PATIENCE,
    )  # fmt: skip
    assert done.returncode != 0
    assert len(done.stderr.strip().splitlines()) <= 2, done.stderr
    return done.stderr


def test_a_wheel_has_its_own_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.data_folder("/srv/data") == Path("/srv/data/interlabel")
    monkeypatch.setenv("HOME", "/home/ann")
    assert env.data_folder("") == Path("/home/ann/.local/share/interlabel")


def test_a_user_without_a_home_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(cls: type[Path]) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", classmethod(nobody))
    with pytest.raises(ImproperlyConfigured, match="INTERLABEL_HOME"):
        env.data_folder("")
