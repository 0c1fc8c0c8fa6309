"""ONNX Runtime sessions, all made alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import onnxruntime


def session(path: Path, threads: int) -> Any:
    """An ONNX Runtime session on the CPU."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
