"""Errors that a user can fix."""

from collections.abc import Iterable
from types import TracebackType

LONGEST_NAME = 200  # characters of a name that hints are given for


class CapstanError(Exception):
    """Bad data, configuration or state. The message says what is wrong and what to do.

    The command prints the message and exits with 1. Any other exception is a bug and keeps its traceback.
    """

    exit_code = 1


class TemporaryFailure(CapstanError):
    """What may be tried again later as it is."""

    exit_code = 75  # EX_TEMPFAIL of sysexits.h


class Busy(TemporaryFailure):
    """Another process does it at the moment."""


class Unavailable(TemporaryFailure):
    """A service that is needed (the registry, the endpoint, a store, the log) does not answer. A client gets a 503."""


class InvalidRow(Exception):
    """A row that a model cannot take, such as an unknown key. The message says what is wrong and what to do.

    A model raises it; the endpoint then answers 400, for this request only. `row` is the row's position, and `field`
    the field of the request.
    """

    def __init__(self, message: str, row: int = 0, field: str = ""):
        super().__init__(f"row {row}{f', {field}' if field else ''}: {message}")
        self.message, self.row, self.field = message, row, field


def without_tracebacks() -> None:
    """Let an error that a user can fix end this process with its message alone. For a `main` that `python -m` runs."""
    import sys

    before = sys.excepthook

    def shown(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if isinstance(error, CapstanError):
            print(f"Error: {error}", file=sys.stderr)
        else:
            before(kind, error, trace)

    sys.excepthook = shown


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return " Did you mean ...?" with the known name nearest to a misspelt one, or "" when none is near."""
    from difflib import get_close_matches

    if len(name) > LONGEST_NAME:  # the comparison takes 70 ms for a megabyte
        return ""
    near = get_close_matches(name, list(known), 1, cutoff=0.75)
    return f" Did you mean {near[0]!r}?" if near else ""
