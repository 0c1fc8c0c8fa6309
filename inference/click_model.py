"""Pyramid and decoder as one trainable module, and one interaction with a batch of simulated users.

Notation: N windows, M objects each, B = N * M objects; T tokens a side of a window.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from inference.decoder import Decoder
from inference.losses import near_border, normalized_focal, soft_iou
from inference.prompts import DistanceGuide, Prompt, base_label, box_label, paint
from inference.pyramid import SMALL, ModelConfig, Pyramid
from inference.simulate import Mask, next_click, perturb
from inference.stem import Stem
from inference.windows import Window


class ClickModel(nn.Module):
    """The trained parts of the click model."""

    def __init__(self, cfg: ModelConfig = SMALL) -> None:
        super().__init__()
        self.cfg = cfg
        self.pyramid = Pyramid(cfg)
        self.decoder = Decoder(cfg)


@dataclass
class User:
    """One simulated user and what the model was told so far, at stride 2 (8T a side)."""

    truth: Mask
    void: Mask
    inside: Mask
    min_clicks: int
    rounds: int
    previous: Mask | None = None
    box: tuple[float, float, float, float] | None = None
    clicks: list[Prompt] = field(default_factory=list)
    guide: DistanceGuide = field(init=False)

    def __post_init__(self) -> None:
        side = self.truth.shape[0] // 4
        self.guide = DistanceGuide(side, side)

    def click(self, rng: np.random.Generator) -> None:
        """Click on the largest error of the current mask; an object that is perfect already gets no more clicks."""
        now = np.zeros_like(self.truth) if self.previous is None else self.previous
        spread = rng.uniform(0.3, 0.95) if not self.clicks else 1 / 1.7
        found = next_click(now, self.truth, self.void | ~self.inside, rng, spread)
        if found is not None:
            prompt = Prompt(2 * found.x + 1.0, 2 * found.y + 1.0, found.positive)
            self.clicks.append(prompt)
            self.guide.add(prompt)

    def label(self) -> NDArray[np.uint8]:
        if self.box is not None and not self.clicks and self.previous is None:
            return box_label(self.inside, self.box)
        label = base_label(self.inside, self.previous)
        for prompt in self.clicks:
            paint(label, prompt)
        return label


def make_user(window: Window, which: int, rng: np.random.Generator, rounds_cap: int, more: float) -> User:
    """A user for one object: how many rounds, and whether it starts from nothing, a wrong mask or a box."""
    rounds = 0
    while rounds < rounds_cap and rng.random() < more:
        rounds += 1
    truth = window.masks[which]
    user = User(truth, window.void, window.inside, window.min_clicks, max(rounds, window.min_clicks - 1))
    start = rng.random()
    if start < 0.10:
        wrong = perturb(truth, rng) & window.inside
        user.previous = wrong if wrong.any() else None
    elif start < 0.18 and window.min_clicks == 0:
        ys, xs = np.nonzero(truth)
        size = np.array([np.ptp(xs) + 1, np.ptp(ys) + 1] * 2) * 2.0
        box = np.array([xs.min(), ys.min(), xs.max() + 1, ys.max() + 1]) * 2.0 + rng.normal(0, 0.03, 4) * size
        user.box = (float(box[0]), float(box[1]), float(box[2]), float(box[3]))
    return user


def similarity(sim: Tensor, owner: Tensor, users: list[User]) -> Tensor:
    """Largest cosine of every position to the positive and to the negative clicks (-1 where there is none).

    sim: N x heads x dim x h x w. owner: B, the window of each user. Returns B x 2 * heads x h x w.
    """
    n, heads, dim, h, w = sim.shape
    most = max(1, max(len(u.clicks) for u in users))
    cells = np.zeros((len(users), most), np.int64)
    signs = np.zeros((len(users), most), np.int64)
    for b, user in enumerate(users):
        for k, c in enumerate(user.clicks):
            cells[b, k] = min(h - 1, int(c.y / 8)) * w + min(w - 1, int(c.x / 8))
            signs[b, k] = 1 if c.positive else -1
    maps = sim.flatten(3)[owner]  # B x heads x dim x hw
    index = torch.from_numpy(cells)[:, None, None].expand(-1, heads, dim, -1)
    at = maps.gather(3, index)  # B x heads x dim x K
    cosine = torch.matmul(at.transpose(2, 3), maps)  # B x heads x K x hw
    sign = torch.from_numpy(signs)[:, None, :, None]
    parts = [cosine.masked_fill(sign != s, -1.0).amax(2) for s in (1, -1)]
    return torch.cat(parts, 1).reshape(len(users), 2 * heads, h, w)


def decode_users(model: ClickModel, maps: tuple[Tensor, ...], owner: Tensor, users: list[User]) -> Tensor:
    """Logits B x 8T x 8T for what the users said so far."""
    s4, s8, s16, s32, sim = maps
    label = torch.from_numpy(np.stack([u.label() for u in users])[:, None]).float()
    distance = torch.from_numpy(np.stack([u.guide.maps for u in users]))
    guide = torch.cat([distance, similarity(sim, owner, users)], 1)
    return model.decoder(s4[owner], s8[owner], s16[owner], s32[owner], label, guide)[:, 0].float()


def encode_windows(model: ClickModel, stem: Stem, windows: list[Window]) -> tuple[Tensor, ...]:
    """The pyramid's maps for N windows."""
    tokens = torch.from_numpy(np.stack([w.tokens for w in windows])).to(torch.bfloat16)
    pixels = torch.from_numpy(np.stack([w.pixels for w in windows])).permute(0, 3, 1, 2)
    with torch.no_grad():
        image = ((pixels.float() - 127.0) / 128.0).contiguous(memory_format=torch.channels_last)
        d2, d4, d8 = stem(image)
    return model.pyramid(tokens if torch.is_autocast_enabled("cpu") else tokens.float(), d2, d4, d8)


