"""One interaction of the click network with a batch of simulated users: what a training step learns from.

Notation: N windows, M objects each, B = N * M objects; T tokens a side of a window.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inference.core.arrays import Mask
from inference.core.prompts import DistanceGuide, Prompt, base_label, box_label, paint
from inference.data.crops import Window
from inference.data.device import CPU, Compute
from inference.data.encoder_files import Encoder
from inference.data.simulated_user import Hand, SimulatedClick, Where, next_click, perturb
from inference.networks.click_network import ClickModel
from inference.training.losses import near_border, normalized_focal, soft_iou

LOOSE_BOX_NOISE = 0.1  # how far a careless box is off: a standard deviation, as a share of the box's size


@dataclass(frozen=True)
class UserRules:
    """How simulated users of the training behave; shares are of the objects, or of the clicks."""

    rounds_cap: int = 6
    more: float = 0.5  # chance of one more round before the one that is learned from
    corrections: float = 0.10  # share that begins with a wrong mask, as if imported
    boxes: float = 0.08  # share that begins with a box
    box_noise: float = 0.03  # standard deviation of each side of a box, as a share of the box's size
    own: float = 0.0  # share that begins with the model's own answer to a loose box or click that is then forgotten
    jitter: float = 0.0  # a click misses by so many model pixels (standard deviation)
    border: float = 0.0  # share of the later clicks that go near the border of the error
    anywhere: float = 0.0  # share of the later clicks that go anywhere in the error


@dataclass
class User:
    """One simulated user and what the model was told so far, at stride 2 (8T a side)."""

    truth: Mask
    void: Mask
    inside: Mask
    rules: UserRules
    rounds: int
    previous: Mask | None = None
    box: tuple[float, float, float, float] | None = None
    own: bool = False  # begins with a mask of the model's, see `begin_with_own`
    clicks: list[Prompt] = field(default_factory=list)
    guide: DistanceGuide = field(init=False)

    def __post_init__(self) -> None:
        side = self.truth.shape[0] // 4
        self.guide = DistanceGuide(side, side)

    def click(self, rng: np.random.Generator | None) -> None:
        """Click on the largest error of the current mask, without `rng` exactly as the NoC protocol does; an object
        that is perfect already gets no more clicks."""
        now = np.zeros_like(self.truth) if self.previous is None else self.previous
        ignore = self.void | ~self.inside
        if rng is None:
            found = next_click(now, self.truth, ignore)
        else:
            spread = rng.uniform(0.3, 0.95) if not self.clicks else 1 / 1.7
            hand = Hand(rng, self.rules.jitter / 2) if self.rules.jitter else None
            found = next_click(now, self.truth, ignore, rng, spread, self._where(rng), hand)
        self._take(found)

    def click_anywhere(self, rng: np.random.Generator) -> None:
        """A first click at any place of the object, however near to its border."""
        found = next_click(np.zeros_like(self.truth), self.truth, self.void | ~self.inside, rng, where="anywhere")
        self._take(found)

    def _take(self, found: SimulatedClick | None) -> None:
        if found is not None:
            prompt = Prompt(2 * found.x + 1.0, 2 * found.y + 1.0, found.positive)
            self.clicks.append(prompt)
            self.guide.add(prompt)

    def _where(self, rng: np.random.Generator) -> Where:
        rules = self.rules
        if not self.clicks or not rules.border + rules.anywhere:
            return "deep"
        chance = rng.random()
        return "border" if chance < rules.border else "anywhere" if chance < rules.border + rules.anywhere else "deep"

    def label(self) -> NDArray[np.uint8]:
        if self.box is not None and not self.clicks and self.previous is None:
            return box_label(self.inside, self.box)
        label = base_label(self.inside, self.previous)
        for prompt in self.clicks:
            paint(label, prompt)
        return label


def make_user(window: Window, which: int, rng: np.random.Generator, rules: UserRules) -> User:
    """A user for one object: how many rounds, and whether it starts from nothing, a wrong mask (made of the true one,
    or the model's own) or a box."""
    rounds = 0
    while rounds < rules.rounds_cap and rng.random() < rules.more:
        rounds += 1
    truth = window.masks[which]
    user = User(truth, window.void, window.inside, rules, max(rounds, window.min_clicks - 1))
    start = rng.random()
    if start < rules.corrections:
        wrong = perturb(truth, rng) & window.inside
        user.previous = wrong if wrong.any() else None
    elif start < rules.corrections + rules.boxes and window.min_clicks == 0:
        user.box = loose_box(truth, rng, rules.box_noise)
    elif 0 <= start - rules.corrections - rules.boxes < rules.own:
        user.own = True
    return user


def loose_box(truth: Mask, rng: np.random.Generator, noise: float) -> tuple[float, float, float, float]:
    """The box around a mask at stride 2, in model pixels; each side is off by `noise` (a standard deviation, as a
    share of the box's size)."""
    ys, xs = np.nonzero(truth)
    size = np.array([np.ptp(xs) + 1, np.ptp(ys) + 1] * 2) * 2.0
    box = np.array([xs.min(), ys.min(), xs.max() + 1, ys.max() + 1]) * 2.0 + rng.normal(0, noise, 4) * size
    return (float(box[0]), float(box[1]), float(box[2]), float(box[3]))


def sloppy(user: User, rng: np.random.Generator) -> User:
    """Somebody who asks carelessly for the same object: by a box that is 10 % off, or by one click anywhere on it."""
    other = User(user.truth, user.void, user.inside, user.rules, 0)
    if rng.random() < 0.5:
        other.box = loose_box(user.truth, rng, LOOSE_BOX_NOISE)
    else:
        other.click_anywhere(rng)
    return other


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
    index = torch.from_numpy(cells).to(sim.device)[:, None, None].expand(-1, heads, dim, -1)
    at = maps.gather(3, index)  # B x heads x dim x K
    cosine = torch.matmul(at.transpose(2, 3), maps)  # B x heads x K x hw
    sign = torch.from_numpy(signs).to(sim.device)[:, None, :, None]
    parts = [cosine.masked_fill(sign != s, -1.0).amax(2) for s in (1, -1)]
    return torch.cat(parts, 1).reshape(len(users), 2 * heads, h, w)


def decode_users(model: ClickModel, maps: tuple[Tensor, ...], owner: Tensor, users: list[User]) -> Tensor:
    """Logits B x 8T x 8T for what the users said so far."""
    s4, s8, s16, s32, sim = maps
    label = torch.from_numpy(np.stack([u.label() for u in users])[:, None]).to(s4.device).float()
    distance = torch.from_numpy(np.stack([u.guide.maps for u in users])).to(s4.device)
    guide = torch.cat([distance, similarity(sim, owner, users)], 1)
    return model.decoder(s4[owner], s8[owner], s16[owner], s32[owner], label, guide)[:, 0].float()


def encode_windows(model: ClickModel, encoder: Encoder, windows: list[Window], compute: Compute) -> tuple[Tensor, ...]:
    """The pyramid's maps for N windows, on the device. Windows without tokens are encoded here."""
    half = compute.half or torch.float32
    pixels = compute.put(np.stack([w.pixels for w in windows])).permute(0, 3, 1, 2)
    with torch.no_grad():
        cached = [w.tokens for w in windows if w.tokens is not None]
        if cached:
            tokens = compute.put(np.stack(cached))
        else:
            tokens = encoder.vit(compute.put(np.stack([w.picture for w in windows if w.picture is not None])))
        image = ((pixels.float() - 127.0) / 128.0).contiguous(memory_format=torch.channels_last)
        d2, d4, d8 = encoder.stem(image)
    return model.pyramid(tokens.to(half), d2, d4, d8)


def interact(
    model: ClickModel,
    encoder: Encoder,
    windows: list[Window],
    rng: np.random.Generator,
    rules: UserRules,
    compute: Compute = CPU,
    border: float = 0.0,
) -> dict[str, Tensor]:
    """One training step's forward pass: rounds without gradient, then the last one with it.

    `border`: extra weight of pixels near an object's border in the focal loss.
    Returns the mean `loss` and per object `iou`, `clicks` (B).
    """
    users = [make_user(w, m, rng, rules) for w in windows for m in range(len(w.masks))]
    owner = torch.arange(len(windows)).repeat_interleave(len(windows[0].masks)).to(compute.device)
    with compute.autocast():
        maps = encode_windows(model, encoder, windows, compute)
        with torch.no_grad():
            begin_with_own(model, maps, owner, users, rng)
            for turn in range(rules.rounds_cap + 1):
                active = [b for b, u in enumerate(users) if u.rounds > turn]
                if not active:
                    break
                some = [users[b] for b in active]
                for user in some:
                    if user.box is None or turn > 0:
                        user.click(rng)
                answer(some, decode_users(model, maps, owner[torch.tensor(active)], some))
        for user in users:
            if user.box is None or user.rounds > 0:
                user.click(rng)
        logits = decode_users(model, maps, owner, users)
    return learned(users, logits, compute, border)


def begin_with_own(
    model: ClickModel, maps: tuple[Tensor, ...], owner: Tensor, users: list[User], rng: np.random.Generator
) -> None:
    """Give those who begin with a mask of the model's what it answers to somebody careless; no prompt stays."""
    chosen = [b for b, u in enumerate(users) if u.own]
    if not chosen:
        return
    others = [sloppy(users[b], rng) for b in chosen]
    answer(others, decode_users(model, maps, owner[torch.tensor(chosen)], others))
    for b, other in zip(chosen, others, strict=True):
        users[b].previous = other.previous if other.previous is not None and other.previous.any() else None


def answer(users: list[User], logits: Tensor) -> None:
    """What the users see next."""
    for user, mask in zip(users, (logits > 0).cpu().numpy(), strict=True):
        user.previous = mask & user.inside


def learned(users: list[User], logits: Tensor, compute: Compute, border: float) -> dict[str, Tensor]:
    """Loss and figures of the last round; see `interact`."""
    truths = np.stack([u.truth for u in users])
    truth = compute.put(truths)
    counted = compute.put(np.stack([u.inside & ~u.void for u in users]))
    target, weight = truth.float(), counted.float()
    stressed = weight * (1 + border * compute.put(near_border(truths))) if border else weight
    per_object = normalized_focal(logits, target, stressed) + soft_iou(logits, target, weight)
    with torch.no_grad():
        mask, known = (logits > 0) & counted, truth & counted
        iou = (mask & known).sum((1, 2)) / (mask | known).sum((1, 2)).clamp(min=1)
    clicks = torch.tensor([len(u.clicks) for u in users])
    return {"loss": per_object.mean(), "iou": iou, "clicks": clicks}
