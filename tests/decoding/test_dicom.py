"""DICOM frames as a radiologist's viewer shows them, against pictures that numpy computed."""

import io
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from PIL import Image as Pillow
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import DeflatedExplicitVRLittleEndian

from decoding.limits import Limits, Rejected
from decoding.process import Decoder
from decoding.reader import Picture, pages, read
from decoding.wanted import Wanted
from tests.decoding.dicoms import PATIENT, Array, dataset, dicom, grey16, packed
from tests.decoding.kinds import COLOURS, chart, chart_index, grey, three
from tests.decoding.test_kinds import NEAR, difference

pytestmark = pytest.mark.once


def seen(made: Dataset, **options: Any) -> Picture:
    return read(io.BytesIO(dicom(made)), **options)


def shown(values: Array, low: float, high: float) -> Array:
    """What PS3.3 C.11.2.1.2 makes of values between these two."""
    return three(((values.astype(float) - low) / (high - low) * 255).clip(0, 255))


def palette(bits: int) -> dict[str, Any]:
    table = np.zeros((256, 3), np.uint16)
    table[: len(COLOURS)] = np.array(COLOURS) * (257 if bits == 16 else 1)
    found: dict[str, Any] = {}
    for place, name in enumerate(("Red", "Green", "Blue")):
        found[f"{name}PaletteColorLookupTableDescriptor"] = [256, 0, bits]
        kind = np.uint16 if bits == 16 else np.uint8
        found[f"{name}PaletteColorLookupTableData"] = table[:, place].astype(kind).tobytes()
    return found


def signed() -> Array:
    return (grey16().astype(np.int16) - 1000).astype(np.int16)


def jpeg(pixels: Array) -> bytes:
    return bytes(imagecodecs.jpeg8_encode(pixels, level=97, subsampling="444"))


def lossless(pixels: Array, codec: str, bits: int = 12) -> bytes:
    if codec == "jpeg2k":
        return bytes(imagecodecs.jpeg2k_encode(pixels, bitspersample=bits, codecformat="j2k", reversible=True))
    if codec == "jpegls":
        return bytes(imagecodecs.jpegls_encode(pixels))
    return bytes(imagecodecs.jpeg8_encode(pixels, lossless=True, predictor=1))


def inside(pixels: Array, fill: int) -> Array:
    pixels = pixels.copy()
    pixels[:, :20] = fill
    return pixels


def filled(values: Array) -> Array:
    values = values.copy()
    values[:, :20] = 0
    return values


SHADES, DOUBLED = Dataset(), Dataset()
SHADES.LUTDescriptor, SHADES.LUTData = [256, 0, 8], bytes(255 - value for value in range(256))
DOUBLED.LUTDescriptor, DOUBLED.LUTData = [256, 0, 16], np.arange(0, 512, 2, dtype=np.uint16).tobytes()