def interact(
    model: ClickModel,
    stem: Stem,
    windows: list[Window],
    rng: np.random.Generator,
    rounds_cap: int,
    more: float,
    bf16: bool,
    border: float = 0.0,
) -> dict[str, Tensor]:
    """One training step's forward pass: rounds without gradient, then the last one with it.

    `border`: extra weight of pixels near an object's border in the focal loss.
    Returns the mean `loss` and per object `iou`, `clicks` (B).
    """
    users = [make_user(w, m, rng, rounds_cap, more) for w in windows for m in range(len(w.masks))]
    owner = torch.arange(len(windows)).repeat_interleave(len(windows[0].masks))
    with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        maps = encode_windows(model, stem, windows)
        with torch.no_grad():
            for turn in range(rounds_cap + 1):
                active = [b for b, u in enumerate(users) if u.rounds > turn]
                if not active:
                    break
                some = [users[b] for b in active]
                for user in some:
                    if user.box is None or turn > 0:
                        user.click(rng)
                logits = decode_users(model, maps, owner[torch.tensor(active)], some)
                for user, mask in zip(some, (logits > 0).numpy(), strict=True):
                    user.previous = mask & user.inside
        for user in users:
            if user.box is None or user.rounds > 0:
                user.click(rng)
        logits = decode_users(model, maps, owner, users)
    truths = np.stack([u.truth for u in users])
    truth = torch.from_numpy(truths)
    counted = torch.from_numpy(np.stack([u.inside & ~u.void for u in users]))
    target, weight = truth.float(), counted.float()
    stressed = weight * (1 + border * torch.from_numpy(near_border(truths)))
    per_object = normalized_focal(logits, target, stressed) + soft_iou(logits, target, weight)
    with torch.no_grad():
        mask, known = (logits > 0) & counted, truth & counted
        iou = (mask & known).sum((1, 2)) / (mask | known).sum((1, 2)).clamp(min=1)
    clicks = torch.tensor([len(u.clicks) for u in users])
    return {"loss": per_object.mean(), "iou": iou, "clicks": clicks}
