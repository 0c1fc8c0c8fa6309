"""Write requirements.lock: what the packages of requirements.txt bring along, pinned as it is installed here.

    .venv/bin/python tests/lock.py

The lines are constraints (`pip install -c`): what a platform does not need is not installed for them.
"""

import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]


def closure(names: list[str]) -> dict[str, str]:
    """Name → version of these requirements and all that they need here."""
    found: dict[str, str] = {}
    todo = [Requirement(name) for name in names]
    while todo:
        wanted = todo.pop()
        try:
            one = distribution(wanted.name)
        except PackageNotFoundError:  # for another platform
            continue
        name = canonicalize_name(one.name)
        known = name in found
        found[name] = one.version.partition("+")[0]
        for line in one.requires or []:
            need = Requirement(line)
            extras = wanted.extras or {""}
            wanted_here = need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in extras)
            if wanted_here and (not known or wanted.extras):
                todo.append(need)
    return found


def locked() -> str:
    """The text of requirements.lock."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pins = closure([line for line in lines if re.match(r"\w", line)])
    return "# Made by tests/lock.py: constraints for requirements.txt.\n" + "".join(
        f"{name}=={version}\n" for name, version in sorted(pins.items())
    )


if __name__ == "__main__":
    (ROOT / "requirements.lock").write_text(locked(), encoding="utf-8")
