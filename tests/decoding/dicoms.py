"""DICOM files by pydicom, whose pixels are known."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID, ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid

Array = npt.NDArray[Any]
PATIENT = "Roe^Richard"


def dataset(pixels: Array, photometric: str = "MONOCHROME2", bits: int = 0, **more: Any) -> Dataset:
    """H×W or H×W×3; `frames` of them with one dimension more."""
    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.SOPClassUID = made.file_meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    made.SOPInstanceUID = made.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    made.PatientName, made.PatientID, made.PatientBirthDate = PATIENT, "12345", "19700101"
    colours = 3 if photometric not in ("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR") else 1
    frames = pixels.shape[0] if pixels.ndim == (4 if colours == 3 else 3) else 0
    shape = pixels.shape[1:] if frames else pixels.shape
    made.Rows, made.Columns, made.SamplesPerPixel = shape[0], shape[1], colours
    made.PhotometricInterpretation = photometric
    made.BitsAllocated = pixels.dtype.itemsize * 8
    made.BitsStored = bits or made.BitsAllocated
    made.HighBit, made.PixelRepresentation = made.BitsStored - 1, int(pixels.dtype.kind == "i")
    if colours == 3:
        made.PlanarConfiguration = 0
    if frames:
        made.NumberOfFrames = frames
    made.PixelData = pixels.tobytes()
    made["PixelData"].VR = "OW" if made.BitsAllocated > 8 else "OB"
    for name, value in more.items():
        setattr(made, name, value)
    return made


def packed(made: Dataset, syntax: str, frames: list[bytes]) -> Dataset:
    """The same, with its frames packed."""
    made.file_meta.TransferSyntaxUID = UID(syntax)
    made.PixelData = encapsulate(frames)
    made["PixelData"].VR = "OB"
    return made


def dicom(made: Dataset) -> bytes:
    """As a file."""
    out = io.BytesIO()
    made.save_as(out, enforce_file_format=True)
    return out.getvalue()


def grey16(height: int = 96, width: int = 144) -> Array:
    """H×W uint16, from 0 to 4,000."""
    return np.linspace(0, 4000, width).round().astype(np.uint16)[None].repeat(height, 0)
