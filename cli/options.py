"""Options and arguments that commands share."""

import re
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]
Capstone = Annotated[str, typer.Argument(help="A capstone's name; `capstan list` shows them.", show_default=False)]

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
SHORTEST = 60  # seconds; a run on a cluster takes about half of it


def interval(text: str) -> int:
    """Return the seconds of `--every`, such as 30m. Raises typer.BadParameter."""
    match = re.fullmatch(r"(\d+)([smhd])", text)
    seconds = int(match[1]) * UNITS[match[2]] if match else 0
    if seconds < SHORTEST:
        raise typer.BadParameter(
            f"{text!r} is not a time of a minute or more, such as 30m, 1h or 1d.", param_hint="--every"
        )
    return seconds
