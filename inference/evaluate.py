"""Evaluation from the command line, on any COCO, LVIS or panoptic file.

    python -m inference.evaluate clicks DATA.json --limit 200 --min-area 1000
    python -m inference.evaluate clicks --set coco=coco/val.json --set davis=davis/train.json --sequences bear,lucia
    python -m inference.evaluate instances|panoptic|semantic DATA.json --head FOLDER
    python -m inference.evaluate everything DATA.json
    python -m inference.evaluate text DATA.json

Pictures are found beside the file (`images/<file_name>` or `<file_name>`). Progress goes to stderr; the last line of
stdout is one JSON object. Of several files each gets a line of its own before. Everything goes through the public API
at the pictures' own size.
"""

from __future__ import annotations

import argparse
import json

from inference.evaluation import clicks
from inference.heads.evaluation import everything, heads, team, text


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m inference.evaluate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for command in (clicks, team, heads, everything, text):
        command.add_command(commands)
    return parser


def main() -> None:
    args = make_parser().parse_args()
    try:
        result = args.run(args)
    except (ValueError, OSError) as error:
        raise SystemExit(f"evaluate: {error}") from None
    print(json.dumps(result))


if __name__ == "__main__":
    main()
