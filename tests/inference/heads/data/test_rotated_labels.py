"""Labels that belong to a turned picture are found."""

import dataclasses

import numpy as np

from inference.heads.data.rotated_labels import has_rotated_labels
from inference.heads.data.variants import turned
from tests.inference.heads.data.pictures import HALL, made, picture_and_mask


def test_labels_of_a_turned_picture_are_found() -> None:
    picture, mask = picture_and_mask(1)
    assert not has_rotated_labels(made(picture, mask))
    assert has_rotated_labels(made(picture, np.ascontiguousarray(turned(mask, 2))))
    square = np.ascontiguousarray(picture[:, :HALL]), np.ascontiguousarray(mask[:, :HALL])
    assert not has_rotated_labels(made(*square))
    assert has_rotated_labels(made(square[0], np.ascontiguousarray(turned(square[1], 1))))
    assert not has_rotated_labels(dataclasses.replace(made(picture, mask), objects=()))
