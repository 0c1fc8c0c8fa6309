"""Segment by text: what is located, and what is handed to the click model."""

import json

import numpy as np
import pytest
import torch

from inference import ClickPredictor, Features
from inference.core.geometry import Frame
from inference.heads.networks.text import Lts, LtsConfig
from inference.heads.sentences import TextError
from inference.heads.text import Text, places, prompt, strongest
from inference.heads.training import text as training
from tests.inference.heads.tiny_text import Words


def test_places_say_where_in_the_picture_not_in_its_padding() -> None:
    frame = Frame.of(400, 640)
    where = places(frame)
    assert where.shape == (3, 28, 40)
    assert (where[2, :25] == 1).all()
    assert not where[:, 25:].any()
    assert where[0, 0, 0] == pytest.approx(-1 + 16 / 640)
    assert where[1, 24, 0] == pytest.approx(1 - 16 / 400)


def test_the_click_lies_in_the_part_that_is_meant() -> None:
    frame = Frame.of(320, 640)
    response, mask = np.full((20, 40), 0.01, np.float32), np.zeros((40, 80), np.float32)
    mask[4:12, 4:20] = 0.9
    mask[20:30, 50:70] = 0.8
    response[10:15, 25:35] = 0.7
    click, box = prompt(response, mask, frame)
    assert box == (400, 160, 560, 240)
    assert box[0] < click.x < box[2]
    assert box[1] < click.y < box[3]
    assert click.positive
    unsure = prompt(response, np.zeros_like(mask), frame)
    assert unsure.box == (400, 160, 560, 240)
    assert not strongest(np.zeros((40, 80), bool), response).any()


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory, predictor: ClickPredictor) -> Text:
    """An untrained head with the real tokens' size, exported."""
    torch.manual_seed(1)
    cfg = LtsConfig(words=8, channels=16)
    where = tmp_path_factory.mktemp("text")
    assert training.write(Lts(cfg).state_dict(), cfg, where, {}) < 2e-3
    assert json.loads((where / "manifest.json").read_text())["parity"] < 2e-3
    return Text(predictor, where, Words(8))


def test_onnx_runtime_gives_what_pytorch_gives_at_another_size(text: Text, features: Features) -> None:
    from safetensors.torch import load_file

    model = Lts(LtsConfig(words=8, channels=16)).eval()
    state = load_file(text.graph.folder / "head.safetensors")
    model.load_state_dict({k.removeprefix("head."): v.float() for k, v in state.items()})
    response, mask = text.maps(features, "a cup")
    sentence, where = text.sentences.encode("a cup"), np.array(places(features.frame))
    inputs = [torch.from_numpy(a.astype(np.float32)[None]) for a in (features.tokens, sentence, where)]
    with torch.inference_mode():
        expected = [m[0].sigmoid().numpy() for m in model(*inputs)]
    assert np.abs(expected[0][: response.shape[0], : response.shape[1]] - response).max() < 1e-3
    assert np.abs(expected[1][: mask.shape[0], : mask.shape[1]] - mask).max() < 1e-3


def test_what_is_located_can_be_clicked_on(text: Text, predictor: ClickPredictor, features: Features) -> None:
    response, proposal = text.locate(features, "the left cup")
    assert response.shape == (30, 40)  # a picture of 160 x 120
    assert 0 <= response.min() <= response.max() == proposal.score <= 1
    again = text.locate(features, " the left  cup ")
    assert np.array_equal(again.response, response)
    assert again.proposal == proposal
    (click,) = proposal.clicks
    assert proposal.mask()[int(click.y), int(click.x)]
    session = predictor.session(features, previous=proposal.mask())
    assert session.click(click.x, click.y, False)[int(click.y), int(click.x)] == False  # noqa: E712
    with pytest.raises(TextError, match="few words"):
        text.locate(features, " ?")
