"""The encoder's tokens of training pictures, computed once and kept on disk.

The encoder is frozen, so its tokens are constants of the training: one memory-mapped fp16 file a set. A folder per
set: `tokens.bin`, `pixels.bin` (padded model images) and `done.json`. Restartable: finished pictures are kept.
Millions of pictures would take terabytes: with a GPU, windows are encoded as they are drawn (`Pictures`).

    python -m inference.data.token_cache --sets voc/train.json coco/train.json --cache var/cache
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from inference.core.arrays import Image
from inference.core.geometry import LONG_SIDE, TOKEN, Frame
from inference.data.coco import CocoImage, DataError, read_rgb, read_set
from inference.data.device import CPU, Compute
from inference.data.encoder_files import fingerprint, read_encoder, vit_picture
from inference.networks.vit import SMALL, ViT, ViTConfig


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


class Pictures:
    """The pictures of one data set as training sees them: read when asked for, without tokens."""

    def __init__(self, file: Path) -> None:
        self.name = f"{file.parent.name}-{file.stem}"
        self.images = list(self._places(file))
        self.done = set(range(len(self.images)))

    channels = 0

    def _places(self, file: Path) -> Iterator[CachedImage]:
        tokens = pixels = 0
        for image in read_set(file):
            frame = Frame.of(image.height, image.width, long_side(image))
            yield CachedImage(image, frame, tokens, pixels)
            tokens += frame.tokens[0] * frame.tokens[1] * self.channels
            pixels += frame.padded_height * frame.padded_width * 3

    def tokens(self, index: int) -> NDArray[np.float16] | None:
        """h x w x C; None where the window is encoded later."""
        return None

    def pixels(self, index: int) -> Image:
        """Padded model image, H x W x 3."""
        image = self.images[index]
        return image.frame.resize(read_rgb(image.source.path))


class TokenCache(Pictures):
    """Tokens and pixels of one data set, on disk. Made for one encoder: another one has a folder of its own if its
    sizes differ, else it is an error."""

    def __init__(self, file: Path, root: Path, vit: ViTConfig = SMALL) -> None:
        self.channels = vit.channels
        super().__init__(file)
        size = "" if vit == SMALL else f"-{vit.dim}x{vit.depth}p{vit.patch}"
        self.folder = root / (self.name + size)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.done_path = self.folder / "done.json"
        self.done = set(json.loads(self.done_path.read_text(encoding="utf-8"))) if self.done_path.exists() else set()
        areas = [i.frame.tokens[0] * i.frame.tokens[1] for i in self.images]
        self.token_file = self._open("tokens.bin", np.float16, sum(areas) * self.channels)
        self.pixel_file = self._open("pixels.bin", np.uint8, sum(areas) * TOKEN * TOKEN * 3)

    def _open(self, name: str, dtype: Any, size: int) -> Any:
        path = self.folder / name
        fits = path.exists() and path.stat().st_size == size * np.dtype(dtype).itemsize
        if self.done and not fits:
            raise DataError(f"{self.folder} was made of other pictures than {self.name} has now: remove the folder")
        mode: Any = "r+" if fits else "w+"
        return np.memmap(path, dtype=dtype, mode=mode, shape=(size,))

    def tokens(self, index: int) -> NDArray[np.float16]:
        """h x w x C, a view of the file."""
        image, c = self.images[index], self.channels
        h, w = image.frame.tokens
        return self.token_file[image.token_offset : image.token_offset + h * w * c].reshape(h, w, c)

    def pixels(self, index: int) -> Image:
        """Padded model image, H x W x 3, a view of the file."""
        image = self.images[index]
        h, w = image.frame.padded_height, image.frame.padded_width
        return self.pixel_file[image.pixel_offset : image.pixel_offset + h * w * 3].reshape(h, w, 3)

    def fill(self, vit: ViT, compute: Compute = CPU, batch: int = 4) -> None:
        """Encode what is missing; pictures of one shape share a batch."""
        self._sign(vit)
        missing = [i for i in range(len(self.images)) if i not in self.done]
        missing.sort(key=lambda i: self.images[i].frame.tokens)
        with tqdm(total=len(missing), desc=self.folder.name, file=sys.stderr, mininterval=10) as bar:
            while missing:
                shape = self.images[missing[0]].frame.tokens
                chosen = [i for i in missing[:batch] if self.images[i].frame.tokens == shape]
                missing = missing[len(chosen) :]
                for i in chosen:
                    self.pixels(i)[:] = self.images[i].frame.resize(read_rgb(self.images[i].source.path))
                tokens = encode(vit, compute, [np.asarray(self.pixels(i)) for i in chosen])
                for i, one in zip(chosen, tokens, strict=True):
                    self.tokens(i)[:] = one
                self.done.update(chosen)
                bar.update(len(chosen))
                if len(self.done) % 100 < batch or not missing:
                    self.done_path.write_text(json.dumps(sorted(self.done)), encoding="utf-8")

    def _sign(self, vit: ViT) -> None:
        """Keep whose tokens these are; tokens of two encoders must not be mixed."""
        path, mark = self.folder / "encoder.txt", fingerprint(vit)
        if path.exists() and path.read_text(encoding="utf-8") != mark:
            raise DataError(f"{self.folder} holds the tokens of another encoder: remove the folder, or use another one")
        path.write_text(mark, encoding="utf-8")


def encode(vit: ViT, compute: Compute, pictures: list[Image]) -> NDArray[np.float16]:
    """Tokens of padded model images of one size: B x h x w x C."""
    inputs = compute.put(np.stack([vit_picture(p, vit.cfg) for p in pictures]))
    with torch.inference_mode(), compute.autocast():
        return np.asarray(vit(inputs).to("cpu", torch.float16).numpy())


def load_vit(path: Path) -> ViT:
    """The frozen encoder from `encoder.safetensors`."""
    return read_encoder(path).vit


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=Path, nargs="+", required=True, help="COCO-format files")
    parser.add_argument("--cache", type=Path, default=Path("var/cache"), help="folder of the token cache")
    parser.add_argument("--encoder", type=Path, default=Path("var/init/encoder.safetensors"))
    parser.add_argument("--stem", type=Path, default=Path("var/init/encoder.safetensors"))
    args = parser.parse_args()
    compute = Compute.choose()
    vit = read_encoder(args.encoder, args.stem, compute).vit
    for file in args.sets:
        TokenCache(file, args.cache, vit.cfg).fill(vit, compute)


if __name__ == "__main__":
    main()
