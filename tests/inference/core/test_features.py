"""Storing features."""

import json

import numpy as np
import pytest

from inference import FEATURES_VERSION, Features, FeaturesError
from inference.core.features import FACTORS, PYRAMID, TOKENS, WEIGHTS
from inference.core.geometry import Frame, stem_input, vit_input
from inference.onnx.runtime import session
from tests.inference.conftest import Image, Mask


def test_round_trip(features: Features) -> None:
    again = Features.from_bytes(features.to_bytes())
    assert (again.version, again.height, again.width) == (features.version, features.height, features.width)
    assert set(again.maps) == set(features.maps)
    assert all(np.array_equal(again.maps[k], features.maps[k]) for k in features.maps)
    assert again.nbytes == features.nbytes


def test_another_version_is_refused_with_both_names(features: Features) -> None:
    kept = {name: features.maps[name] for name in PYRAMID}  # the layout before tokens were kept
    old = Features("vits14-pyr1-00000000", features.height, features.width, kept)
    with pytest.raises(FeaturesError, match=f"vits14-pyr1-00000000.*{FEATURES_VERSION}"):
        Features.from_bytes(old.to_bytes())
    assert Features.from_bytes(old.to_bytes(), version="vits14-pyr1-00000000").version == old.version


@pytest.mark.parametrize("keep", [0, 4, 8, 100, 5000])
def test_data_that_ends_early_is_refused(features: Features, keep: int) -> None:
    with pytest.raises(FeaturesError):
        Features.from_bytes(features.to_bytes()[:keep])


def test_noise_is_refused() -> None:
    with pytest.raises(FeaturesError):
        Features.from_bytes(np.random.default_rng(0).bytes(4000))


def test_maps_must_fit_the_image(features: Features) -> None:
    wrong = Features(features.version, 640, 20, features.maps)
    with pytest.raises(FeaturesError, match="map"):
        Features.from_bytes(wrong.to_bytes())
    few = Features(features.version, features.height, features.width, {"s4": features.maps["s4"]})
    with pytest.raises(FeaturesError, match="expected"):
        Features.from_bytes(few.to_bytes())


def test_metadata_must_be_there(features: Features) -> None:
    header = json.dumps({"__metadata__": {"version": FEATURES_VERSION}}).encode()
    with pytest.raises(FeaturesError, match="damaged"):
        Features.from_bytes(len(header).to_bytes(8, "little") + header)


def test_tokens_are_the_encoders_last_ones_and_can_be_left_out(features: Features, picture: tuple[Image, Mask]) -> None:
    encoder = session(WEIGHTS / "encoder.onnx", 1)
    model_image = features.frame.resize(picture[0])
    seen = {"vit_image": vit_input(model_image)[None], "stem_image": stem_input(model_image)[None]}
    tokens = encoder.run(["tokens"], seen)[0][0, :, :, -384:].transpose(2, 0, 1)
    assert features.tokens.shape == tokens.shape == (384, *features.frame.tokens)
    assert np.array_equal(features.tokens, tokens.astype(np.float16))
    few = Features.from_bytes(features.to_bytes(), without=(TOKENS,))
    assert set(few.maps) == set(PYRAMID)
    assert few.nbytes == features.nbytes - features.tokens.nbytes
    with pytest.raises(FeaturesError, match="without tokens"):
        _ = few.tokens


def test_features_of_640_x_480_take_at_most_4_mib() -> None:
    rows, columns = Frame.of(480, 640).tokens
    sizes = {
        name: 2 * channels * int(rows * FACTORS[name]) * int(columns * FACTORS[name])
        for name, channels in {"s4": 32, "s8": 64, "s16": 128, "s32": 192, "sim": 64, TOKENS: 384}.items()
    }
    assert sizes[TOKENS] == 983_040
    assert sum(sizes.values()) == 4_055_040 < 4 * 2**20
