"""The Typer application; every command imports what it needs when it runs, so that `capstan` alone is quick."""

from typing import Annotated

import typer

# Typer's own traceback boxes hide the cause of a bug; errors of the user are handled in `capstan.cli.main`.
app = typer.Typer(
    name="capstan",
    help="One road for every model: source, features, training, gate, registry, endpoint, monitoring.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]
Capstone = Annotated[str, typer.Argument(help="A capstone's name; `capstan list` shows them.", show_default=False)]

from capstan.cli import catalogue, predict, run, stack  # noqa: E402, F401  each registers its commands on `app`
