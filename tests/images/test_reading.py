"""Every format becomes an upright 8-bit RGB view, compared pixel by pixel."""

import io
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageCms

from decoding.limits import Limits, Rejected
from decoding.reader import read
from decoding.sources import sniff
from decoding.values import window_of
from labeling.images.models import UploadItem
from tests.images.files import UPRIGHT, assert_close, blocks, bomb_png, gradient16, pillow_file, png16, tiff

pytestmark = pytest.mark.once

Reason = UploadItem.Reason
LOSSY = {"JPEG"}


def view(data: bytes) -> np.ndarray:
    return np.asarray(read(io.BytesIO(data)).view)


def rejection(data: bytes, limits: Limits | None = None) -> Rejected:
    with pytest.raises(Rejected) as caught:
        read(io.BytesIO(data), limits)
    return caught.value


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_exif_orientation_is_applied_once(format: str, orientation: int) -> None:
    options = {"quality": 95, "subsampling": 0} if format == "JPEG" else {"lossless": True} if format == "WEBP" else {}
    picture = read(io.BytesIO(pillow_file(blocks(), format, orientation, **options)))
    expected = UPRIGHT[orientation](blocks())
    if format in LOSSY:
        assert_close(np.asarray(picture.view), expected)
    else:
        assert np.array_equal(np.asarray(picture.view), expected)
    assert picture.source["orientation"] == orientation
    assert picture.reusable == (orientation == 1 and format != "TIFF")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_of_16_bit_tiff_is_applied_once(orientation: int) -> None:
    deep = gradient16()
    plain, turned = view(tiff(deep)), view(tiff(deep, orientation))
    assert np.array_equal(turned, UPRIGHT[orientation](plain))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_of_compressed_tiff_is_applied_once(orientation: int) -> None:
    data = pillow_file(blocks(), "TIFF", orientation, compression="tiff_lzw")
    assert np.array_equal(view(data), UPRIGHT[orientation](blocks()))


def test_nonsense_orientation_is_left_out_of_account() -> None:
    assert np.array_equal(view(pillow_file(blocks(), "PNG", 77)), blocks())


@pytest.mark.parametrize("format", ["PNG", "BMP", "TIFF", "GIF"])
def test_grey(format: str) -> None:
    grey = blocks()[..., 0]
    assert np.array_equal(view(pillow_file(grey, format)), np.stack([grey] * 3, axis=-1))


def test_grey_jpeg() -> None:
    grey = blocks()[..., 0]
    assert_close(view(pillow_file(grey, "JPEG", quality=95)), np.stack([grey] * 3, axis=-1))


def test_one_bit() -> None:
    bits = Pillow.fromarray(blocks()[..., 0] > 128)
    assert set(np.unique(view(pillow_file(bits, "TIFF")))) == {0, 255}


def test_palette() -> None:
    indexed = Pillow.fromarray(blocks()).quantize(12)
    assert np.array_equal(view(pillow_file(indexed, "PNG")), np.asarray(indexed.convert("RGB")))


def test_palette_with_transparency_is_flattened_on_white() -> None:
    indexed = Pillow.fromarray(np.tile(np.arange(2, dtype=np.uint8), (4, 4)), mode="P")
    indexed.putpalette([10, 20, 30, 40, 50, 60])
    found = view(pillow_file(indexed, "PNG", transparency=0))
    assert found[0, 0].tolist() == [255, 255, 255]
    assert found[0, 1].tolist() == [40, 50, 60]


@pytest.mark.parametrize(
    ("format", "options"), [("PNG", {}), ("WEBP", {"lossless": True, "exact": True}), ("TIFF", {})]
)
def test_alpha_is_flattened_on_white(format: str, options: dict[str, bool]) -> None:
    rgba = np.dstack([blocks(), np.full(blocks().shape[:2], 255, np.uint8)])
    rgba[:16, :16, 3] = 0
    rgba[16:32, :16, 3] = 128
    picture = read(io.BytesIO(pillow_file(rgba, format, **options)))
    found = np.asarray(picture.view)
    assert (found[:16, :16] == 255).all()
    mixed = blocks()[16:32, :16] * (128 / 255) + 255 * (127 / 255)
    assert np.abs(found[16:32, :16] - mixed).max() <= 1
    assert np.array_equal(found[:, 16:], blocks()[:, 16:])
    assert picture.source["alpha"] == "flattened on white"
    assert not picture.reusable