KINDS: dict[str, tuple[Callable[[], Dataset], Callable[[], Array]]] = {
    "8 bits": (lambda: dataset(grey()), lambda: three(grey())),
    "white is zero": (lambda: dataset(255 - grey(), "MONOCHROME1"), lambda: three(grey())),
    "12 of 16 bits without a window": (lambda: dataset(grey16(), bits=12), lambda: shown(grey16(), 0, 4000)),
    "a window": (
        lambda: dataset(grey16(), bits=12, WindowCenter=1000, WindowWidth=801),
        lambda: shown(grey16(), 599.5, 1399.5)),
    "the first of several windows": (
        lambda: dataset(grey16(), bits=12, WindowCenter=[1000, 40], WindowWidth=[801, 80]),
        lambda: shown(grey16(), 599.5, 1399.5)),
    "an exact window": (
        lambda: dataset(grey16(), bits=12, WindowCenter=1000, WindowWidth=800, VOILUTFunction="LINEAR_EXACT"),
        lambda: shown(grey16(), 600, 1400)),
    "a sigmoid": (
        lambda: dataset(grey16(), bits=12, WindowCenter=2000, WindowWidth=800, VOILUTFunction="SIGMOID"),
        lambda: three(255 / (1 + np.exp(-4 * (grey16().astype(float) - 2000.5) / 799)))),
    "Hounsfield units": (
        lambda: dataset(grey16(), bits=12, RescaleSlope=2, RescaleIntercept=-1024, WindowCenter=40, WindowWidth=401),
        lambda: shown(grey16().astype(float) * 2 - 1024, -160.5, 239.5)),
    "signed": (
        lambda: dataset(signed(), WindowCenter=500, WindowWidth=1001), lambda: shown(signed(), -0.5, 999.5)),
    "white is zero, with a window": (
        lambda: dataset(grey16(), "MONOCHROME1", WindowCenter=1000, WindowWidth=801),
        lambda: 255 - shown(grey16(), 599.5, 1399.5)),
    "a window of 8 bits": (
        lambda: dataset(grey(), WindowCenter=100, WindowWidth=101), lambda: shown(grey(), 49.5, 149.5)),
    "a table of shades": (lambda: dataset(grey(), VOILUTSequence=Sequence([SHADES])), lambda: three(255 - grey())),
    "a table of what the values mean": (
        lambda: dataset(grey(), ModalityLUTSequence=Sequence([DOUBLED]), WindowCenter=200, WindowWidth=201),
        lambda: shown(grey().astype(float) * 2, 99.5, 299.5)),
    "filled up": (
        lambda: dataset(inside(signed(), -2000), PixelPaddingValue=-2000, WindowCenter=500, WindowWidth=1001),
        lambda: filled(shown(signed(), -0.5, 999.5))),
    "palette of 8 bits": (
        lambda: dataset(chart_index().astype(np.uint8), "PALETTE COLOR", **palette(8)), chart),
    "palette of 16 bits": (
        lambda: dataset(chart_index().astype(np.uint8), "PALETTE COLOR", **palette(16)), chart),
    "RGB": (lambda: dataset(chart(), "RGB"), chart),
    "RGB in planes": (
        lambda: dataset(chart(), "RGB", PlanarConfiguration=1,
                        PixelData=np.ascontiguousarray(chart().transpose(2, 0, 1)).tobytes()), chart),
    "RGB of 16 bits": (lambda: dataset(chart().astype(np.uint16) * 257, "RGB"), chart),
    "YBR": (lambda: dataset(np.asarray(Pillow.fromarray(chart()).convert("YCbCr")), "YBR_FULL"), chart),
    "JPEG, grey": (lambda: packed(dataset(grey()), "1.2.840.10008.1.2.4.50", [jpeg(grey())]), lambda: three(grey())),
    "JPEG, YBR": (
        lambda: packed(dataset(chart(), "YBR_FULL_422"), "1.2.840.10008.1.2.4.50", [jpeg(chart())]), chart),
    "JPEG of 12 bits": (
        lambda: packed(dataset(grey16(), bits=12), "1.2.840.10008.1.2.4.51",
                       [bytes(imagecodecs.jpeg8_encode(grey16(), level=98, bitspersample=12))]),
        lambda: shown(grey16(), 0, 4000)),
    "JPEG, lossless": (
        lambda: packed(dataset(grey16(), bits=12), "1.2.840.10008.1.2.4.70", [lossless(grey16(), "jpeg")]),
        lambda: shown(grey16(), 0, 4000)),
    "JPEG, lossless, RGB": (
        lambda: packed(dataset(chart(), "RGB"), "1.2.840.10008.1.2.4.57", [lossless(chart(), "jpeg")]), chart),
    "JPEG-LS": (
        lambda: packed(dataset(grey16(), bits=12), "1.2.840.10008.1.2.4.80", [lossless(grey16(), "jpegls")]),
        lambda: shown(grey16(), 0, 4000)),
    "JPEG 2000": (
        lambda: packed(dataset(grey16(), bits=12), "1.2.840.10008.1.2.4.90", [lossless(grey16(), "jpeg2k")]),
        lambda: shown(grey16(), 0, 4000)),
    "JPEG 2000, RCT": (
        lambda: packed(dataset(chart(), "YBR_RCT"), "1.2.840.10008.1.2.4.90", [lossless(chart(), "jpeg2k", 8)]), chart),
}  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_a_frame_is_seen_as_a_viewer_shows_it(name: str) -> None:
    make, expected = KINDS[name]
    picture = seen(make())
    assert picture.source["format"] == "DICOM"
    view = np.asarray(picture.view)
    assert (difference(view, expected()) < NEAR).all(), (difference(view, expected()), picture.source)


def test_run_lengths_and_deflate_are_read() -> None:
    made = dataset(grey16(), bits=12)
    made.compress("1.2.840.10008.1.2.5")
    assert (difference(np.asarray(seen(made).view), shown(grey16(), 0, 4000)) < NEAR).all()
    made = dataset(chart(), "RGB")
    made.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    assert np.array_equal(np.asarray(seen(made).view), chart())


def test_a_wanted_window_is_of_the_files_values() -> None:
    made = dataset(grey16(), "MONOCHROME1", RescaleSlope=1, RescaleIntercept=-1024, WindowCenter=0, WindowWidth=100)
    view = np.asarray(seen(made, wanted=Wanted(low=-100.0, high=900.0)).view)
    assert (difference(view, 255 - shown(grey16().astype(float) - 1024, -100, 900)) < NEAR).all()


