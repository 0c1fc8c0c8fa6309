"""The training command."""

import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from inference.core.features import WEIGHTS
from inference.data.coco import DataError
from inference.heads.training import command
from tests.inference.heads.commands import parse

Make = Callable[..., Path]


def test_files_that_cannot_be_used_are_named(coco_file: Make, tmp_path: Path) -> None:
    file = coco_file(1)
    data = json.loads(file.read_text())
    del data["categories"]
    file.write_text(json.dumps(data))
    words = ("instances", "--sets", file, "--out", tmp_path / "run", "--cache", tmp_path, "--steps", 1)
    args = parse(command.add_commands, *words)
    assert args.encoder == WEIGHTS / "encoder.safetensors"
    with pytest.raises(DataError, match="categories"):
        args.run(args, threading.Event())
