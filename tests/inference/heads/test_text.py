"""Segment by text: phrases, the network's parts, learning, and what is handed to the click model."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from inference import ClickPredictor, Features
from inference.core.geometry import Frame
from inference.data.device import CPU
from inference.heads.data.phrases import KINDS, Phrase, Thing, captions_of, one_each, phrases
from inference.heads.networks.text import Lts, LtsConfig, balanced, locate, lts_loss
from inference.heads.sentences import Sentences, TextError
from inference.heads.text import Text, places, prompt, strongest
from inference.heads.training import text as training
from inference.heads.training.simple import make_loop
from inference.training.loop import Length, Loop
from inference.training.optim import OptimConfig
from tests.inference.heads.tiny import CHANNELS, example

TINY = LtsConfig(dim=CHANNELS, words=8, channels=16)


class Words(Sentences):
    """Made-up vectors of words, summed: enough to tell phrases apart. Real ones need the sentence encoder's weights."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def _encode_once(self, text: str) -> NDArray[np.float32]:
        vector = sum(np.random.default_rng(list(word.encode())).normal(size=self.size) for word in text.split())
        return np.asarray(vector / np.linalg.norm(vector), np.float32)


def thing(name: str, x: float, y: float, side: float = 40) -> Thing:
    return Thing(name, (x, y, x + side, y + side), side * side)


def said(found: list[Phrase], target: int, kind: str) -> list[str]:
    return [p.text for p in found if p.target == target and p.kind == kind]


def test_phrases_of_a_scene() -> None:
    things = [thing("dog", 10, 100), thing("dog", 400, 100, 80), thing("bench", 500, 90), thing("cup", 300, 300, 10)]
    found = phrases(things, 480, 640)
    assert said(found, 0, "side") == ["left dog", "the dog on the left", "leftmost dog"]
    assert said(found, 1, "side") == ["right dog", "the dog on the right", "rightmost dog"]
    assert said(found, 1, "size") == ["largest dog", "the biggest dog"]
    assert said(found, 0, "size") == ["smallest dog", "the smallest dog"]
    assert said(found, 1, "next") == ["the dog next to the bench"]
    assert said(found, 2, "class") == ["bench", "the bench"]
    assert not any(p.target == 3 for p in found)  # too small to speak of
    assert not any(p.category == "dog" for p in phrases(things, 480, 640, crowds=["dog"]))
    assert not any("bench" in p.text for p in phrases(things, 480, 640, crowds=["bench"]))


def test_small_objects_still_make_a_class_ambiguous() -> None:
    found = phrases([thing("dog", 10, 10), thing("dog", 12, 14, 10)], 480, 640)
    assert not any(p.kind in ("class", "side") for p in found)


def test_captions_name_only_objects() -> None:
    captions = ["A small brown dog sits on the old bench.", "the man and his dog", "Dog near a bench", "an old bench"]
    things = [thing("dog", 10, 10), thing("bench", 300, 10), thing("person", 500, 10)]
    found = phrases(things, 480, 640, captions=captions)
    assert said(found, 0, "caption") == ["small brown dog"]
    assert said(found, 1, "caption") == ["old bench"]
    assert said(found, 2, "caption") == ["man"]
    two = phrases([*things, thing("dog", 200, 200)], 480, 640, captions=captions)
    assert not said(two, 0, "caption")


