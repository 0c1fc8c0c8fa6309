"""The pixel decoder."""

import torch
import torch.nn.functional as F

from inference.heads.networks.pixel_decoder import PixelDecoder, pooled


def test_pooling_by_products_is_adaptive_pooling() -> None:
    maps = torch.randn(2, 3, 10, 14)
    for bins in (1, 2, 3, 6):
        assert torch.allclose(pooled(maps, bins), F.adaptive_avg_pool2d(maps, bins), atol=1e-5)


def test_the_pixel_decoder_gives_three_strides() -> None:
    maps = PixelDecoder(12, 32)(torch.randn(2, 12, 10, 14))
    assert [tuple(m.shape) for m in maps] == [(2, 32, 20, 28), (2, 32, 10, 14), (2, 32, 5, 7)]
