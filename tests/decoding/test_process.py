"""Hostile files cost a refusal: never minutes, gigabytes, or the worker."""

import io
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow

from decoding import process
from decoding.limits import BASE_BYTES, Limits, Rejected
from decoding.process import ROOT, Decoder, Lost
from decoding.reader import read
from tests.decoding.kinds import chart, pillow, tif
from tests.images.files import bomb_png

MEMORY = 1536 * 1024**2


@pytest.fixture(scope="module")
def decoder() -> Any:
    found = Decoder(MEMORY)
    yield found
    found.close()


def take_in(decoder: Decoder, data: bytes, folder: Path, **options: Any) -> dict[str, Any]:
    path = folder / "original"
    path.write_bytes(data)
    request = {"do": "take_in", "path": str(path), "out": str(folder), "pixels": 500_000_000}
    return decoder.ask(request | {"blocks_from": 25_000_000, "side": 1024} | options)


def scans(count: int) -> bytes:
    """A progressive JPEG with so many scans: its last one again and again."""
    data = pillow(Pillow.fromarray(np.tile(chart(), (4, 4, 1))), "JPEG", progressive=True)
    at = data.rindex(b"\xff\xda")
    return data[:at] + data[at:-2] * count + b"\xff\xd9"


def tiff_of(tags: list[tuple[int, int, int, int]], body: bytes = b"", following: int = 0) -> bytes:
    """A little-endian TIFF of one directory: (tag, type, count, value)."""
    rows = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    return struct.pack("<2sHIH", b"II", 42, 8, len(tags)) + rows + struct.pack("<I", following) + body


def described(width: int, height: int, codec: int = 1, offset: int = 200, length: int = 1000) -> list[Any]:
    return [
        (256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, codec), (262, 3, 1, 1),
        (273, 4, 1, offset),
        (277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, length),
    ]  # fmt: skip


def bomb_strip(codec: int) -> bytes:
    packed = zlib.compress(bytes(400_000_000), 1)
    tags = described(64, 64, codec, 200, len(packed))
    head = tiff_of(tags)
    return head.ljust(200, b"\0") + packed


def huge_text_box() -> bytes:
    data = bytearray(pillow(Pillow.fromarray(chart()), "JPEG2000"))
    at = data.index(b"\xff\x4f\xff\x51") + 8
    data[at : at + 8] = struct.pack(">II", 2**31 - 1, 2**31 - 1)
    return bytes(data)


def heif_of(width: int, height: int) -> bytes:
    import pillow_heif

    out = io.BytesIO()
    pillow_heif.from_pillow(Pillow.fromarray(chart())).save(out, quality=90)
    data = bytearray(out.getvalue())
    at = data.index(b"ispe") + 8
    data[at : at + 8] = struct.pack(">II", width, height)
    return bytes(data)