scene = st.lists(
    st.tuples(st.sampled_from(["cat", "dog"]), st.integers(0, 560), st.integers(0, 400), st.integers(20, 200)),
    min_size=1,
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(scene)
def test_phrases_are_true_and_of_one_object(drawn: list[tuple[str, int, int, int]]) -> None:
    things = [thing(name, x, y, side) for name, x, y, side in drawn]
    targets: dict[str, int] = {}
    for phrase in phrases(things, 480, 640):
        assert targets.setdefault(phrase.text, phrase.target) == phrase.target
        me = things[phrase.target]
        others = [t for k, t in enumerate(things) if k != phrase.target and t.name == me.name]
        assert me.name == phrase.category
        assert me.name in phrase.text
        assert bool(others) == (phrase.kind not in ("class", "caption"))
        for word, truth in {
            "left": all(me.x < t.x for t in others),
            "right": all(me.x > t.x for t in others),
            "upper": all(me.y < t.y for t in others),
            "lower": all(me.y > t.y for t in others),
            "largest": all(me.area > t.area for t in others),
            "smallest": all(me.area < t.area for t in others),
        }.items():
            assert word not in phrase.text.split() or truth
    assert len(one_each(phrases(things, 480, 640))) <= len(KINDS) * len(things)


def test_the_response_is_the_convolution_with_the_sentences_kernel() -> None:
    torch.manual_seed(0)
    fused, kernels = torch.randn(2, 4, 5, 6), torch.randn(2, 4 * 9 + 1)
    found = locate(fused, kernels, 3).numpy()
    for b in range(2):
        weight = kernels[b, :-1].reshape(4, 3, 3).numpy() / np.sqrt(36)
        padded = np.pad(fused[b].numpy(), ((0, 0), (1, 1), (1, 1)))
        for y in range(5):
            for x in range(6):
                value = (padded[:, y : y + 3, x : x + 3] * weight).sum() + kernels[b, -1].item()
                assert found[b, y, x] == pytest.approx(value, abs=1e-4)


def test_another_sentence_gives_another_kernel_and_response() -> None:
    torch.manual_seed(0)
    model = Lts(TINY).eval()
    tokens, place = torch.randn(1, CHANNELS, 8, 8).expand(2, -1, -1, -1), torch.rand(1, 3, 8, 8).expand(2, -1, -1, -1)
    words = torch.nn.functional.normalize(torch.randn(2, TINY.words))
    with torch.inference_mode():
        response, mask = model(tokens, words, place)
        kernels = model.kernel(words * TINY.words**0.5)
        again = locate(model.fuse(tokens, words * TINY.words**0.5, place), kernels, 3)
    assert response.shape == (2, 8, 8)
    assert mask.shape == (2, 16, 16)
    assert torch.equal(response, again)
    assert (response[0] - response[1]).abs().max() > 1e-3
    assert (kernels[0] - kernels[1]).abs().max() > 1e-3


def test_gradients_are_finite_in_bfloat16() -> None:
    """PyTorch 2.13's bfloat16 gradients of widely dilated convolutions are NaN on CPUs: LTS computes those in fp32."""
    torch.manual_seed(0)
    model = CPU.place(Lts(TINY))
    words, share = torch.nn.functional.normalize(torch.randn(2, TINY.words)), torch.zeros(2, 16, 40)
    share[0, 2:5, 3:9] = 1
    with CPU.autocast():
        response, mask = model(torch.randn(2, CHANNELS, 16, 40), words, torch.ones(2, 3, 16, 40))
    fine = share.repeat_interleave(2, 1).repeat_interleave(2, 2)
    lts_loss(response, mask, share, fine, torch.ones(2, 16, 40))["loss"].backward()
    assert all(bool(p.grad.isfinite().all()) for p in model.parameters() if p.grad is not None)
    assert sum(p.grad is None for p in model.parameters()) == 0


def test_padding_does_not_count_in_the_loss() -> None:
    logits, share, valid = torch.randn(1, 6, 6), torch.zeros(1, 6, 6), torch.ones(1, 6, 6)
    share[:, 1:3, 1:3], valid[:, :, 4:] = 1, 0
    other = logits.clone()
    other[:, :, 4:] += 5
    assert torch.allclose(balanced(logits, share, valid), balanced(other, share, valid))
    assert balanced(20 * (2 * share - 1), share, valid).item() < 1e-6


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


def spoken(seed: int) -> training.Spoken:
    return training.spoken(example(seed))


def learner(pictures: list[training.Spoken]) -> Loop[training.Said]:
    torch.manual_seed(0)
    sampler = training.PhraseSampler(pictures, Words(TINY.words))
    optim = OptimConfig(rate=4e-3, warmup=10, average=0.9)
    return make_loop(Lts(TINY), sampler.draw, training.loss, optim, compute=replace(CPU, half=None))


def test_a_few_pictures_learned_by_heart_are_pointed_at(tmp_path: Path) -> None:
    pictures = [spoken(0), spoken(1)]
    assert {p.text for p in pictures[0].phrases} == {"cup", "the cup", "plate", "the plate"}
    run = learner(pictures)
    assert run.run(tmp_path, Length(steps=60))
    assert training.hits(run.model.eval(), pictures, Words(TINY.words)) == {"pointing": 1.0}


def test_shares_are_of_the_object() -> None:
    picture = example(0, [((2, 3, 6, 5), "cup")])
    coarse, fine = training.shares(picture, 0)
    assert coarse.shape == (16, 16)
    assert coarse.sum() == pytest.approx(8)
    assert (coarse[3:5, 2:6] == 1).all()
    assert (fine[6:10, 4:12] == 1).all()
    assert not training.shares(picture, None)[0].any()


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


def test_captions_are_read_by_image(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text(json.dumps({"images": [{"id": 3, "captions": ["a dog"]}, {"id": 4}]}))
    assert captions_of(file) == {"3": ["a dog"], "4": []}
