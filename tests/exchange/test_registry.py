"""Formats register themselves, and the documentation knows them all."""

from typing import get_args

import pytest
from django.conf import settings

from labeling.exchange.option_words import option_word, value_word
from labeling.exchange.registry import ReadOptions, formats, readable_formats, register, register_reader

pytestmark = pytest.mark.once


def test_the_documentation_names_every_format_and_option() -> None:
    text = (settings.BASE_DIR / "docs" / "guides" / "formats.md").read_text()
    for format in formats().values():
        assert f"## `{format.name}`" in text
        for option in format.options.model_fields:
            assert f"| `{option}`" in text


def test_the_documentation_names_every_format_and_option_of_imports() -> None:
    text = (settings.BASE_DIR / "docs" / "guides" / "formats.md").read_text().partition("## Imports")[2]
    for format in readable_formats().values():
        assert f"(`{format.name}`)\n" in text
        for option in format.read_options.model_fields:
            row = next(line for line in text.splitlines() if line.startswith(f"| `{option}`"))
            is_own = option not in ReadOptions.model_fields
            assert not is_own or format.name in row.split("|")[1], f"{option} of {format.name}"


def test_each_describes_itself() -> None:
    for format in (formats() | readable_formats()).values():
        assert format.title
        assert format.description.endswith(".")


def test_a_name_is_taken_once() -> None:
    with pytest.raises(ValueError, match="coco"):
        register(name="coco", title="Another")(lambda dataset, options, archive, advance: None)
    with pytest.raises(ValueError, match="coco"):
        register_reader(name="coco", title="Another")(lambda reading, options: iter(()))


def test_pages_have_words_for_every_option_and_value() -> None:
    used = [one.options for one in formats().values()] + [one.read_options for one in readable_formats().values()]
    for fields in (options.model_fields for options in used):
        for name, field in fields.items():
            assert option_word(name) != name
            for value in get_args(field.annotation):
                assert not isinstance(value, str) or value_word(name, value) != value, f"{name}: {value}"
