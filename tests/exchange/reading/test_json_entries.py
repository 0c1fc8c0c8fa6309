"""JSON of any length, entry by entry: what Python's own parser reads whole, at whatever places it is cut."""

import json
import resource
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.exchange import json_entries, json_files, spool
from labeling.exchange.errors import ImportProblem
from labeling.exchange.json_entries import Entry, entries
from labeling.exchange.source import Source, opened

pytestmark = pytest.mark.once

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12)


def read(folder: Path, content: str | bytes) -> list[Entry]:
    path = folder / "x.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
    with opened(path) as source:
        return list(entries(source, "x.json"))


def put_together(found: list[Entry]) -> dict[str, Any]:
    """The object that the entries were."""
    whole: dict[str, Any] = {}
    for one in found:
        assert repr(json.loads(one.text)) == repr(one.value)
        if one.place:
            rows = whole.setdefault(one.section, [])
            rows.append(one.value)
            assert one.place == len(rows)
        else:
            whole[one.section] = one.value
    return whole


@given(content=st.dictionaries(st.text(), VALUES), indent=st.sampled_from([None, 1]), chunk=st.integers(1, 40),
       escaped=st.booleans())  # fmt: skip
@settings(max_examples=300, deadline=None)
def test_it_is_what_json_loads_gives(
    tmp_path_factory: pytest.TempPathFactory, content: dict[str, Any], indent: int | None, chunk: int, escaped: bool
) -> None:
    text = json.dumps(content, indent=indent, ensure_ascii=escaped)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(json_entries, "_CHUNK", chunk)
        found = read(tmp_path_factory.getbasetemp(), "\ufeff" * (chunk % 2) + text)
    assert repr(put_together(found)) == repr(json.loads(text))


@pytest.mark.parametrize("content", ["[]", "[1, NaN]", "[[], {}]", "3", '"x"', "null", " {} ", "-1.5e3\n"])
def test_other_things_at_the_top(tmp_path: Path, content: str) -> None:
    whole = put_together(read(tmp_path, content))
    assert repr(whole) == repr({} if content == " {} " else {"": json.loads(content)})


@pytest.mark.parametrize("chunk", [1, 7, 1024])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "Expecting value at line 1, column 1"),
        ('{"a": [1, 2', "Expecting ',' delimiter at line 1, column 12"),
        ('{"a":\n [1,\n  {"b" 2}]}', "Expecting ':' delimiter at line 3, column 8"),
        ('{"a": 1} x', "Extra data at line 1, column 10"),
        ('{"a": 1,}', "Expecting property name"),
        ('{"a": "x', "Unterminated string starting at line 1, column 7"),
        ('{"a": 1, "a": []}', "has “a” twice"),
        ('{"a": [nul]}', "Expecting value at line 1, column 8"),
        ("[" * 200_000, "nested too deeply"),
        ('{"a": ' * 100_000, "nested too deeply"),
        ('{"a": [' + "7" * 1_000_000 + "]}", "has a value that can't be read"),
        (b'{"a": "\xff"}', "is not UTF-8 text (at byte 7)"),
        (b'{"a": "\xe2\x82', "is not UTF-8 text (at byte 7)"),
        ('{"a": 1}'.encode("utf-16"), "is not UTF-8 text (at byte 0)"),
    ],
)  # fmt: skip
def test_damage_is_told_with_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: Any, words: str, chunk: int
) -> None:
    if chunk == 1 and len(content) > 1000:
        chunk = 100
    monkeypatch.setattr(json_entries, "_CHUNK", chunk)
    with pytest.raises(ImportProblem) as problem:
        read(tmp_path, content)
    assert words in str(problem.value)
    assert str(problem.value).startswith("x.json ")


def test_what_is_too_large_is_told_before_it_is_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_entries, "LARGEST_ENTRY", 50_000)
    monkeypatch.setattr(json_entries, "_CHUNK", 1000)
    monkeypatch.setattr(json_entries, "MOST_ENTRIES", 500)
    monkeypatch.setattr(json_entries, "MOST_NAMES", 100)
    for content in ('{"a": "' + "x" * 300_000 + '"}', '{"a": [[' + "1," * 200_000 + "1]]}"):
        with pytest.raises(ImportProblem, match=r"has an entry of more than .*too large for what it should be"):
            read(tmp_path, content)
    with pytest.raises(ImportProblem, match="more than 500 entries"):
        read(tmp_path, "[" + "1," * 600 + "1]")
    with pytest.raises(ImportProblem, match="more than 100 names"):
        read(tmp_path, json.dumps({str(one): 1 for one in range(120)}))