HOSTILE: dict[str, Any] = {
    "20,000 scans": lambda: scans(20_000),
    "a deflate bomb in a strip": lambda: bomb_strip(8),
    "a PNG of 60,000 × 60,000": lambda: bomb_png(60_000, 60_000),
    "a PNG of 22,000 × 22,000": lambda: bomb_png(22_000, 22_000),
    "a TIFF of 2^31 × 2^31": lambda: tiff_of(described(2**31 - 1, 2**31 - 1)),
    "a strip beyond the end": lambda: tiff_of(described(20_000, 20_000, 1, 2**31, 2**31)),
    "a tag with 2^32 values": lambda: tiff_of([*described(64, 64), (700, 7, 2**32 - 1, 8), (34675, 7, 2**32 - 1, 8)]),
    "strips beyond count": lambda: tiff_of(
        [(256, 4, 1, 64), (257, 4, 1, 64), (258, 3, 1, 8), (273, 4, 2**30, 8), (279, 4, 2**30, 8)]),
    "a JPEG 2000 of 2^31": huge_text_box,
    "a HEIC of 2^31": lambda: heif_of(2**31 - 1, 2**31 - 1),
    "a HEIC of 20,000": lambda: heif_of(22_000, 22_000),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_and_the_next_one_is_read(name: str, decoder: Decoder, tmp_path: Path) -> None:
    with pytest.raises(Rejected) as caught:
        take_in(decoder, HOSTILE[name](), tmp_path)
    assert len(caught.value.message) > 20
    assert take_in(decoder, pillow(Pillow.fromarray(chart()), "PNG"), tmp_path)["width"] == 144


HARMLESS: dict[str, Any] = {
    "a directory that names itself as next": lambda: _cyclic(8),
    "SubIFDs that name their parent": lambda: _own_subifd(),
    "60,000 pages": lambda: _many_pages(60_000),
    "thousands of frames": lambda: _frames(3000),
}


def _pixels() -> bytes:
    return bytes(range(256)) * 16


def _cyclic(following: int) -> bytes:
    return tiff_of(described(64, 64, 1, 200, 4096), following=following).ljust(200, b"\0") + _pixels()


def _own_subifd() -> bytes:
    tags = [*described(64, 64, 1, 200, 4096), (330, 4, 1, 8)]
    return tiff_of(tags, following=8).ljust(200, b"\0") + _pixels()


def _many_pages(count: int) -> bytes:
    first = tiff_of(described(64, 64, 1, 200, 4096), following=4296).ljust(200, b"\0") + _pixels()
    row = struct.pack("<H", 1) + struct.pack("<HHII", 256, 4, 1, 1)
    size = len(row) + 4
    pages = (row + struct.pack("<I", len(first) + (i + 1) * size if i + 1 < count else 0) for i in range(count))
    return first + b"".join(pages)


def _frames(count: int) -> bytes:
    frame = Pillow.fromarray(chart()[:8, :8, 0])
    others = [Pillow.fromarray(np.roll(chart()[:8, :8, 0], i, 1) ^ (i % 256)) for i in range(1, count)]
    return pillow(frame, "GIF", save_all=True, append_images=others)


@pytest.mark.parametrize("name", HARMLESS)
def test_a_long_or_cyclic_file_is_read_by_its_beginning(name: str, decoder: Decoder, tmp_path: Path) -> None:
    found = take_in(decoder, HARMLESS[name](), tmp_path, seconds=5)
    assert found["source"].get("frames", 1) <= 64


def test_pages_beyond_the_first_cost_nothing_each() -> None:
    """Not a clock: the bytes that are asked for do not grow with the pages."""

    class Counting(io.BytesIO):
        asked = 0

        def read(self, size: int | None = -1, /) -> bytes:
            data = super().read(size)
            self.asked += len(data)
            return data

    few, many = Counting(_many_pages(200)), Counting(_many_pages(60_000))
    for file in (few, many):
        read(file)
    assert many.asked < 4 * few.asked + 3_000_000


def test_time_is_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decoder, monkey = Decoder(MEMORY), "import time, decoding.writing\n"
    monkey += "def busy(*_): \n    while True: pass\n"
    monkey += "decoding.writing.take_in = busy\nfrom decoding.child import main\nmain()\n"
    with monkeypatch.context() as patch:
        real = process.subprocess.Popen
        patch.setattr(
            process.subprocess, "Popen", lambda command, **o: real([command[0], "-c", monkey, command[3]], **o)
        )
        with pytest.raises(Rejected, match="longer than is allowed"):
            take_in(decoder, b"", tmp_path, seconds=0.5)
    assert take_in(decoder, pillow(Pillow.fromarray(chart()), "PNG"), tmp_path)["width"] == 144
    decoder.close()


def test_memory_is_limited_also_where_a_header_lies(decoder: Decoder, tmp_path: Path) -> None:
    """A strip that unpacks to more than its place: the address space ends it, not the machine."""
    need = tif(np.zeros((6000, 6000, 3), np.float64), compression="deflate", photometric="rgb")
    with pytest.raises(Rejected, match="GB are allowed here"):
        take_in(decoder, need, tmp_path)
    pixels = (MEMORY - BASE_BYTES) // 16
    Limits(memory=MEMORY).check(pixels // 1000, 1000, 15.9)
    with pytest.raises(Rejected, match="need"):
        Limits(memory=MEMORY).check(pixels // 1000, 1000, 16.5)


def test_a_process_that_was_ended_from_outside_says_nothing_of_the_file(tmp_path: Path) -> None:
    decoder = Decoder(MEMORY)
    good = pillow(Pillow.fromarray(chart()), "PNG")
    take_in(decoder, good, tmp_path)
    assert decoder._process is not None
    ended = decoder._process.pid
    os.kill(ended, 9)
    decoder._process.wait()
    assert take_in(decoder, good, tmp_path)["width"] == 144, "another one is started"
    assert decoder._process.pid != ended
    assert isinstance(decoder._why(_ended_by(9)), Lost)
    assert "crashed" in str(decoder._why(_ended_by(11)))
    decoder.close()


def _ended_by(number: int) -> Any:
    import subprocess

    child = subprocess.Popen(["sleep", "60"])
    child.send_signal(number)
    return child


def test_the_process_is_used_again_and_replaced_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "MOST_FILES", 3)
    decoder, pids = Decoder(MEMORY), []
    for _ in range(5):
        take_in(decoder, pillow(Pillow.fromarray(chart()), "PNG"), tmp_path)
        pids.append(decoder._process.pid if decoder._process else None)
    assert pids[0] == pids[1]
    assert pids[2] is None
    assert pids[3] == pids[4] != pids[0]
    decoder.close()


def test_it_knows_nothing_of_its_parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "not for decoders")
    decoder = Decoder(MEMORY)
    take_in(decoder, pillow(Pillow.fromarray(chart()), "PNG"), tmp_path)
    assert decoder._process is not None
    environment = Path(f"/proc/{decoder._process.pid}/environ").read_bytes()
    limits = Path(f"/proc/{decoder._process.pid}/limits").read_text()
    assert b"SECRET_KEY" not in environment
    assert str(MEMORY) in limits
    assert [line.split()[4] for line in limits.splitlines() if line.startswith("Max core")] == ["0"]
    decoder.close()


def test_trouble_of_a_disk_is_not_called_damage(decoder: Decoder, tmp_path: Path) -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() > 500:
                raise OSError(5, "Input/output error")
            return super().read(min(size or 400, 400))

    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    for data in (pillow(Pillow.fromarray(noise), "PNG"), tif(noise), pillow(Pillow.fromarray(noise), "JPEG")):
        with pytest.raises(OSError, match="Input/output error"):
            read(Failing(data))
    with pytest.raises(OSError, match="gone"):
        decoder.ask({"do": "take_in", "path": str(tmp_path / "gone"), "out": str(tmp_path), "pixels": 1,
                     "blocks_from": 1, "side": 64})  # fmt: skip
    path = tmp_path / "original"
    path.write_bytes(tif(chart()))
    with pytest.raises(OSError, match="nowhere"):
        decoder.ask({"do": "take_in", "path": str(path), "out": str(tmp_path / "nowhere"), "pixels": 10**6,
                     "blocks_from": 10**6, "side": 64})  # fmt: skip


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.8])
def test_a_jpeg_that_ends_in_the_middle_is_refused(progressive: bool, share: float) -> None:
    random = np.random.default_rng(1).integers(0, 256, (60, 80, 3), np.uint8)
    data = pillow(Pillow.fromarray(random).resize((640, 480)), "JPEG", quality=90, progressive=progressive)
    with pytest.raises(Rejected, match="ends in the middle"):
        read(io.BytesIO(data[: int(len(data) * share)]))


