"""Pages, bands and windows that are asked for, nodata, and where on the earth the pixels are."""

import contextlib
import io
from typing import Any

import numpy as np
import pytest
import tifffile

from decoding.limits import Rejected
from decoding.reader import pages, read
from decoding.wanted import Wanted
from tests.decoding.kinds import KINDS, Array, as_kind, chart, grey, planes, three, tif
from tests.decoding.test_kinds import NEAR, difference
from tests.decoding.test_process import HARMLESS, HOSTILE

pytestmark = pytest.mark.once


def several(*pages: tuple[Array, dict[str, Any]]) -> bytes:
    out = io.BytesIO()
    with tifffile.TiffWriter(out) as writer:
        for values, options in pages:
            writer.write(values, metadata=None, **options)
    return out.getvalue()


def view(data: bytes, **wanted: Any) -> Array:
    return np.asarray(read(io.BytesIO(data), wanted=Wanted(**wanted)).view)


RGB: dict[str, Any] = {"photometric": "rgb"}


def test_pages_are_pictures_without_previews_masks_and_levels() -> None:
    small = chart()[::2, ::2]
    tiled: dict[str, Any] = {"tile": (16, 16), **RGB}
    scan = several((chart(), RGB), (chart()[::-1], RGB), (chart()[:48], RGB))
    assert pages(io.BytesIO(scan), 100) == [1, 2, 3]
    for page, expected in ((1, chart()), (2, chart()[::-1]), (3, chart()[:48])):
        picture = read(io.BytesIO(scan), wanted=Wanted(page=page))
        assert np.array_equal(np.asarray(picture.view), expected)
        assert (picture.source["page"], "note" in picture.source) == (page, False)
    preview_first = several((small, {"subfiletype": 1, **RGB}), (chart(), RGB), (chart(), RGB))
    assert pages(io.BytesIO(preview_first), 100) == [2, 3]
    mask = ((chart()[..., 0] > 0), {"subfiletype": 4, "photometric": "mask"})
    assert pages(io.BytesIO(several((chart(), RGB), mask)), 100) == []
    marked = several((chart(), RGB), (small, {"subfiletype": 1, **RGB}))
    assert pages(io.BytesIO(marked), 100) == []
    below = several((chart(), {"subifds": 1, **RGB}), (small, {"subfiletype": 1, **RGB}))
    assert pages(io.BytesIO(below), 100) == []
    unmarked = several((chart(), tiled), (small, tiled), (chart()[::4, ::4], tiled))
    assert pages(io.BytesIO(unmarked), 100) == []
    assert pages(io.BytesIO(tif(chart(), **RGB)), 100) == []


def test_no_kind_of_file_is_taken_apart_that_is_one_picture() -> None:
    several = [name for name, (make, _) in KINDS.items() if pages(io.BytesIO(make()), 100)]
    assert several == ["tiff-second-page"]


@pytest.mark.parametrize("name", [*HOSTILE, *HARMLESS])
def test_hostile_files_have_a_bounded_number_of_pages(name: str) -> None:
    data = (HOSTILE | HARMLESS)[name]()
    with contextlib.suppress(Rejected):
        assert len(pages(io.BytesIO(data), 500)) <= 500


def test_more_pages_than_allowed_are_refused_and_a_missing_one_too() -> None:
    many = several(*[(np.zeros((8, 8), np.uint8), {"photometric": "minisblack"})] * 12)
    with pytest.raises(Rejected, match="more than 11 pages. Split it"):
        pages(io.BytesIO(many), 11)
    with pytest.raises(Rejected, match="damaged"):
        view(many, page=13)


def bands(kind: str) -> Array:
    """H×W×5: two of something else before red, green and blue."""
    other = np.full((*chart().shape[:2], 2), 77, np.uint8)
    return as_kind(np.concatenate([other, chart()], -1), kind)


@pytest.mark.parametrize("kind", ["u1", "u2", "i2", "f4"])
def test_the_bands_that_are_wanted_are_shown(kind: str) -> None:
    options: dict[str, Any] = {"photometric": "minisblack"}
    contiguous = tif(bands(kind), planarconfig="contig", **options)
    separate = tif(planes(bands(kind)), planarconfig="separate", **options)
    tiled = tif(bands(kind), planarconfig="contig", tile=(64, 64), compression="deflate", **options)
    for data in (contiguous, separate, tiled):
        assert (difference(view(data, bands=(3, 4, 5)), chart()) < NEAR).all()
        assert (difference(view(data, bands=(5, 4, 3)), chart()[..., ::-1]) < NEAR).all()
        assert (difference(view(data, bands=(4,)), three(chart()[..., 1])) < NEAR).all()
    picture = read(io.BytesIO(contiguous), wanted=Wanted(bands=(5, 4, 3)))
    assert (picture.source["bands"], picture.source["shown"]) == (5, [5, 4, 3])