@pytest.mark.parametrize("inner", ["[],", "{},", '"ab",', '{"a":1},'])
def test_values_that_take_far_more_memory_than_their_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inner: str
) -> None:
    """An entry, and a file that is read whole. 60 MB of empty lists took 2 GB."""
    for module in (json_entries, json_files):
        monkeypatch.setattr(module, "MOST_MEMORY", 200_000)
    monkeypatch.setattr(json_entries, "_CHUNK", 1000)
    content = '{"a": [[' + inner * 8000 + "0]]}"
    with pytest.raises(ImportProblem, match="x.json has an entry with more lists and values than fit into memory"):
        read(tmp_path, content)
    with opened(tmp_path) as source, pytest.raises(ImportProblem, match="x.json has more lists and values than fit"):
        json_files.load(source, "x.json")


@pytest.mark.parametrize("inner", ["[]", "{}", '"ab"', '{"a":1}', "1.5", "[1.5]"])
def test_the_memory_that_values_take(inner: str) -> None:
    text = "[" + f"{inner}," * 20_000 + "0]"
    tracemalloc.start()
    value = json.loads(text)
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert len(value) == 20_001
    assert taken < 1.5 * json_entries.memory(text)


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """60 MB of entries, of which each is small; and their spool, read by key."""
    path, mask = tmp_path / "x.json", "x" * 400
    with path.open("w") as file:
        file.write('{"annotations":[')
        for number in range(120_000):
            file.write(f'{"," if number else ""}{{"id":{number},"image_id":{number * 7 % 1000},"counts":"{mask}"}}')
        file.write("]}")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with opened(path) as source, spool.opened() as kept:
        for one in entries(source, "x.json"):
            kept.add(one.section, str(one.value["image_id"]), one.place, one.text)
        kept.seal()
        assert [place for place, _ in kept.of("annotations", "7")][:3] == [2, 1002, 2002]
        assert sum(1 for _ in kept.of("annotations", "999")) == 120
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 55 * 1024  # KB: the spool's cache, and some


class _Told:
    """A reading, as far as JSON files need one."""

    def __init__(self, source: Source) -> None:
        self.source, self.defects, self.notes = source, list[str](), list[str]()

    def defect(self, where: str, reason: str) -> None:
        self.defects.append(where)

    def note(self, where: str, text: str) -> None:
        self.notes.append(where)


def test_files_with_a_long_list_are_told_apart(tmp_path: Path) -> None:
    """Wherever the list stands; what is damaged or something else does not keep the others from being read."""
    files = {
        "a.json": '{"items": [{"n": 1}, NaN, {"n": 2}], "infos": [3], "categories": {"x": 1}}',
        "b.json": '{"categories": {}, "items": []}',
        "c.json": '{"categories": {}}',
        "d.json": '{"items": [{"n": 1}',
        "manifest.json": "{}",
    }
    for name, content in files.items():
        (tmp_path / name).write_text(content)

    def lacks(one: json_files.Long) -> str:
        return "" if one.has_list else "list “items”"

    with opened(tmp_path) as source:
        told = _Told(source)
        names = source.names(".json")
        found = {
            name: (one.rest, repr(list(one.entries())), one.fits)
            for name, one in json_files.long_of_format(told, names, "items", bool, lacks, "it")
        }
    assert found == {
        "a.json": ({"categories": {"x": 1}}, "[{'n': 1}, nan, {'n': 2}]", True),
        "b.json": ({"categories": {}}, "[]", False),
    }
    assert (told.defects, told.notes) == (["d.json"], ["c.json"])


@pytest.mark.parametrize("content", ['[{"n": 1}, {"n": 2}]', '\ufeff \n[{"n": 1},{"n": 2}]', '{"n": 1}', " [] "])
def test_a_file_that_is_the_list_or_an_entry_of_it(tmp_path: Path, content: str) -> None:
    (tmp_path / "x.json").write_text(content)
    with opened(tmp_path) as source:
        told = _Told(source)
        whole = json.loads(content.lstrip("\ufeff"))
        for _, one in json_files.long_of_format(told, ["x.json"], "", bool, lambda one: "", "it"):
            assert one.fits == bool(whole)
            assert list(one.entries()) == (whole if isinstance(whole, list) else [whole])
