"""Reading settings from the environment: a value, its `NAME_FILE` secret file, or the default."""

import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^/\\\0]+)*")
_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


def require_utf_8() -> None:
    """Raises: ImproperlyConfigured where file names are not UTF-8: those that people upload could not be written.

    `manage.py` sees to it by itself; a server or worker that is started in another way is told by its environment.
    """
    encoding = sys.getfilesystemencoding()
    if encoding != "utf-8":
        raise ImproperlyConfigured(f"File names are {encoding} here. Set PYTHONUTF8=1 for this process.")


@contextmanager
def needing_home(home: Path) -> Iterator[None]:
    """Raises: ImproperlyConfigured for what goes wrong with a file in INTERLABEL_HOME."""
    try:
        yield
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(
            f"INTERLABEL_HOME is {home}, and that folder can't be used: {error}. "
            "It must be a folder that this user may write to, on a disk with free space."
        ) from error


def text(name: str, default: str = "") -> str:
    """The variable's value, or the content of the file that `NAME_FILE` names (Docker secrets)."""
    path = os.environ.get(f"{name}_FILE")
    if path:
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ImproperlyConfigured(f"{name}_FILE names {path}, which can't be read: {error}") from error
    return os.environ.get(name, default)


def data_folder(shared: str) -> Path:
    """Where an installed wheel keeps its data when nothing else is said. shared: XDG_DATA_HOME, "" when it is not set.

    Raises: ImproperlyConfigured.
    """
    try:
        return (Path(shared) if shared else Path.home() / ".local" / "share") / "interlabel"
    except RuntimeError as error:  # a user without an entry, as containers have
        raise ImproperlyConfigured(
            "This user has no home folder. Set INTERLABEL_HOME to a folder for the data."
        ) from error


def flag(name: str, default: bool = False) -> bool:
    """A yes/no variable; anything but 1/true/yes/on and 0/false/no/off is refused."""
    value = text(name, "1" if default else "0").strip().lower()
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}; use 1 or 0.")


def integer(name: str, default: int, least: int = 0, most: int = 2**63 - 1) -> int:
    """A whole-number variable from `least` to `most`."""
    value = text(name, str(default))
    try:
        number = int(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be a whole number.") from error
    if not least <= number <= most:
        limits = f"at least {least}" if most == 2**63 - 1 else f"from {least} to {most}"
        raise ImproperlyConfigured(f"{name} is {number}; it must be {limits}.")
    return number


def url(name: str, *schemes: str) -> str:
    """A variable that is an address with one of `schemes`; "" where it is not set."""
    value = text(name).strip()
    if value:
        try:
            split = urlsplit(value)
            known = split.scheme in schemes and split.port != 0
        except ValueError:  # a port or an IPv6 address that is none
            known = False
        if not known:  # what stands there may have a password in it
            ways = " or ".join(f"{scheme}://" for scheme in schemes)
            raise ImproperlyConfigured(f"{name} is no address that begins with {ways} and has a valid host and port.")
    return value


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated variable as a list without empty entries."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def folders(name: str) -> dict[str, Path]:
    """Folders of the server by the names that people see: `scans=/srv/scans,/data/photos`."""
    found: dict[str, Path] = {}
    for word in words(name):
        label, separator, path = word.partition("=")
        folder = Path(path if separator else word)
        label = label.strip() if separator else folder.name
        if not folder.is_absolute() or not label or any(one in label for one in ":/"):
            raise ImproperlyConfigured(f"{name} has {word!r}; write name=/absolute/path, without : and / in the name.")
        if label in found:
            raise ImproperlyConfigured(f"{name} has two folders called {label!r}; write name=/path to tell them apart.")
        found[label] = folder
    return found


def buckets(name: str) -> list[str]:
    """Buckets, or prefixes in them: `pictures,archive/2024`."""
    found = []
    for word in words(name):
        place = word.removeprefix("s3://").strip("/")
        if not _BUCKET.fullmatch(place) or any(part in (".", "..") for part in place.split("/")):
            raise ImproperlyConfigured(f"{name} has {word!r}; write a bucket's name, or bucket/prefix.")
        found.append(place)
    return found


def options(name: str, default: dict[str, Any]) -> dict[str, Any]:
    """A JSON object, for instance the options of a storage backend."""
    value = text(name)
    if not value:
        return default
    try:
        parsed = json.loads(value)
    except json.JSONDecodeError as error:
        raise ImproperlyConfigured(f"{name} must be a JSON object: {error}") from error
    if not isinstance(parsed, dict):
        raise ImproperlyConfigured(f"{name} must be a JSON object, not {type(parsed).__name__}.")
    return parsed
