"""The `capstan` command, with one file per group of subcommands."""

import signal
import sys


def main() -> None:
    """Run the command.

    A user-fixable error exits with 1 and a message, one that may pass, such as a service that is away, with 75; wrong
    usage with 2; Ctrl-C and SIGTERM with 130; a bug with its traceback.
    """
    from rich.console import Console

    from capstan.data import disk
    from capstan.errors import CapstanError
    from capstan.services.proxies import spare_loopback
    from capstan.unread_settings import unread
    from cli.app import app

    signal.signal(signal.SIGTERM, _terminate)
    spare_loopback()
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    for warning in unread():
        console.print(f"[yellow]Warning:[/] {_plain(warning)}")
    try:
        with disk.explained():
            app()
    except CapstanError as error:
        console.print(f"[bold red]Error:[/] {_plain(error)}")
        sys.exit(error.exit_code)
    except OSError as error:
        if error.filename is None:
            raise
        # A folder that cannot be written is the user's to change, wherever it happens.
        console.print(f"[bold red]Error:[/] {_plain(error.filename)}: {_plain(error.strerror)}.")
        sys.exit(1)
    except (KeyboardInterrupt, SystemExit) as end:
        if (stopped := _interrupt(end)) is None:
            raise
        console.print(f"Stopped. {_plain(stopped)}".rstrip())
        sys.exit(130)


def _terminate(*_signal: object) -> None:
    """End as by Ctrl-C, with what a command says then: so does `capstan stop`, a container, a service manager."""
    raise KeyboardInterrupt


def _interrupt(end: BaseException | None) -> KeyboardInterrupt | None:
    """Return the Ctrl-C that ended a command. Typer turns it into an exit without a word."""
    while end is not None and not isinstance(end, KeyboardInterrupt):
        end = end.__cause__ or end.__context__
    return end


def _plain(text: object) -> str:
    from rich.markup import escape

    return escape(str(text))