def test_frames_are_pages() -> None:
    frames = np.stack([grey(), 255 - grey(), grey() // 2])
    data = dicom(dataset(frames))
    assert pages(io.BytesIO(data), 100) == [1, 2, 3]
    for number in (1, 2, 3):
        view = np.asarray(read(io.BytesIO(data), wanted=Wanted(page=number)).view)
        assert np.array_equal(view, three(frames[number - 1])), number
    assert read(io.BytesIO(data)).source["note"] == "The first of 3 frames is used."
    with pytest.raises(Rejected, match="more than 2 frames. Split"):
        pages(io.BytesIO(data), 2)


def test_a_frame_has_its_own_rescale_and_window() -> None:
    """Enhanced CT and MR have them in groups, of a frame or of all."""
    made = dataset(np.stack([grey16(), grey16()]), bits=12)
    own, shared = [], Dataset()
    for intercept in (-1000, 0):
        rescale, group = Dataset(), Dataset()
        rescale.RescaleSlope, rescale.RescaleIntercept = 1, intercept
        group.PixelValueTransformationSequence = Sequence([rescale])
        own.append(group)
    window = Dataset()
    window.WindowCenter, window.WindowWidth = 500, 1001
    shared.FrameVOILUTSequence = Sequence([window])
    made.PerFrameFunctionalGroupsSequence = Sequence(own)
    made.SharedFunctionalGroupsSequence = Sequence([shared])
    for number, intercept in ((1, -1000), (2, 0)):
        view = np.asarray(seen(made, wanted=Wanted(page=number)).view)
        assert (difference(view, shown(grey16().astype(float) + intercept, -0.5, 999.5)) < NEAR).all()


def _report() -> Dataset:
    made = dataset(grey())
    del made.PixelData, made.Rows, made.Columns, made.BitsAllocated
    made.SOPClassUID = "1.2.840.10008.5.1.4.1.1.88.11"
    return made


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "no picture": (lambda: dicom(_report()), "it is “Basic Text SR Storage”"),
    "video": (lambda: dicom(packed(dataset(grey()), "1.2.840.10008.1.2.4.102", [bytes(64)])), "packed as “MPEG-4"),
    "other colours": (lambda: dicom(dataset(chart(), "HSV")), "colours of an unknown kind"),
    "too many pixels": (lambda: dicom(dataset(grey(), Rows=65_535, Columns=65_535)), "pixels allowed here"),
    "pixels that end early": (lambda: dicom(dataset(grey(), PixelData=bytes(100))), "is damaged"),
    "a cut file": (lambda: dicom(dataset(grey()))[:400], "DICOM"),
    "a packed frame of nothing": (
        lambda: dicom(packed(dataset(grey16(), bits=12), "1.2.840.10008.1.2.4.70", [b"\xff\xd8" + bytes(98)])),
        "is damaged"),
    "a frame of another size": (
        lambda: dicom(packed(dataset(grey()), "1.2.840.10008.1.2.4.50", [jpeg(grey()[:48])])), "is damaged"),
    "an unended table": (
        lambda: dicom(dataset(chart_index().astype(np.uint8), "PALETTE COLOR",
                              **(palette(8) | {"RedPaletteColorLookupTableData": b"\0\0"}))), "is damaged"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_can_not_be_shown_is_refused_by_name(name: str) -> None:
    make, said = REFUSED[name]
    with pytest.raises(Rejected, match=said):
        read(io.BytesIO(make()))


def test_a_bomb_is_refused_and_the_process_goes_on(tmp_path: Path) -> None:
    """Eight gigabytes of zeros, deflated, in a file of some megabytes; and a JPEG that says it is huge."""
    made = dataset(grey())
    made.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    data = dicom(made)
    start = data.index(b"\x02\x00\x10\x00UI")
    start += 8 + int.from_bytes(data[start + 6 : start + 8], "little")
    packer = zlib.compressobj(1, zlib.DEFLATED, -15)
    bomb = (packer.compress(bytes(64 * 1024**2)) + packer.flush(zlib.Z_FULL_FLUSH)) * 128
    huge = jpeg(grey())
    at = huge.index(b"\xff\xc0")
    huge = huge[: at + 5] + b"\xff\xff\xff\xff" + huge[at + 9 :]
    decoder = Decoder(896 * 1024**2)
    try:
        for hostile in (data[:start] + bomb, dicom(packed(dataset(grey()), "1.2.840.10008.1.2.4.50", [huge]))):
            (tmp_path / "original").write_bytes(hostile)
            request = {"do": "measure", "path": str(tmp_path / "original"), "out": "", "pixels": Limits().pixels}
            with pytest.raises(Rejected):
                decoder.ask(request)
            (tmp_path / "original").write_bytes(dicom(dataset(grey())))
            assert decoder.ask(request) == {"width": 144, "height": 96}
    finally:
        decoder.close()


def test_nothing_of_the_patient_is_kept_or_told(capfd: pytest.CaptureFixture[str]) -> None:
    told = str(seen(dataset(grey16(), bits=12)).source)
    for data in (dicom(_report()), dicom(dataset(grey(), PixelData=bytes(100))), dicom(dataset(chart(), "HSV"))):
        with pytest.raises(Rejected) as caught:
            read(io.BytesIO(data))
        told += caught.value.message + str(caught.value.__cause__)
    out = capfd.readouterr()
    assert PATIENT.split("^")[0] not in told + out.out + out.err
    assert "12345" not in told
