"""ONNX graphs that keep their weights in a safetensors file beside them.

A graph's large initialisers become external data: name of the safetensors file, offset, length, fp16, followed by a
Cast to fp32 that ONNX Runtime folds while it loads. So PyTorch and ONNX Runtime read the same bytes and the
repository holds every weight once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from inference.core.features import tensor_offsets

OPSET = 17


def export(
    module: nn.Module,
    inputs: dict[str, torch.Tensor],
    outputs: dict[str, tuple[int, ...]],
    dynamic: dict[str, tuple[int, ...]],
    path: Path,
    weights: Path,
    prefix: str,
) -> None:
    """Write `path` for `module`, its weights referring to `prefix + name` in the safetensors file `weights`.

    `outputs` and `dynamic` name the axes whose size is free.
    """
    axes = {name: {axis: f"{name}_{axis}" for axis in free} for name, free in (outputs | dynamic).items()}
    scratch = path.with_suffix(".tmp")
    torch.onnx.export(
        module.eval(),
        tuple(inputs.values()),
        str(scratch),
        input_names=list(inputs),
        output_names=list(outputs),
        dynamic_axes=axes,
        opset_version=OPSET,
        dynamo=False,
        do_constant_folding=False,  # folding would rename and transpose the weights
    )
    model = onnx.load(str(scratch))
    scratch.unlink()
    refer(model, weights, prefix)
    path.write_bytes(model.SerializeToString())


def refer(model: Any, weights: Path, prefix: str) -> None:
    """Replace the initialisers that `weights` holds by references to it."""
    places = tensor_offsets(weights)
    casts, kept, missing = [], [], []
    for tensor in model.graph.initializer:
        place = places.get(prefix + tensor.name)
        if place is None:
            if numpy_helper.to_array(tensor).size > 64:
                missing.append(tensor.name)
            kept.append(tensor)
            continue
        offset, length = place
        if 2 * int(numpy_helper.to_array(tensor).size) != length:
            raise ValueError(f"{tensor.name}: size differs from the one in {weights.name}")
        reference = TensorProto(name=tensor.name + ".half", data_type=TensorProto.FLOAT16, dims=tensor.dims)
        reference.data_location = TensorProto.EXTERNAL
        for key, value in (("location", weights.name), ("offset", offset), ("length", length)):
            reference.external_data.add(key=key, value=str(value))
        kept.append(reference)
        casts.append(helper.make_node("Cast", [reference.name], [tensor.name], to=TensorProto.FLOAT))
    if missing:
        raise ValueError(f"weights that {weights.name} does not hold: {missing}")
    nodes = list(model.graph.node)
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.initializer.extend(kept)
    model.graph.node.extend(casts + nodes)
