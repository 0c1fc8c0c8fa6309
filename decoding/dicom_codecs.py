"""Packed frames of DICOM that pydicom has no decoder for without further packages: imagecodecs decodes them.

Registered as a plug-in of pydicom's decoders, which then deal with colour, planes and signs.
"""

from __future__ import annotations

from typing import Any

import numpy as np

JPEG = {"1.2.840.10008.1.2.4.51"}
LOSSLESS_JPEG = {"1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70"}
JPEG_LS = {"1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81"}
JPEG_2000 = {"1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91"}
HIGH_THROUGHPUT = {"1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.202", "1.2.840.10008.1.2.4.203"}
SYNTAXES = JPEG | LOSSLESS_JPEG | JPEG_LS | JPEG_2000 | HIGH_THROUGHPUT

DECODER_DEPENDENCIES = dict.fromkeys(SYNTAXES, ("numpy", "imagecodecs"))  # pydicom reads this name


def register() -> None:
    """Make pydicom use this module. Calling it again is harmless."""
    from pydicom.pixels import get_decoder

    for syntax in sorted(SYNTAXES):
        decoder = get_decoder(syntax)
        if "imagecodecs" not in decoder.available_plugins:
            decoder.add_plugin("imagecodecs", ("decoding.dicom_codecs", "decode_frame"))


def is_available(uid: str) -> bool:
    """Whether frames of this transfer syntax are decoded here; pydicom asks."""
    return uid in SYNTAXES


def decode_frame(src: bytes, runner: Any) -> bytearray:
    """The samples of a packed frame, pixel by pixel, as pydicom's `DecodeRunner` wants them."""
    import imagecodecs

    syntax = str(runner.transfer_syntax)
    if syntax in JPEG:
        found = imagecodecs.jpeg8_decode(src)
    elif syntax in LOSSLESS_JPEG:
        found = imagecodecs.ljpeg_decode(src)
    elif syntax in JPEG_LS:
        found = imagecodecs.jpegls_decode(src)
    else:
        found = imagecodecs.jpeg2k_decode(src)
        if runner.photometric_interpretation in ("YBR_ICT", "YBR_RCT"):
            runner.set_option("photometric_interpretation", "RGB")  # the codec has undone it
    runner.set_option("planar_configuration", 0)
    runner.set_option("bits_allocated", found.dtype.itemsize * 8)
    return bytearray(np.ascontiguousarray(found).tobytes())