@pytest.mark.parametrize("format", ["JPEG", "TIFF"])
def test_cmyk(format: str) -> None:
    # Adobe's inverted CMYK in JPEG (as Pillow and Photoshop write it), plain CMYK in TIFF: the same colours come out.
    cmyk = Pillow.fromarray(blocks()).convert("CMYK")
    data = pillow_file(cmyk, format, **({"quality": 98} if format == "JPEG" else {}))
    if format == "JPEG":
        assert b"Adobe" in data[:200]
    assert_close(view(data), blocks())


def test_colour_profile_is_converted_to_srgb() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert read(io.BytesIO(pillow_file(blocks(), "PNG", icc_profile=srgb))).reusable
    for broken in (lab, b"this is no profile"):
        picture = read(io.BytesIO(pillow_file(blocks(), "PNG", icc_profile=broken)))
        assert picture.source["icc"] == "ignored"
        assert np.array_equal(np.asarray(picture.view), blocks())
        assert not picture.reusable


def swapped_profile() -> bytes:
    """An RGB profile whose red and blue are exchanged: a conversion is seen at once."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = int.from_bytes(data[128:132], "big")
    places = {bytes(data[132 + 12 * i : 136 + 12 * i]): 132 + 12 * i for i in range(count)}
    red, blue = places[b"rXYZ"], places[b"bXYZ"]
    data[red + 4 : red + 12], data[blue + 4 : blue + 12] = data[blue + 4 : blue + 12], data[red + 4 : red + 12]
    return bytes(data).replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be"))


def test_colours_follow_the_profile() -> None:
    picture = read(io.BytesIO(pillow_file(blocks(), "PNG", icc_profile=swapped_profile())))
    assert picture.source["icc"] == "converted"
    assert_close(np.asarray(picture.view), blocks()[..., ::-1], 2.0)


@pytest.mark.parametrize("make", [png16, tiff])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_16_bit_is_windowed(make: object, channels: int) -> None:
    deep = gradient16(channels=channels)
    if channels == 4:
        deep[..., 3] = 65535
    colour = deep[..., :3] if channels == 4 else deep
    picture = read(io.BytesIO(make(deep)))  # type: ignore[operator]
    low, high = picture.source["window"]
    assert low == pytest.approx(np.percentile(colour, 0.1), abs=200)
    assert high == pytest.approx(np.percentile(colour, 99.9), abs=200)
    expected = ((colour.astype(float) - low) / (high - low) * 255).clip(0, 255).round()
    if channels == 1:
        expected = np.stack([expected] * 3, axis=-1)
    assert np.array_equal(np.asarray(picture.view), expected)
    assert picture.source["bits"] == 16
    assert not picture.reusable


def test_16_bit_alpha_is_flattened_on_white() -> None:
    deep = gradient16(channels=4)
    deep[..., 3] = 65535
    deep[:10, :10, 3] = 0
    assert (view(png16(deep))[:10, :10] == 255).all()


def test_a_hot_pixel_does_not_make_the_picture_black() -> None:
    deep = np.random.default_rng(0).integers(400, 600, (100, 100)).astype(np.uint16)
    deep[0, 0] = 65535
    assert 60 < np.median(view(png16(deep))) < 200


def test_a_flat_16_bit_picture_is_readable() -> None:
    assert (view(png16(np.full((8, 8), 5000, np.uint16))) == 0).all()
    assert window_of(np.full((8, 8), 5000, np.uint16)) == (5000, 5000)


@pytest.mark.parametrize("kind", [np.int16, np.uint32, np.float32, np.float64])
def test_other_tiff_numbers(kind: type) -> None:
    values: Any = (
        (gradient16(channels=1).astype(np.float64) / 3 - 2000).clip(0 if kind is np.uint32 else -3000).astype(kind)
    )
    picture = read(io.BytesIO(tiff(values)))
    low, high = picture.source["window"]
    expected = ((values.astype(float) - low) / (high - low) * 255).clip(0, 255).round()
    assert np.array_equal(np.asarray(picture.view)[..., 0], expected)


def test_nan_in_float_tiff_is_black() -> None:
    values = gradient16(channels=1).astype(np.float32)
    values[3, 4] = np.nan
    assert view(tiff(values))[3, 4].tolist() == [0, 0, 0]


def test_white_is_zero() -> None:
    deep = gradient16(channels=1)
    assert np.array_equal(view(tiff(deep, photometric=0)), 255 - view(tiff(deep)))


@pytest.mark.parametrize("format", ["TIFF", "GIF", "WEBP", "PNG"])
def test_the_first_of_several_frames_is_used_and_said(format: str) -> None:
    first, second = Pillow.fromarray(blocks()), Pillow.fromarray(blocks()[::-1].copy())
    options = {"lossless": True} if format == "WEBP" else {}
    if format == "GIF":
        first, second = first.convert("L"), second.convert("L")
    picture = read(io.BytesIO(pillow_file(first, format, save_all=True, append_images=[second], **options)))
    assert np.array_equal(np.asarray(picture.view), np.asarray(first.convert("RGB")))
    assert picture.source["frames"] == 2
    assert "first" in picture.source["note"].lower()
    assert not picture.reusable


@pytest.mark.parametrize(
    ("data", "format"),
    [(pillow_file(blocks(480, 640), format), format) for format in ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF")]
    + [(png16(gradient16(300, 300)), "PNG"), (tiff(gradient16(300, 300)), "TIFF")],
)
def test_a_truncated_file_is_corrupt(data: bytes, format: str) -> None:
    for share in (0.2, 0.6):
        found = rejection(data[: int(len(data) * share)])
        assert found.reason == Reason.CORRUPT
        assert format in found.message
    assert rejection(data[:20]).reason == Reason.CORRUPT


def test_damaged_bytes_never_escape_as_another_error() -> None:
    random = np.random.default_rng(3)
    for data in (
        pillow_file(blocks(), "PNG"),
        pillow_file(blocks(), "TIFF"),
        tiff(gradient16()),
        pillow_file(blocks(), "GIF"),
    ):
        for _ in range(60):
            damaged = np.frombuffer(data, np.uint8).copy()
            damaged[random.integers(0, len(damaged), 8)] = random.integers(0, 256, 8)
            with suppress(Rejected):  # anything else fails the test
                assert read(io.BytesIO(damaged.tobytes())).view.mode == "RGB"


def test_too_many_pixels_is_told_from_the_header() -> None:
    found = rejection(bomb_png(60_000, 60_000))
    assert found.reason == Reason.TOO_MANY_PIXELS
    assert "60,000 × 60,000" in found.message
    few = Limits(pixels=47 * 64)
    for format in ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF"):
        assert rejection(pillow_file(blocks(), format), few).reason == Reason.TOO_MANY_PIXELS
    assert rejection(tiff(gradient16()), few).reason == Reason.TOO_MANY_PIXELS


@pytest.mark.parametrize(
    "data", [b"hello, world, this is a text file", b"%PDF-1.7", b"RIFF1234WAVE", Path(__file__).read_bytes()]
)
def test_not_an_image(data: bytes) -> None:
    found = rejection(data)
    assert found.reason == Reason.NOT_AN_IMAGE
    assert "JPEG" in found.message


def test_an_empty_file_is_corrupt() -> None:
    assert rejection(b"").reason == Reason.CORRUPT


def test_a_tiff_with_a_strange_layout_says_what_to_do() -> None:
    found = rejection(tiff(gradient16(channels=3), photometric=32845))
    assert found.reason == Reason.NOT_AN_IMAGE
    assert "LogLuv" in found.message
    assert "Save it as grey or RGB" in found.message


def test_sniff() -> None:
    assert sniff(b"RIFF\0\0\0\0WEBPVP8 ") == "WEBP"
    assert sniff(b"RIFF\0\0\0\0AVI LIST") == ""
    assert sniff(b"PK\x03\x04") == "ZIP"
