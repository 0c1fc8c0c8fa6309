"""One measurement of an export or import, in a process that does nothing else: so its peak memory is the work's own."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pycocotools import mask as coco

from labeling import masks
from labeling.annotations.models import Annotation
from labeling.devtools.exchange.generate import HEIGHT, WIDTH
from labeling.exchange import build, imports
from labeling.exchange.models import Import
from labeling.exchange.registry import format_named
from labeling.projects.models import Project
from labeling.web.api import ApiError


@dataclass(frozen=True)
class Measured:
    """`cpu`: seconds of this process on a processor. `start`, `peak`: resident memory in MB, before the work and at
    most. `problem`: why there is no figure."""

    objects: int
    seconds: float
    cpu: float
    start: float
    peak: float
    problem: str = ""
    row: int = 0


def measure(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Do one step of `STEPS` and say what it took."""
    start, problem, objects, row, took = _memory("VmRSS"), "", 0, 0, _Clock()
    try:
        objects, row = STEPS[asked["step"]](asked, took)
    except ApiError as error:
        problem = str(error)
    return asdict(Measured(objects, took.seconds, took.cpu, start, _memory("VmHWM"), problem, row))


class _Clock:
    """How long what is done inside takes: of the clock on the wall, and of this process on a processor."""

    def __init__(self) -> None:
        self.seconds = self.cpu = 0.0

    def __enter__(self) -> None:
        self._began = (time.perf_counter(), time.process_time())

    def __exit__(self, *_: object) -> None:
        self.seconds += time.perf_counter() - self._began[0]
        self.cpu += time.process_time() - self._began[1]


def _memory(name: str) -> float:
    """MB, of this program alone: `ru_maxrss` would count what started it, too."""
    lines = Path(f"/proc/{os.getpid()}/status").read_text("utf-8").splitlines()
    return round(next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024, 1)


def _export(asked: Mapping[str, Any], took: _Clock) -> tuple[int, int]:
    project, format = Project.objects.get(pk=asked["project"]), format_named(asked["format"])
    with took:
        build.write_zip(project, format, format.parse({}), Path(asked["file"]), lambda done, total: None)
    return Annotation.objects.filter(set__main_of__project=project).count(), 0


def _check(asked: Mapping[str, Any], took: _Clock) -> tuple[int, int]:
    project, options = Project.objects.get(pk=asked["project"]), {"skip_defects": True}
    assert project.created_by is not None
    with took:
        row = imports.check_path(
            project, project.created_by, Path(asked["file"]), format=asked["format"], options=options
        )
    return int(row.report.get("objects", 0)), _settled(row, Import.State.CHECKED)


def _carry_out(asked: Mapping[str, Any], took: _Clock) -> tuple[int, int]:
    row = Import.objects.get(pk=asked["row"])
    imports.confirm(row, row.created_by)
    with took:
        row = imports.work_here(row)
    return row.added, _settled(row, Import.State.DONE)


def _settled(row: Import, state: str) -> int:
    if row.state != state:
        raise ApiError(409, "failed", row.reason or f"The import is {row.state}.")
    return row.pk


def _reference(asked: Mapping[str, Any], took: _Clock) -> tuple[int, int]:
    """pycocotools encodes the same masks, each laid out in memory as it likes it best."""
    count = 0
    rows = Annotation.objects.filter(set__main_of__project=asked["project"]).order_by()
    for counts in rows.values_list("counts", flat=True).iterator(chunk_size=1000):
        bits = np.asfortranarray(masks.decode(counts, HEIGHT, WIDTH).view(np.uint8))
        with took:
            coco.encode(bits)
        count += 1
    return count, 0


STEPS: dict[str, Callable[[Mapping[str, Any], _Clock], tuple[int, int]]] = {
    "export": _export, "check": _check, "carry_out": _carry_out, "reference": _reference,
}  # fmt: skip
