"""The `capstan` command, with one file per group of subcommands."""

import sys


def main() -> None:
    """Run the command. User-fixable errors exit with 1 and a message, wrong usage with 2, a bug with its traceback."""
    from rich.console import Console

    from capstan.cli.app import app
    from capstan.errors import CapstanError

    try:
        app()
    except CapstanError as error:
        Console(stderr=True).print(f"[bold red]Error:[/] {_plain(error)}", highlight=False, soft_wrap=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def _plain(error: Exception) -> str:
    from rich.markup import escape

    return escape(str(error))
