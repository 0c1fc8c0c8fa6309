"""Arguments of a command as its parser reads them."""

import argparse
from collections.abc import Callable
from typing import Any


def parse(add: Callable[[Any], None], *words: object) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add(parser.add_subparsers())
    return parser.parse_args([str(word) for word in words])
