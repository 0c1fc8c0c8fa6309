"""Storing features."""

import json

import numpy as np
import pytest

from inference import FEATURES_VERSION, Features, FeaturesError


def test_round_trip(features: Features) -> None:
    again = Features.from_bytes(features.to_bytes())
    assert (again.version, again.height, again.width) == (features.version, features.height, features.width)
    assert set(again.maps) == set(features.maps)
    assert all(np.array_equal(again.maps[k], features.maps[k]) for k in features.maps)
    assert again.nbytes == features.nbytes


def test_another_version_is_refused_with_both_names(features: Features) -> None:
    old = Features("vits14-pyr1-00000000", features.height, features.width, features.maps)
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
