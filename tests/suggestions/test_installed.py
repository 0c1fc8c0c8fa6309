"""Models that are installed with the server, on a picture that was really encoded. Those here are exported by the
library with its real files and sizes, but untrained: what they find is no object, how they are asked is real."""

import base64
import uuid
from collections.abc import Callable, Iterator
from functools import partialmethod
from pathlib import Path

import cv2
import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.test import Client

from labeling.accounts.models import User
from labeling.features import model, store
from labeling.features.models import Encoding
from labeling.images.models import Image
from labeling.projects.models import Project
from labeling.suggestions import heads, runs, work
from labeling.suggestions.methods import everything, text
from labeling.suggestions.open_suggestions import offered
from tests.conftest import picture, picture_bytes
from tests.suggestions.conftest import send, small

pytestmark = pytest.mark.once

LETTERS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "round", "thing", "on", "left"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like `inference/weights/heads`."""
    import torch
    from safetensors.numpy import save_file

    from inference.heads.data.examples import Vocabulary
    from inference.heads.networks.discoverer import Discovery, DiscoveryConfig
    from inference.heads.networks.text import Lts, LtsConfig
    from inference.heads.sentences import WIDTH, quantised
    from inference.heads.training import everything as discovery_training
    from inference.heads.training import text as lts_training
    from inference.heads.training.head_files import make_model, write_head
    from tests.inference.heads.test_sentences import random_state

    torch.manual_seed(3)
    folder = tmp_path_factory.mktemp("heads")
    discovery = Discovery(DiscoveryConfig(channels=16))
    torch.nn.init.normal_(discovery.classify.weight, std=0.3)
    discovery_training.write(discovery.state_dict(), DiscoveryConfig(channels=16), folder / "everything", {})
    for kind in ("instances", "panoptic"):
        vocabulary = Vocabulary(("person", "car"))
        write_head(make_model(kind, small(kind, 2)), kind, vocabulary, folder / kind)
    cfg = LtsConfig(words=WIDTH, channels=16)
    lts_training.write(Lts(cfg).state_dict(), cfg, folder / "text", {})
    (folder / "sentences").mkdir()
    (folder / "sentences" / "vocabulary.txt").write_text("\n".join(LETTERS))
    save_file(quantised(random_state(rows=len(LETTERS))), folder / "sentences" / "sentences.safetensors")
    return folder


@pytest.fixture
def image(project: Project, installed: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Image]:
    """Three discs, encoded, on a server with these models."""
    monkeypatch.setattr(heads, "starter_folder", lambda kind: installed / kind)
    heads.find_starters()
    image = Image(project=project, name="discs.png", sha256=uuid.uuid4().hex * 2, width=320, height=240)
    image.original = image.view = image.original.field.storage.save("discs.png", ContentFile(picture_bytes()))
    image.save()
    stored = store.save(project.pk, image.pk, model.predictor().encode(picture()))
    Encoding.objects.create(
        image=image, state="ready", features_version=stored.version, storage_key=stored.key, sha256=stored.sha256
    )
    caches = (everything.discoverer, text.finder)
    for cached in caches:
        cached.cache_clear()
    yield image
    for cached in caches:
        cached.cache_clear()


def test_everything_outlines_what_is_discovered(image: Image, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the 20 best boxes, of which 10 may be kept: this untrained model is as unsure of 180, and all are decoded."""
    from inference.heads.everything import Everything

    monkeypatch.setattr(everything, "LIMIT", 10)
    monkeypatch.setattr(Everything, "discover", partialmethod(Everything.discover, limit=20))
    run = runs.start(image.project, alice, "everything")
    assert work.work_off() == 1
    assert run.rows.get().state == "ready", run.rows.get().reason
    found = offered(image)
    assert 0 < len(found) <= everything.LIMIT
    assert all(row.category is None and row.clicks == [] for row in found)


@pytest.mark.parametrize("kind", ["instances", "panoptic"])
def test_a_starter_model_answers(image: Image, alice: User, kind: str) -> None:
    head = heads.best(image.project, kind)
    assert head is not None
    assert head.project is None
    assert "person" in head.classes
    for options in ({}, {"threshold": 0.0, "refine": True}):
        runs.start(image.project, alice, kind, options=options)
        assert work.work_off() == 1
    row = image.run_images.first()
    assert row is not None
    assert row.state == "ready", row.reason
    assert row.doubt is not None


def test_a_phrase_is_looked_for(image: Image, bob: User, as_user: Callable[[User | None], Client]) -> None:
    answer = send(as_user(bob), "POST", f"/api/images/{image.pk}/text", {"phrase": "the round thing on the left"})
    assert answer.status_code == 200, answer.content
    found = answer.json()
    grey = cv2.imdecode(np.frombuffer(base64.b64decode(found["heat"]["png"]), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert grey is not None
    assert grey.shape == (30, 40)
    assert len(answer.content) < 50_000
    if found["suggestion"] is None:
        assert found["missing"] in ("kept", "nothing")
    else:
        assert "missing" not in found
        assert found["suggestion"]["word"] == "the round thing on the left"
        assert len(found["suggestion"]["clicks"]) == 1


def test_without_the_sentence_encoder_text_is_not_offered(
    image: Image, bob: User, as_user: Callable[[User | None], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heads, "starter_folder", lambda kind: Path("/nonexistent") / kind)
    answer = send(as_user(bob), "POST", f"/api/images/{image.pk}/text", {"phrase": "a disc"})
    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "method_not_installed"
