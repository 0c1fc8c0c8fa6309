"""Options of formats as flags of commands, made of the same models as the pages' forms and the API's bodies."""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management import CommandError, CommandParser

from labeling.exchange import mapping_files
from labeling.exchange.option_words import option_word, value_word
from labeling.web.api import ApiError, Spec

_PREFIX = "option_"
_PAIRS = ("filter", "classes")


def add_options(parser: CommandParser, models: Mapping[str, type[Spec]]) -> None:
    """A flag for each option of any of these formats, and `--option KEY=VALUE` for all of them."""
    of_formats: dict[str, list[str]] = {}
    schemas: dict[str, dict[str, Any]] = {}
    values: dict[str, list[str]] = {}
    for format, model in models.items():
        for name, schema in model.model_json_schema()["properties"].items():
            of_formats.setdefault(name, []).append(format)
            schemas.setdefault(name, schema)
            values.setdefault(name, []).extend(one for one in schema.get("enum", []) if one not in values[name])
    group = parser.add_argument_group("options of formats")
    for name, schema in schemas.items():
        some = "" if len(of_formats[name]) == len(models) else f" ({', '.join(of_formats[name])})"
        _add(group, name, schema, values[name], f"{option_word(name)}{some}".replace("%", "%%"))
    group.add_argument(
        "--option", action="append", default=[], metavar="KEY=VALUE",
        help="any of these, such as segmentation=polygons; docs/guides/formats.md",
    )  # fmt: skip


def _add(group: Any, name: str, schema: dict[str, Any], values: list[str], words: str) -> None:
    flag, where = f"--{name.replace('_', '-')}", f"{_PREFIX}{name}"
    if name == "mapping":
        group.add_argument(flag, dest=where, type=Path, metavar="FILE.csv", help=f"{words}: two columns")
    elif name == "only":
        group.add_argument(flag, dest=where, metavar="IDS", help=f"{words}, with commas")
    elif name in _PAIRS:
        pair = "FIELD=VALUE" if name == "filter" else "THEIRS=OURS"
        group.add_argument(flag, dest=where, action="append", metavar=pair, help=f"{words}; may be repeated")
    elif schema.get("type") == "boolean":
        group.add_argument(flag, dest=where, action=argparse.BooleanOptionalAction, default=None, help=words)
    elif values:
        said = "; ".join(f"{one}: {value_word(name, one)}" for one in values).replace("%", "%%")
        group.add_argument(flag, dest=where, metavar="|".join(values), help=f"{words}. {said}")
    else:
        metavar = "N" if schema.get("type") == "integer" else "TEXT"
        group.add_argument(flag, dest=where, metavar=metavar, help=words)


def options_in(given: Mapping[str, Any]) -> dict[str, Any]:
    """The options of formats among a command's arguments, as the API takes them. Raises: CommandError."""
    found = pairs(given["option"])
    for where, value in given.items():
        if where.startswith(_PREFIX) and value is not None:
            name = where.removeprefix(_PREFIX)
            found[name] = _value(name, value)
    return found


def _value(name: str, value: Any) -> Any:
    if name == "mapping":
        try:
            with value.expanduser().open("rb") as file:
                return mapping_files.read(file)
        except OSError as error:
            raise CommandError(f"The mapping can't be read: {error}") from None
        except ApiError as error:
            raise CommandError(error.message) from None
    if name in _PAIRS:
        return pairs(value, plain=True)
    if name == "only":
        return [_plain(one) for one in value.split(",")]
    return _plain(value) if isinstance(value, str) and name not in ("source",) else value


def pairs(given: list[str], *, plain: bool = False) -> dict[str, Any]:
    """`key=value` pairs; true, false, numbers and JSON are read as such, unless `plain`. Raises: CommandError."""
    found: dict[str, Any] = {}
    for one in given:
        key, separator, value = one.partition("=")
        if not separator or not key:
            raise CommandError(f"“{one}” is not a valid option; use key=value, for example images=all.")
        found[key] = value if plain else _plain(value)
    return found


def _plain(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value
