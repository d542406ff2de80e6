"""What is wrong with rows, in words for the sender: the first few problems, each with its row and field."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from capstan.errors import did_you_mean

SHOWN = 5  # problems named in one answer
SHOWN_TEXT = 80  # characters of what a client sent
SHOWN_MESSAGE = 500  # characters of a message, which may quote what a client sent


def describe(error: ValidationError, fields: Iterable[str] = (), first: int = 0) -> str:
    """Return the first few problems of rows, in sentences; the first row is `first`. Misspelt names get a hint."""
    problems = error.errors(include_url=False, include_context=False)
    more = f"; and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
    text = "; ".join(_describe(problem, fields, first) for problem in problems[:SHOWN]) + more
    return text if text.endswith(("?", ".")) else f"{text}."


def _describe(problem: Mapping[str, Any], fields: Iterable[str], first: int) -> str:
    if not problem["loc"]:  # pydantic's JSON parser accepts less nesting than orjson
        return f"The rows cannot be read: {problem['msg']}"
    row, *path = problem["loc"]
    where = f"row {first + row}" + (f", {'.'.join(str(part)[:SHOWN_TEXT] for part in path)}" if path else "")
    got = problem["input"]
    # Only scalars: the repr of something nested deeply would overflow the stack.
    shown = f" (got {clipped(repr(got))})" if isinstance(got, str | int | float | None) else ""
    hint = did_you_mean(str(path[-1]), fields) if path and problem["type"] == "extra_forbidden" else ""
    hint = hint and f".{hint}"
    return f"{where}: {clipped(problem['msg'].removeprefix('Value error, '), SHOWN_MESSAGE)}{shown}{hint}"


def clipped(text: str, length: int = SHOWN_TEXT) -> str:
    """Return the beginning of a text."""
    return text[:length]
