"""Peak memory of bringing a picture in, by kind, against what the reader allows for it.

python -m tests.decoding.bench_memory [MEGAPIXELS]: a process for each kind, bytes a pixel above an empty one.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Pillow

from tests.decoding.kinds import as_kind, pillow, tif

CODE = """
import sys
from pathlib import Path
from decoding import limits, writing
def started(pixels): print("pixels", pixels)
class Told(limits.Limits):
    def check(self, width, height, bytes_a_pixel):
        print("allowed", bytes_a_pixel); super().check(width, height, bytes_a_pixel)
path = Path(sys.argv[1])
writing.take_in(path, path.parent, Told(), 1000, 1024)
# Not getrusage: its peak begins with that of the process that started this one.
status = Path("/proc/self/status").read_text()
print("peak", status.partition("VmHWM:")[2].split()[0])
"""


def picture(megapixels: float) -> Any:
    """Noise at a quarter of the size, enlarged: about as compressible as a photograph."""
    side = int((megapixels * 1e6) ** 0.5)
    small = np.random.default_rng(0).integers(0, 256, (side // 4, side // 4, 3), np.uint8)
    return np.asarray(Pillow.fromarray(small).resize((side, side), Pillow.Resampling.BILINEAR))


def kinds(pixels: Any) -> dict[str, Callable[[], bytes]]:
    image = Pillow.fromarray(pixels)
    rgba = image.convert("RGBA")
    rgba.putalpha(image.getchannel("R"))
    exif = Pillow.Exif()
    exif[0x0112] = 6
    rgb: dict[str, Any] = {"photometric": "rgb"}
    return {
        "JPEG": lambda: pillow(image, "JPEG"),
        "JPEG, turned": lambda: pillow(image, "JPEG", exif=exif),
        "JPEG, progressive": lambda: pillow(image, "JPEG", progressive=True),
        "PNG": lambda: pillow(image, "PNG", compress_level=1),
        "PNG, alpha": lambda: pillow(rgba, "PNG", compress_level=1),
        "WebP": lambda: pillow(image, "WEBP", method=0),
        "AVIF": lambda: pillow(image, "AVIF", speed=10),
        "JPEG 2000": lambda: pillow(image, "JPEG2000"),
        "TIFF, 8 bits": lambda: tif(pixels, **rgb),
        "TIFF, 8 bits, one deflate strip": lambda: tif(pixels, compression="deflate", rowsperstrip=len(pixels), **rgb),
        "TIFF, 16 bits, grey": lambda: tif(as_kind(pixels[..., 0], "u2"), photometric="minisblack"),
        "TIFF, 16 bits": lambda: tif(as_kind(pixels, "u2"), **rgb),
        "TIFF, float32": lambda: tif(as_kind(pixels, "f4"), **rgb),
        "TIFF, float64, grey": lambda: tif(as_kind(pixels[..., 0], "f8"), photometric="minisblack"),
        "TIFF, float64": lambda: tif(as_kind(pixels, "f8"), **rgb),
    }


def measured(data: bytes) -> tuple[float, int]:
    """Bytes a pixel that the reader allows, and the peak in KiB."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "original"
        path.write_bytes(data)
        command = [sys.executable, "-c", CODE, str(path)]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    lines = [line.split() for line in done.stdout.splitlines()]
    return max(float(v) for k, v in lines if k == "allowed"), int(next(v for k, v in lines if k == "peak"))


def main() -> None:
    megapixels = float(sys.argv[1]) if len(sys.argv) > 1 else 16
    pixels = picture(megapixels)
    count = pixels.shape[0] * pixels.shape[1]
    print("| kind | measured, bytes a pixel | allowed |\n| --- | ---: | ---: |")
    for name, make in kinds(pixels).items():
        empty = 60 * 1024 if name.startswith("TIFF") else 45 * 1024
        allowed, peak = measured(make())
        print(f"| {name} | {(peak - empty) * 1024 / count:.1f} | {allowed:.1f} |", flush=True)


if __name__ == "__main__":
    main()
