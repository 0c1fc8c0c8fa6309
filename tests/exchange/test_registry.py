"""Formats register themselves, and the documentation knows them all."""

import pytest
from django.conf import settings

from labeling.exchange.registry import formats, register

pytestmark = pytest.mark.once


def test_the_documentation_names_every_format_and_option() -> None:
    text = (settings.BASE_DIR / "docs" / "guides" / "formats.md").read_text()
    for format in formats().values():
        assert f"## `{format.name}`" in text
        for option in format.options.model_fields:
            assert f"| `{option}`" in text


def test_each_describes_itself() -> None:
    for format in formats().values():
        assert format.title
        assert format.description.endswith(".")


def test_a_name_is_taken_once() -> None:
    with pytest.raises(ValueError, match="coco"):
        register(name="coco", title="Another")(lambda dataset, options, archive, advance: None)
