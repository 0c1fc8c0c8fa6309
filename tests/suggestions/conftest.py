"""Images whose features say plainly what is on them, and a small head that the library has trained on such images."""

import fcntl
import hashlib
import json
import tempfile
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.test import Client

from inference.core.features import FACTORS, FEATURES_VERSION, MAPS, Features
from inference.core.geometry import Frame
from inference.heads.networks.config import HeadConfig
from inference.heads.proposals import encode
from labeling import masks
from labeling.accounts.models import User
from labeling.annotations import services as annotations
from labeling.features import store
from labeling.features.models import Encoding
from labeling.images.models import Image
from labeling.projects.models import Project
from labeling.suggestions import heads, learning
from labeling.suggestions.models import HeadVersion, Suggestion
from tests.conftest import picture_bytes

WIDTH, HEIGHT = 160, 40
TOKEN = 4  # image pixels a token, as a long side of 160 is shown at 640 model pixels
WORDS = ("car", "person")
CHANNELS = {"s4": 32, "s8": 64, "s16": 128, "s32": 192, "sim": 64, "tokens": 384}
Box = tuple[int, int, int, int]  # tokens: x0, y0, x1, y1


@dataclass(frozen=True)
class Scene:
    """What is on an image: rectangles of whole tokens with their class."""

    boxes: tuple[tuple[Box, str], ...]

    @classmethod
    def of(cls, seed: int) -> "Scene":
        """A car on the left and a person on the right."""
        rng = np.random.default_rng(seed)
        found = []
        for place, word in enumerate(WORDS):
            x, y = int(rng.integers(1, 8)) + 20 * place, int(rng.integers(1, 3))
            found.append(((x, y, x + int(rng.integers(5, 9)), y + 6), word))
        return cls(tuple(found))

    def tokens(self, seed: int) -> Any:
        """Noise, and in each rectangle what it is."""
        frame = Frame.of(HEIGHT, WIDTH)
        tokens = np.random.default_rng(seed).normal(0, 0.3, (CHANNELS["tokens"], *frame.tokens))
        for (x0, y0, x1, y1), word in self.boxes:
            tokens[WORDS.index(word) * 16 : WORDS.index(word) * 16 + 16, y0:y1, x0:x1] += 5
        return tokens.astype(np.float16)

    def masks(self) -> list[tuple[Any, str]]:
        """Each object's mask and class."""
        return [(bits(box), word) for box, word in self.boxes]


def bits(box: Box) -> Any:
    """A rectangle of tokens as a mask of the view."""
    x0, y0, x1, y1 = (TOKEN * side for side in box)
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[y0:y1, x0:x1] = True
    return mask


def features(seed: int) -> Features:
    """Features with the scene's tokens; the click model's maps are empty."""
    rows, columns = Frame.of(HEIGHT, WIDTH).tokens
    maps: dict[str, Any] = {
        name: np.zeros((CHANNELS[name], int(rows * FACTORS[name]), int(columns * FACTORS[name])), np.float16)
        for name in MAPS
        if name != "tokens"
    }
    maps["sim"] = maps["sim"].reshape(4, 16, *maps["sim"].shape[1:])
    return Features(FEATURES_VERSION, HEIGHT, WIDTH, {**maps, "tokens": Scene.of(seed).tokens(seed)})


def small(kind: str, classes: int) -> HeadConfig:
    """A head that learns in seconds."""
    return HeadConfig(classes, dim=32, heads=2, hidden=64, queries=9, auxiliary=2, layers=1)


@pytest.fixture(scope="session")
def trained(request: pytest.FixtureRequest) -> Path:
    """A FastInst head of the real library that knows cars and persons.

    Kept from run to run, and shared by runs beside each other, as long as the library and this file are the same.
    """
    cache: pytest.Cache = request.config.cache
    with (cache.mkdir("trained-head") / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = cache.mkdir("trained-head") / _state_of_the_library()
        if not folder.exists():
            with tempfile.TemporaryDirectory(dir=folder.parent) as out:
                _train(Path(out))
                (Path(out) / "head").rename(folder)
        return folder


def _state_of_the_library() -> str:
    """A name that changes with any line that the head could depend on."""
    root = Path(__file__).resolve().parents[2]
    sources = [Path(__file__), root / "requirements.txt", *sorted((root / "inference").rglob("*.py"))]
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:20]


