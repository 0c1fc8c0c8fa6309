"""File names in exports: fit for every file system, and unique on those that mind neither case nor composition.

One function names the files of every format, so that a name means the same image everywhere. What a name loses:

- characters that Windows refuses, control characters, and marks that turn the writing direction become `_`;
- spaces and full stops at the ends of a part go, names of devices (`CON`, `com1.txt`) get a `_` in front;
- a part is cut to `LONGEST` bytes: what is put behind it (a number, a suffix) still fits in 255;
- a name that is taken, perhaps in other letters (`É` composed or not, `a` and `A`), gets a number.
"""

import re
import unicodedata
from collections.abc import Sequence

from labeling.projects.models import Category

LONGEST = 180
"""Bytes of a part, in UTF-8."""

SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,5}$")
_REFUSED = set('<>:"|?*\\')
_CATEGORIES = {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"}
_DIRECTION = set("\u061c\u200b\u200e\u200f\u2028\u2029\u2060\ufeff") | {
    chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
}
_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\.|$)", re.IGNORECASE)


def fit(part: str) -> str:
    """A file's or folder's name that every file system takes; "" when nothing is left of it."""
    part = unicodedata.normalize("NFC", part)
    part = "".join("_" if _is_unfit(char) else char for char in part).strip(" .")
    part = f"_{part}" if _DEVICE.match(part) else part
    return _longer(part, "")


def _longer(part: str, end: str) -> str:
    """A part with something behind it, cut in front of that to what a part may have."""
    room = LONGEST - len(end.encode())
    if len(part.encode()) > room:
        part = part.encode()[:room].decode(errors="ignore").rstrip(" .")
    return part + end


def _is_unfit(char: str) -> bool:
    return char in _REFUSED or char in _DIRECTION or unicodedata.category(char) in _CATEGORIES


def key(name: str) -> str:
    """Equal for names that some file system takes for one: without case, composition and signs that are not seen."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold().upper().casefold())
    return "".join(char for char in folded if not _is_ignored(char))


def _is_ignored(char: str) -> bool:
    return unicodedata.category(char) == "Cf" or "\ufe00" <= char <= "\ufe0f"


def plain(given: Sequence[str], refused: str, reserved: Sequence[str] = ()) -> list[str]:
    """Names of classes for a file that can't have every one: without the signs in `refused`, spaces around and line
    ends, and each different from the others and from those in `reserved`, whatever case it has."""
    taken = {key(name) for name in reserved}
    found = []
    for name in given:
        cleaned = "".join("_" if char in refused or char in "\r\n\t\x00" else char for char in name).strip() or "class"
        unique, number = cleaned, 2
        while key(unique) in taken:
            unique, number = f"{cleaned}_{number}", number + 1
        taken.add(key(unique))
        found.append(unique)
    return found


_SPLIT = re.compile(r"(?:^|[_-])(train|training|val|valid|validation|test|trainval|minival)(?:\d{4})?$", re.IGNORECASE)


def split_of(name: str) -> str:
    """What a file or folder is called if that is a usual part of a dataset (`train`, `instances_val2017`); else ""."""
    found = _SPLIT.search(SUFFIX.sub("", name))
    return found[0].lstrip("_-").lower() if found else ""


class FileNames:
    """Gives names to files, each once. The same names in the same order get the same answers."""

    def __init__(self) -> None:
        self._stems: set[str] = set()
        self._folders: set[str] = set()
        """Folders that are called like a file, without what looks like a suffix."""

        self.changed: dict[str, str] = {}
        """What had to be changed: the given name for each that was made of it."""

    def take(self, name: str, number: int, suffix: str, otherwise: str = "image") -> str:
        """The name of a new file: `name` (with `/` between folders) as far as it is fit, with `suffix` for its own.
        It is unique also without its suffix.

        number: goes behind a name that is taken. otherwise: for a name of which nothing is left.
        """
        *folders, last = name.replace("\\", "/").split("/")
        stem = fit(SUFFIX.sub("", last)) or (f"{otherwise}-{number}")
        path = self._folder([found for part in folders if (found := fit(part))])
        whole, end = stem, ""
        while not self._is_free(path + stem):
            end += f"-{number}"
            stem = _longer(whole, end)
        self._stems.add(key(path + stem))
        found = path + stem + suffix
        if found != SUFFIX.sub("", name) + suffix:
            self.changed[found] = name
        return found

    def _folder(self, parts: list[str]) -> str:
        """The folders' path with a `/` behind each. One that is called as a file is gets a `_`."""
        path = ""
        for part in parts:
            while SUFFIX.search(part) and key(path + SUFFIX.sub("", part)) in self._stems:
                part = _longer(part, "_") if len(part.encode()) < LONGEST else _longer(part[:-1], "_")
            path += part
            if SUFFIX.search(part):
                self._folders.add(key(SUFFIX.sub("", path)))
            path += "/"
        return path

    def _is_free(self, path: str) -> bool:
        return key(path) not in self._stems and key(path) not in self._folders


def renamed_classes(categories: Sequence[Category], labels: Sequence[str], table: str) -> str:
    """Lines for an export's README: each class that has another name in its `table`, which can't have the real one."""
    return "".join(
        f"- The class “{one.name}” is called “{label}” here, as {table} can't have its name.\n"
        for one, label in zip(categories, labels, strict=True)
        if one.name != label
    )
