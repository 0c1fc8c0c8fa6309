"""Names of exported files: fit for every file system, unique on each, and the same again."""

import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.exchange.archive import Archive
from labeling.exchange.build import RENAMED
from labeling.exchange.names import SUFFIX, FileNames, fit, key
from tests.exchange.conftest import AddImage, Keep, MakeZip, box

pytestmark = pytest.mark.once

RESERVED = {"con", "prn", "aux", "nul", *(f"{kind}{n}" for kind in ("com", "lpt") for n in "0123456789¹²³")}
PARTS = st.one_of(
    st.text(max_size=30),
    st.text("aA.äÄ\u0308 _é\u0301", max_size=5),
    st.sampled_from(
        ["con", "NUL.txt", "a", "A", "a.png", "ﬁ", "fi", "ß", "ss", "İ", "ı", "x" * 300, "字" * 120, "a\u200db"]
    ),
)
NAMES = st.lists(st.lists(PARTS, min_size=1, max_size=3).map("/".join), max_size=12)


def named(names: list[str], suffix: str = ".png") -> list[str]:
    given_ = FileNames()
    return [given_.take(name, number, suffix) for number, name in enumerate(names, start=1)]


@given(NAMES, st.sampled_from([".png", "_instanceIds.png", ".json"]))
@settings(deadline=None)
def test_every_name_is_fit_for_every_file_system(names: list[str], longer: str) -> None:
    for name in named(names):
        for part in (name, SUFFIX.sub("", name) + longer):
            for one in part.split("/"):
                assert 0 < len(one.encode()) <= 255
                assert len(unicodedata.normalize("NFD", one).encode("utf-16-le")) // 2 <= 255
                assert one == unicodedata.normalize("NFC", one)
                assert not set(one) & set('<>:"|?*\\')
                assert not any(unicodedata.category(char) in ("Cc", "Cs") for char in one)
                assert one == one.rstrip(" .")
                assert one.split(".")[0].rstrip().casefold() not in RESERVED


@given(NAMES)
@settings(deadline=None)
def test_extracting_on_a_file_system_without_case_overwrites_nothing(names: list[str]) -> None:
    """As APFS and NTFS do: what differs in case or composition only is one file, and a file is no folder."""
    files: set[str] = set()
    folders: set[str] = set()
    for name in named(names):
        same = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
        assert same not in files
        files.add(same)
        parts = same.split("/")
        folders |= {"/".join(parts[:count]) for count in range(1, len(parts))}
    assert not files & folders
    assert len({key(SUFFIX.sub("", name)) for name in named(names)}) == len(names)


@given(NAMES, NAMES)
@settings(deadline=None)
def test_images_that_come_later_rename_none(names: list[str], more: list[str]) -> None:
    assert named(names + more)[: len(names)] == named(names)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("street/a.jpg", "street/a.png"), ("CON.jpg", "_CON.png"), ("aux.tar.gz", "_aux.tar.png"),
        ("COM¹.jpg", "_COM¹.png"), ("contact.jpg", "contact.png"), ("a. /b .jpg", "a/b.png"),
        ('a<b>:"|?*.jpg', "a_b______.png"), ("tab\there.jpg", "tab_here.png"), ("../../x.jpg", "x.png"),
        ("e\u0301.jpg", "\u00e9.png"), ("\u202egpj.exe.jpg", "_gpj.exe.png"), ("....", "image-1.png"),
        ("می\u200cخواهم.jpg", "می\u200cخواهم.png"),
    ],
)  # fmt: skip
def test_names_keep_what_they_can(name: str, expected: str) -> None:
    assert named([name]) == [expected]


def test_equal_names_get_numbers() -> None:
    assert named(["a.jpg", "A.png", "e\u0301.jpg", "É.jpg", "a.png/b.jpg", "c.png/d.jpg", "c.jpg"]) == [
        "a.png", "A-2.png", "é.png", "É-4.png", "a.png_/b.png", "c.png/d.png", "c-7.png",
    ]  # fmt: skip


def test_long_names_are_cut_between_characters() -> None:
    for name in ("字" * 255, "é" * 255, "👩‍🚀" * 80):
        assert len(fit(name).encode()) <= 180
        assert "\ufffd" not in fit(name)


def test_the_archive_says_what_was_renamed(add_image: AddImage, keep: Keep, make_zip: MakeZip) -> None:
    for name in ("con.png", "b.png", "B.png"):
        keep(add_image(name), box(1, 1, 5, 5))
    found = make_zip("png", include_images=True)
    last = next(name for name in found.names if name.startswith("images/B-"))
    assert found.json(RENAMED) == {"_con.png": "con.png", last.removeprefix("images/"): "B.png"}
    assert {"images/_con.png", "images/b.png", "semantic/_con.png"} <= set(found.names)


def test_nothing_is_said_when_nothing_was_renamed(add_image: AddImage, keep: Keep, make_zip: MakeZip) -> None:
    keep(add_image("a/b.png"), box(1, 1, 5, 5))
    assert RENAMED not in make_zip("coco").names


@pytest.mark.parametrize("name", ["nul.txt", "a:b", "x/con", "é".encode().decode() + "\u0301"[:0] + "?"])
def test_an_archive_takes_no_name_that_was_not_made_for_it(name: str, tmp_path: Path) -> None:
    with Archive(tmp_path / "a.zip") as archive:
        archive.write_text("a.txt", "")
        with pytest.raises(ValueError, match="already"):
            archive.write_text("A.txt", "")
        with pytest.raises(ValueError, match="FileNames"):
            archive.write_text(name, json.dumps(1))
