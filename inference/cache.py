"""The encoder's tokens of training pictures, computed once and kept on disk.

The encoder is frozen, so its tokens are constants of the training: one memory-mapped fp16 file a set. A folder per
set: `tokens.bin`, `pixels.bin` (padded model images) and `index.json`. Restartable: finished pictures are kept.

    python -m inference.cache --sets voc/train.json coco/train.json --cache var/cache
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from tqdm import tqdm

from inference.coco import CocoImage, read_rgb, read_set
from inference.geometry import LONG_SIDE, TOKEN, Frame, Image, vit_input
from inference.vit import ViT

CHANNELS = 3 * 384


@dataclass(frozen=True)
class CachedImage:
    """One picture of the cache: its annotations, geometry and place in the files."""

    source: CocoImage
    frame: Frame
    token_offset: int
    pixel_offset: int


def long_side(image: CocoImage) -> int:
    """Small pictures are kept at their own size (rounded to a token): no invented pixels, and more scales to learn."""
    return min(LONG_SIDE, max(image.height, image.width, 4 * TOKEN) // TOKEN * TOKEN)


class TokenCache:
    """Tokens and pixels of one data set."""

    def __init__(self, file: Path, root: Path) -> None:
        self.folder = root / f"{file.parent.name}-{file.stem}"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.images: list[CachedImage] = []
        tokens = pixels = 0
        for image in read_set(file):
            frame = Frame.of(image.height, image.width, long_side(image))
            self.images.append(CachedImage(image, frame, tokens, pixels))
            tokens += frame.tokens[0] * frame.tokens[1] * CHANNELS
            pixels += frame.padded_height * frame.padded_width * 3
        self.token_file = self._open("tokens.bin", np.float16, tokens)
        self.pixel_file = self._open("pixels.bin", np.uint8, pixels)
        self.done_path = self.folder / "done.json"
        self.done: set[int] = set(json.loads(self.done_path.read_text())) if self.done_path.exists() else set()

    def _open(self, name: str, dtype: Any, size: int) -> Any:
        path = self.folder / name
        mode: Any = "r+" if path.exists() and path.stat().st_size == size * np.dtype(dtype).itemsize else "w+"
        return np.memmap(path, dtype=dtype, mode=mode, shape=(size,))

    def tokens(self, index: int) -> NDArray[np.float16]:
        """h x w x 1152, a view of the file."""
        image = self.images[index]
        h, w = image.frame.tokens
        return self.token_file[image.token_offset : image.token_offset + h * w * CHANNELS].reshape(h, w, CHANNELS)

    def pixels(self, index: int) -> Image:
        """Padded model image, H x W x 3, a view of the file."""
        image = self.images[index]
        h, w = image.frame.padded_height, image.frame.padded_width
        return self.pixel_file[image.pixel_offset : image.pixel_offset + h * w * 3].reshape(h, w, 3)

    def fill(self, vit: ViT, batch: int = 4, bf16: bool = True) -> None:
        """Encode what is missing; pictures of one shape share a batch."""
        missing = [i for i in range(len(self.images)) if i not in self.done]
        missing.sort(key=lambda i: self.images[i].frame.tokens)
        with tqdm(total=len(missing), desc=self.folder.name, file=sys.stderr, mininterval=10) as bar:
            while missing:
                shape = self.images[missing[0]].frame.tokens
                chosen = [i for i in missing[:batch] if self.images[i].frame.tokens == shape]
                missing = missing[len(chosen) :]
                for i in chosen:
                    self.pixels(i)[:] = self.images[i].frame.resize(read_rgb(self.images[i].source.path))
                inputs = torch.from_numpy(np.stack([vit_input(np.asarray(self.pixels(i))) for i in chosen]))
                with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=bf16):
                    out = vit(inputs).to(torch.float16).numpy()
                for i, tokens in zip(chosen, out, strict=True):
                    self.tokens(i)[:] = tokens
                self.done.update(chosen)
                bar.update(len(chosen))
                if len(self.done) % 100 < batch or not missing:
                    self.done_path.write_text(json.dumps(sorted(self.done)))


def load_vit(path: Path) -> ViT:
    """The frozen encoder from `encoder.safetensors`."""
    vit = ViT().eval().requires_grad_(False)
    vit.load_state_dict({k[4:]: v.float() for k, v in load_file(path).items() if k.startswith("vit.")})
    return vit


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=Path, nargs="+", required=True, help="COCO-format files")
    parser.add_argument("--cache", type=Path, default=Path("var/cache"), help="folder of the token cache")
    parser.add_argument("--encoder", type=Path, default=Path("var/init/encoder.safetensors"))
    args = parser.parse_args()
    vit = load_vit(args.encoder)
    for file in args.sets:
        TokenCache(file, args.cache).fill(vit)


if __name__ == "__main__":
    main()
