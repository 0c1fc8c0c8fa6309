"""A quick look at a model in training: the NoC protocol on a small, fixed sample, at the model's own resolution.

Unlike `inference.evaluate` it works on the model in memory, at stride 2 and without setting clicked pixels right: its
figures say whether a run gets better, not how good the product is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from inference.core.arrays import Image, Mask
from inference.core.geometry import LONG_SIDE, TOKEN, Frame
from inference.data.coco import CocoImage, read_rgb
from inference.data.crops import Region, Window, cut_mask, cut_pixels, cut_tokens
from inference.data.device import Compute
from inference.data.encoder_files import Encoder
from inference.data.simulated_user import SimulatedClick
from inference.data.token_cache import CachedImage, encode
from inference.measure.drawing import save, sheet, tile
from inference.measure.noc import iou, sample, truth_of, void_of
from inference.networks.click_network import ClickModel
from inference.training.interaction import User, UserRules, answer, decode_users, encode_windows

CLICKS = 5
SHOWN = 3  # clicks on the contact sheet
SIDE = LONG_SIDE // TOKEN


@dataclass
class Validation:
    """Pictures of a fixed sample of objects, encoded once."""

    windows: list[Window]
    encoder: Encoder
    compute: Compute

    @classmethod
    def of(cls, file: Path, objects: int, encoder: Encoder, compute: Compute) -> Validation:
        """A sample (seed 0) of a file's objects of at least 1,000 pixels."""
        windows = []
        for image, chosen in sample(file, objects, 1000, 0):
            masks = [truth_of(a, image) for a in chosen]
            windows.append(_window(image, masks, encoder, compute))
        return cls([w for w in windows if w is not None], encoder, compute)

    def run(self, model: ClickModel, sheet_path: Path | None = None) -> dict[str, float]:
        """Mean IoU after 1, 3 and 5 clicks, the share of clicks that lower it by more than 0.02, and a contact
        sheet of the answers after three clicks (at most 24)."""
        model.eval()
        ious: list[list[float]] = []
        tiles: list[Image] = []
        with torch.inference_mode():
            for window in self.windows:
                users = [User(mask, window.void, window.inside, UserRules(), 0) for mask in window.masks]
                after: list[list[float]] = []
                for k, now in enumerate(self._clicks(model, window, users), 1):
                    after.append(now)
                    if k == SHOWN:
                        tiles += [_tile(window, u, v) for u, v in zip(users, now, strict=True)]
                ious += [list(each) for each in zip(*after, strict=True)]
        model.train()
        if sheet_path is not None and tiles:
            save(sheet_path, sheet(tiles[:24], 8))
        curves = np.array(ious)
        figures = {f"val_iou{k}": round(float(curves[:, k - 1].mean()), 4) for k in (1, 3, 5)}
        return figures | {"val_worse": round(float((np.diff(curves) < -0.02).mean()), 4), "val_objects": len(ious)}

    def _clicks(self, model: ClickModel, window: Window, users: list[User]) -> Iterator[list[float]]:
        """IoU of each user, click by click. The first answer is looked at twice, as a session does."""
        owner = torch.zeros(len(users), dtype=torch.long, device=self.compute.device)
        ignore = window.void | ~window.inside
        with self.compute.autocast():
            maps = encode_windows(model, self.encoder, [window], self.compute)
        for k in range(CLICKS):
            for user in users:
                user.click(None)
            for _ in range(2 if k == 0 else 1):
                with self.compute.autocast():
                    answer(users, decode_users(model, maps, owner, users))
            yield [iou(u.previous, u.truth, ignore) for u in users if u.previous is not None]


def _window(image: CocoImage, masks: list[Mask], encoder: Encoder, compute: Compute) -> Window | None:
    """A whole picture as a window of 40 x 40 tokens, at the scale of use; None if nothing of its objects is left."""
    frame = Frame.of(image.height, image.width)
    place = CachedImage(image, frame, 0, 0)
    region = Region(0.0, 0.0, 1.0, SIDE)
    pixels = frame.resize(read_rgb(image.path))
    tokens = encode(encoder.vit, compute, [pixels])[0]
    void = void_of(image)
    everything = np.ones((image.height, image.width), bool)
    small = [cut_mask(m, place, region) for m in masks]
    small = [m for m in small if m.any()]
    if not small:
        return None
    return Window(
        cut_tokens(tokens, region),
        cut_pixels(pixels, region),
        np.stack(small),
        cut_mask(~everything if void is None else void, place, region, 0.25),
        cut_mask(everything, place, region),
        0,
    )


def _tile(window: Window, user: User, value: float) -> Image:
    picture = window.pixels[::2, ::2]
    clicks = [SimulatedClick(int(c.x / 2), int(c.y / 2), c.positive) for c in user.clicks]
    mask = np.zeros_like(user.truth) if user.previous is None else user.previous
    return tile(picture, user.truth, mask, clicks, f"IoU {value:.2f}", 150)