def test_a_file_with_fewer_bands_is_shown_as_it_is_and_says_so() -> None:
    picture = read(io.BytesIO(tif(chart(), **RGB)), wanted=Wanted(bands=(8, 4, 3)))
    assert np.array_equal(np.asarray(picture.view), chart())
    assert picture.source["note"] == "It has 3 bands; the project's choice of bands needs 8."
    table = np.zeros((3, 256), np.uint16)
    palette = read(io.BytesIO(tif(grey(), photometric="palette", colormap=table)), wanted=Wanted(bands=(3, 2, 1)))
    assert "note" not in palette.source


def test_a_wanted_band_can_be_the_transparent_one() -> None:
    data = tif(np.dstack([chart(), grey()]), extrasamples=[2], **RGB)
    assert np.array_equal(view(data, bands=(4,)), three(grey()))


def test_a_wanted_window_is_of_the_files_values_also_where_white_is_zero() -> None:
    values = np.linspace(0, 50_000, 144).round().astype(np.uint16)[None].repeat(96, 0)
    shown = three(((values.astype(float) - 10_000) / 20_000 * 255).clip(0, 255))
    assert (difference(view(tif(values, photometric="minisblack"), low=10_000.0, high=30_000.0), shown) < NEAR).all()
    white = view(tif(values, photometric="miniswhite"), low=10_000.0, high=30_000.0)
    assert (difference(white, 255 - shown) < NEAR).all()
    assert np.array_equal(view(tif(chart(), **RGB), low=10.0, high=20.0), chart())  # 8 bits are shown as they are


def test_no_value_is_black_in_wanted_bands_and_does_not_count() -> None:
    values = as_kind(chart(), "u2") // 4 * 3 + 1000
    values = np.dstack([np.full(values.shape[:2], 5, np.uint16), values])
    values[:, :24] = 0
    nodata = [(42113, "s", 0, "0", True)]
    data = tif(values, photometric="minisblack", planarconfig="contig", extratags=nodata)
    picture = read(io.BytesIO(data), wanted=Wanted(bands=(2, 3, 4)))
    found = np.asarray(picture.view)
    assert (found[:, :24] == 0).all()
    assert picture.source["nodata"] == 0
    low, high = picture.source["window"]
    assert low >= 1000
    shown = ((values[:, 24:, 1:].astype(float) - low) / (high - low) * 255).clip(0, 255)
    assert (difference(found[:, 24:], shown) < NEAR).all()


def geo(*tags: Any, **options: Any) -> Any:
    data = tif(grey(), photometric="minisblack", extratags=[(*tag, True) for tag in tags], **options)
    return read(io.BytesIO(data)).source.get("geo")


SCALE, TIE = (33550, "d", 3, (10.0, 20.0, 0.0)), (33922, "d", 6, (0.0, 0.0, 0.0, 500_000.0, 4_000_000.0, 0.0))


def test_the_georeference_is_kept() -> None:
    keys = (34735, "H", 12, (1, 1, 0, 2, 1024, 0, 1, 1, 3072, 0, 1, 32633))
    place = [10.0, 0.0, 500_000.0, 0.0, -20.0, 4_000_000.0]
    assert geo(SCALE, TIE, keys) == {"transform": place, "epsg": 32633}
    point = (34735, "H", 16, (1, 1, 0, 3, 1024, 0, 1, 2, 1025, 0, 1, 2, 2048, 0, 1, 4326))
    half = [10.0, 0.0, 499_995.0, 0.0, -20.0, 4_000_010.0]
    assert geo(SCALE, TIE, point) == {"transform": half, "epsg": 4326}
    matrix = (34264, "d", 16, (2.0, 0.5, 0.0, 7.0, 0.25, -2.0, 0.0, 9.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0))
    assert geo(matrix) == {"transform": [2.0, 0.5, 7.0, 0.25, -2.0, 9.0]}
    assert geo() is None
    assert geo((33550, "d", 3, (float("nan"), 1.0, 0.0)), TIE) is None
