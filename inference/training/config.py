"""The named configurations of `python -m inference.train clicks`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from inference.data.window_sampler import SetRule
from inference.networks.pyramid import BASE, LARGE, SMALL, ModelConfig
from inference.training.interaction import UserRules
from inference.training.optim import OptimConfig


@dataclass(frozen=True)
class TrainConfig:
    """What `--config` names. `windows`: (tokens a side, windows a batch, chance)."""

    model: ModelConfig = SMALL
    windows: tuple[tuple[int, int, float], ...] = ((20, 6, 0.3), (28, 3, 0.35), (36, 2, 0.35))
    objects: int = 3
    users: UserRules = UserRules()
    hard: float = 1.0  # how many times as often as others small, thin and touching objects are drawn
    frozen: tuple[str, ...] = ()  # parts that stay as they are: "pyramid" keeps features valid; needs --from
    optimiser: str = "muon"  # or "adamw" for every weight
    rate: float = 1.5e-3
    warmup: int = 200
    weight_decay: float = 0.02
    ema: float = 0.999
    clip: float = 1.0
    border: float = 0.0  # extra weight of pixels near an object's border
    copy_paste: float = 0.0  # share of the windows with an object pasted onto another picture
    composites: int = 0  # pictures made for that beforehand, where tokens are cached
    live: bool = False  # encode windows as they are drawn, for sets too large to cache; needs a GPU
    workers: int = 1  # threads that prepare windows
    rules: dict[str, SetRule] = field(default_factory=dict)

    @property
    def optim(self) -> OptimConfig:
        """How the network learns."""
        return OptimConfig(self.rate, self.warmup, self.weight_decay, self.ema, self.clip, self.optimiser)


RULES = {
    "voc": SetRule(0.42),
    "coco": SetRule(0.27),
    "coco128": SetRule(0.12),
    "davis": SetRule(0.10),
    "ccp": SetRule(0.06, regions=True, union=0.4),
    "bsds": SetRule(0.03, regions=True),
}
LARGE_RULES = {"coco": SetRule(0.6), "lvis": SetRule(0.4)} | {k: v for k, v in RULES.items() if k != "coco"}
PEOPLE = UserRules(jitter=3.0, border=0.15, anywhere=0.1)
PAPER = UserRules(rounds_cap=20, more=0.6, jitter=3.0, border=0.1, anywhere=0.1)
BOXES = UserRules(corrections=0.06, boxes=0.4, box_noise=0.025, own=0.1, jitter=2.0, border=0.1, anywhere=0.1)
GPU = TrainConfig(  # batch, rounds and crops as InterFormer's; not run by us for want of a GPU
    windows=((32, 16, 1.0),),
    users=PAPER,
    rate=1e-3,
    ema=0.9998,
    copy_paste=0.15,
    live=True,
    workers=8,
    rules=LARGE_RULES,
)
CONFIGS = {
    "small": TrainConfig(rules=RULES),
    "small-adamw": TrainConfig(rules=RULES, optimiser="adamw"),
    "small-augmented": TrainConfig(rules=RULES, users=PEOPLE, copy_paste=0.15, composites=800),
    "small-boxes": TrainConfig(
        rules=RULES, users=BOXES, hard=2.0, frozen=("pyramid",), rate=6e-4, warmup=50, ema=0.997
    ),
    "base": replace(GPU, model=BASE),
    "large": replace(GPU, model=LARGE),
    "tiny": TrainConfig(windows=((4, 2, 1.0),), objects=2, users=UserRules(rounds_cap=2), warmup=2, rules=RULES),
}