def _train(out: Path) -> None:
    from inference.heads.data.examples import Example, Labelled, Vocabulary  # PyTorch takes seconds to load
    from inference.heads.training.heads import HeadOptim, train_head

    examples = [
        Example(
            f"{seed}", f"{seed}", Frame.of(HEIGHT, WIDTH), lambda seed=seed: Scene.of(seed).tokens(seed),  # type: ignore[misc]
            tuple(Labelled(encode(mask), word) for mask, word in Scene.of(seed).masks()),
        )
        for seed in range(100, 106)
    ]  # fmt: skip
    optim = HeadOptim(rate=4e-3, warmup=10, average=0.9)
    train_head(
        "instances", examples, out, vocabulary=Vocabulary(WORDS), steps=100, cfg=small("", 2), optim=optim, seed=1
    )


@pytest.fixture(autouse=True)
def _small_heads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Projects train small heads here, and no starter model is installed unless a test does it."""
    monkeypatch.setattr(learning, "sizes", small)
    monkeypatch.setattr(heads, "starter_folder", lambda kind: Path("/nonexistent") / kind)
    heads._loaded.clear()


@pytest.fixture
def starter(trained: Path, monkeypatch: pytest.MonkeyPatch, db: None) -> HeadVersion:
    """The trained head as the starter model that is installed."""
    known = {"instances": trained}
    monkeypatch.setattr(heads, "starter_folder", lambda kind: known.get(kind, Path("/nonexistent") / kind))
    heads.find_starters()
    return HeadVersion.objects.get(project=None)


AddImage = Callable[..., Image]


@pytest.fixture
def add_image(project: Project) -> AddImage:
    """`add_image(seed)`: an image of `project` with real files and features, ready to be looked at."""

    def add(seed: int = 0, state: str = "ready", of: Project = project) -> Image:
        image = Image(project=of, name=f"{seed}.png", sha256=uuid.uuid4().hex * 2, width=WIDTH, height=HEIGHT)
        content = picture_bytes(WIDTH, HEIGHT, seed)
        image.original = image.view = image.original.field.storage.save(f"{uuid.uuid4().hex}.png", ContentFile(content))
        image.save()
        row = Encoding(image=image, state=state)
        if state == "ready":
            stored = store.save(of.pk, image.pk, features(seed))
            row.features_version, row.storage_key, row.sha256 = stored.version, stored.key, stored.sha256
        row.save()
        return image

    return add


@pytest.fixture
def finish(bob: User) -> Callable[[Image, int], None]:
    """`finish(image, seed)`: keep what is on it, as an annotator does, and say that it is done."""

    def make(image: Image, seed: int) -> None:
        numbers = dict(image.project.categories.values_list("name", "number"))
        version = 0
        for mask, word in Scene.of(seed).masks():
            version, _, _ = annotations.create(
                image, bob, version=version, uid=uuid.uuid4(), category=numbers[word],
                counts=masks.encode(mask), clicks=[],
            )  # fmt: skip
        annotations.set_status(image, bob, version=version, status="done")

    return make


Suggest = Callable[..., Suggestion]


@pytest.fixture
def suggest() -> Suggest:
    """`suggest(image, (1, 1, 5, 6), word="car", score=0.9)`: a stored suggestion of a rectangle of tokens."""

    def make(
        image: Image,
        box: Box = (1, 1, 6, 6),
        word: str = "car",
        score: float = 0.9,
        method: str = "instances",
        **more: Any,
    ) -> Suggestion:
        counts = masks.encode(bits(box))
        area, found = masks.area_and_box(counts, HEIGHT, WIDTH)
        category = image.project.categories.filter(name=word).first()
        return Suggestion.objects.create(
            image=image, method=method, word=word, category=category, score=score, counts=counts, area=area,
            bbox_x=found.x, bbox_y=found.y, bbox_width=found.width, bbox_height=found.height, **more,
        )  # fmt: skip

    return make


def send(client: Client, method: str, url: str, body: dict[str, Any] | None = None) -> Any:
    """A JSON request."""
    return client.generic(method, url, json.dumps(body or {}), "application/json")
