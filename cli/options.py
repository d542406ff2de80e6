"""Options and arguments that commands share."""

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]
Capstone = Annotated[str, typer.Argument(help="A capstone's name; `capstan list` shows them.", show_default=False)]