def png_of(size: tuple[int, int], kind: int, raw: bytes, interlaced: bool = False) -> bytes:
    """A PNG of 8 bits whose packed pixels are `raw`, whatever the header promises."""
    header = struct.pack(">IIBBBBB", *size, 8, kind, 0, 0, int(interlaced))
    palette = [(b"PLTE", bytes((0, 0, 0, 255, 255, 255)))] if kind == 3 else []
    packed = zlib.compress(raw)
    pixels = [(b"IDAT", packed[at : at + 500]) for at in range(0, len(packed), 500)]
    chunks = [(b"IHDR", header), *palette, *pixels, (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


@pytest.mark.parametrize(("kind", "bytes_a_pixel"), [(0, 1), (2, 3), (3, 1), (4, 2), (6, 4)])
def test_a_png_of_too_few_rows_is_refused_and_a_black_one_is_not(kind: int, bytes_a_pixel: int) -> None:
    row = b"\0" + bytes(range(100)) * bytes_a_pixel
    if kind == 3:
        row = b"\0" + bytes((0, 1)) * 50
    size = (100, 80)
    with pytest.raises(Rejected, match="fewer rows"):
        read(io.BytesIO(png_of(size, kind, row * 79)))
    assert read(io.BytesIO(png_of(size, kind, row * 80))).view.size == size
    assert read(io.BytesIO(png_of(size, kind, bytes(len(row) * 80)))).view.size == size


def test_an_interlaced_png_of_too_few_rows_is_refused() -> None:
    passes = [(13, 10), (13, 10), (25, 10), (25, 20), (50, 20), (50, 40), (100, 40)]  # of 100×80 (PNG, 8.2)
    raw = b"".join((b"\0" + bytes(range(7, 7 + width))) * height for width, height in passes)
    assert read(io.BytesIO(png_of((100, 80), 0, raw, interlaced=True))).view.size == (100, 80)
    with pytest.raises(Rejected, match="fewer rows"):
        read(io.BytesIO(png_of((100, 80), 0, raw[:-101], interlaced=True)))


def test_a_raw_file_says_what_is_missing() -> None:
    out = io.BytesIO()
    with tifffile.TiffWriter(out) as writer:
        writer.write(np.zeros((16, 24, 3), np.uint8), photometric="rgb", subfiletype=1, subifds=1, metadata=None)
        writer.write(np.zeros((64, 96), np.uint16), photometric="cfa", subfiletype=0, metadata=None,
                     extratags=[(33421, "H", 2, (2, 2), True), (33422, "B", 4, b"\0\1\1\2", True),
                                (50706, "B", 4, b"\1\4\0\0", True)])  # fmt: skip
    with pytest.raises(Rejected, match="a preview of 24 × 16; the developed picture is missing"):
        read(io.BytesIO(out.getvalue()))


def test_a_large_preview_stands_for_the_sensor() -> None:
    out = io.BytesIO()
    with tifffile.TiffWriter(out) as writer:
        writer.write(np.zeros((16, 24, 3), np.uint8), photometric="rgb", subfiletype=1, subifds=2, metadata=None)
        writer.write(np.zeros((98, 146), np.uint16), photometric="cfa", subfiletype=0, metadata=None,
                     extratags=[(33421, "H", 2, (2, 2), True), (33422, "B", 4, b"\0\1\1\2", True),
                                (50706, "B", 4, b"\1\4\0\0", True)])  # fmt: skip
        writer.write(chart(), photometric="rgb", subfiletype=1, metadata=None)
    picture = read(io.BytesIO(out.getvalue()))
    assert np.array_equal(np.asarray(picture.view), chart())
    assert picture.source["note"] == "Shown by the camera's preview."


def test_a_large_parent_does_not_make_its_process_look_grown() -> None:
    """What Linux says of a process's peak begins with its parent's, which has a model of a gigabyte loaded."""
    script = """
import subprocess, sys
held = bytearray(1_500_000_000)
held[::4096] = b"x" * len(held[::4096])
print(subprocess.run([sys.executable, "-c", "from decoding.child import peak_kib; print(peak_kib())"],
    check=True, capture_output=True, text=True).stdout)
"""
    found = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True, cwd=ROOT)
    assert int(found.stdout) < 300_000
