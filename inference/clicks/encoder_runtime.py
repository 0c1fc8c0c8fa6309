"""Encoding runtimes: ONNX Runtime (fp32) and PyTorch (CUDA, or bfloat16 on CPUs that are fast at it).

Both compute the same maps from the same weights. PyTorch is imported only when its runtime is chosen.
"""

from __future__ import annotations

import importlib.util
import os
import time
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from inference.core.arrays import Floats
from inference.core.features import PYRAMID, TOKENS
from inference.onnx.runtime import session

Maps = list[dict[str, NDArray[np.float16]]]
RUNTIMES = ("auto", "onnx", "torch")
TAPS = 3  # depths whose tokens the encoder gives side by side, the last one last (`ViTConfig.taps`)
_fastest: dict[tuple[str, int], str] = {}


class Encoder(Protocol):
    """ViT images (B x 3 x 14h x 14w) and stem images (B x 3 x 16h x 16w) of one shape to maps."""

    batch: int

    def __call__(self, vit: Floats, stem: Floats) -> Maps: ...


class OnnxEncoder:
    """Encoder and pyramid in ONNX Runtime."""

    batch = 1

    def __init__(self, weights: Path, threads: int) -> None:
        self.encoder = session(weights / "encoder.onnx", threads)
        self.pyramid = session(weights / "pyramid.onnx", threads)

    def __call__(self, vit: Floats, stem: Floats) -> Maps:
        parts = self.encoder.run(None, {"vit_image": vit, "stem_image": stem})
        maps = self.pyramid.run(list(PYRAMID), dict(zip(("tokens", "d2", "d4", "d8"), parts, strict=True)))
        return split(maps, parts[0])


class TorchEncoder:
    """Encoder and pyramid in PyTorch: fp16 on CUDA; on a CPU the ViT in bfloat16, the small rest in fp32.

    half=False: everything in fp32.
    """

    def __init__(self, weights: Path, threads: int, device: str, half: bool = True) -> None:
        import torch

        from inference.networks.loading import load_click, load_encoder

        self.torch = torch
        self.device = torch.device(device)
        self.threads = threads
        self.batch = 8 if self.device.type == "cuda" else 1
        self.half = half
        self.dtype = torch.float16 if self.device.type == "cuda" else torch.bfloat16
        self.encoder = load_encoder(weights).to(self.device)
        self.pyramid = load_click(weights).pyramid.to(self.device)

    def __call__(self, vit: Floats, stem: Floats) -> Maps:
        torch = self.torch
        before = torch.get_num_threads()
        if self.device.type == "cpu" and before != self.threads:
            torch.set_num_threads(self.threads)
        try:
            with torch.inference_mode():
                images = torch.from_numpy(vit).to(self.device)
                details = torch.from_numpy(stem).to(self.device)
                with torch.autocast(self.device.type, self.dtype, enabled=self.half):
                    tokens = self.encoder.look(images, details)
                maps = self.pyramid(tokens.float(), *self.encoder.stem(details))
                return split([m.float().cpu().numpy() for m in maps], tokens.float().cpu().numpy())
        finally:
            if torch.get_num_threads() != before:
                torch.set_num_threads(before)


def split(maps: list[Floats], tokens: Floats) -> Maps:
    """Batched fp32 maps of the pyramid, and the encoder's tokens of all depths (B x h x w x C), to one dictionary of
    fp16 maps an image, the last depth's tokens among them."""
    last = tokens[..., -(tokens.shape[-1] // TAPS) :].transpose(0, 3, 1, 2)
    named = dict(zip(PYRAMID, maps, strict=True)) | {TOKENS: last}
    halves = {name: np.clip(m, -65504, 65504).astype(np.float16, order="C") for name, m in named.items()}
    return [{name: np.ascontiguousarray(m[b]) for name, m in halves.items()} for b in range(len(tokens))]


def has_cuda() -> bool:
    """Is there a CUDA device that PyTorch can use? Does not import PyTorch on machines without an NVIDIA driver."""
    if not any(Path(p).exists() for p in ("/dev/nvidiactl", "/dev/nvidia0", "/dev/dxg")):
        return False
    if importlib.util.find_spec("torch") is None:
        return False
    import torch

    return bool(torch.cuda.is_available())


def make_encoder(weights: Path, threads: int, device: str, runtime: str) -> Encoder:
    """The encoder that was asked for; "auto" takes CUDA where there is one, else the faster of the two on this CPU.

    INTERLABEL_ENCODE_RUNTIME (onnx or torch) decides where the caller did not.
    """
    wanted = os.environ.get("INTERLABEL_ENCODE_RUNTIME") or "auto" if runtime == "auto" else runtime
    if wanted not in RUNTIMES:
        raise ValueError(f"encode_runtime is one of {', '.join(RUNTIMES)}, not {wanted!r}")
    if device == "auto":
        device = "cuda" if wanted != "onnx" and has_cuda() else "cpu"
    if device.startswith("cuda"):
        return TorchEncoder(weights, threads, device)
    if wanted == "auto":
        key = (str(weights), threads)
        if key not in _fastest:
            _fastest[key], chosen = faster(weights, threads)
            return chosen
        wanted = _fastest[key]
    return TorchEncoder(weights, threads, device) if wanted == "torch" else OnnxEncoder(weights, threads)


def faster(weights: Path, threads: int) -> tuple[str, Encoder]:
    """Time both runtimes on a small image (16 x 12 tokens) and return the faster one.

    PyTorch in bfloat16 wins only where the processor computes it; without such instructions it is not even tried.
    """
    onnx: Encoder = OnnxEncoder(weights, threads)
    if importlib.util.find_spec("torch") is None or not cpu_has_bf16():
        return "onnx", onnx
    torch_encoder: Encoder = TorchEncoder(weights, threads, "cpu")
    vit = np.zeros((1, 3, 12 * 14, 16 * 14), np.float32)
    stem = np.zeros((1, 3, 12 * 16, 16 * 16), np.float32)
    times = {}
    for name, encoder in (("onnx", onnx), ("torch", torch_encoder)):
        encoder(vit, stem)
        runs = []
        for _ in range(3):
            began = time.perf_counter()
            encoder(vit, stem)
            runs.append(time.perf_counter() - began)
        times[name] = min(runs)
    return ("torch", torch_encoder) if times["torch"] < times["onnx"] else ("onnx", onnx)


def cpu_has_bf16() -> bool:
    """Does the processor multiply bfloat16 (AVX-512 BF16 or AMX)? Reads Linux's /proc/cpuinfo."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags
