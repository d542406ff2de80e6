"""Records of CSV, as RFC 4180 has them. A malformed one ends with its line, so it takes no other record along."""

from __future__ import annotations

import csv
import io
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

CELL = 16 * 2**20  # characters of a cell at most; the module's own limit of 128 KiB is too small for files in base64
HEADER = 2**20  # bytes in which the header of a file ends
NEAR = 200  # characters
SEPARATORS = ",;\t"
UNCLOSED = "unexpected end of data"  # as the csv module says it
csv.field_size_limit(CELL)


class Record(NamedTuple):
    """A record. line: its first, counted from 1. size: its characters. problem: why it cannot be read, or ""."""

    line: int
    cells: list[str]
    size: int
    problem: str = ""


class Header(NamedTuple):
    """The columns of a CSV, what separates them, and how many characters and lines come before the first row."""

    names: tuple[str, ...]
    separator: str
    size: int
    lines: int


def records(lines: Iterable[str], separator: str, line: int = 1) -> Iterator[Record]:
    """Yield the records of lines that keep their ends. line: the number of the first one."""
    source, again, taken = iter(lines), deque[str](), list[str]()

    def take() -> Iterator[str]:
        while text := again.popleft() if again else next(source, ""):
            taken.append(text)
            yield text

    reader = csv.reader(take(), delimiter=separator, strict=True)
    while True:
        taken.clear()
        cells, problem = list[str](), ""
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            problem = f"It is no CSV: {error}."
            again.extendleft(reversed(taken[1:]))
            del taken[1:]
            reader = csv.reader(take(), delimiter=separator, strict=True)
        yield Record(line, cells, sum(map(len, taken)), problem)
        line += len(taken)


def records_of(text: str, separator: str, line: int = 1) -> Iterator[Record]:
    """Yield the records of a text. line: the number of its first line."""
    return records(io.StringIO(text, newline=""), separator, line)


def read_header(text: str) -> Header:
    """Return the header at the start of a CSV: the separator is the one that makes the most columns.

    Excel can state it in a line of its own, such as "sep=;". Raises ValueError for a malformed header, and for a column
    that is there twice.
    """
    first = next(iter(io.StringIO(text, newline="")), "")
    stated = first.strip()[4:] if first.lower().startswith("sep=") else ""
    skipped = first if len(stated) == 1 else ""
    separators = stated if skipped else SEPARATORS
    found = [_header(text.removeprefix(skipped), separator) for separator in separators]
    best = max(found, key=lambda header: len(header.names))
    if twice := [ascii(name) for name, count in Counter(best.names).items() if name and count > 1]:
        raise ValueError(f"its columns are there twice: {', '.join(twice)}.")
    return best._replace(size=best.size + len(skipped), lines=best.lines + bool(skipped))


def _header(text: str, separator: str) -> Header:
    """Return the first record that is not blank."""
    size = 0
    for record in records_of(text, separator):
        size += record.size
        if record.problem:
            raise ValueError(f"line {record.line}: {record.problem}")
        if record.cells:
            return Header(tuple(record.cells), separator, size, count_lines(text[:size]))
    return Header((), separator, size, count_lines(text[:size]))


def whole_records(text: str, separator: str) -> int:
    """Return how many characters at the start of a text are whole records, wherever the file goes on after it.

    Where no quotation mark is near, every line is a record: only the others are parsed.
    """
    source, size = io.StringIO(text, newline=""), 0
    while (quote := text.find('"', size)) >= 0:
        size = max(size, text.rfind("\n", size, quote) + 1, text.rfind("\r", size, quote) + 1)
        source.seek(size)
        for record in records(source, separator):
            if size + record.size == len(text) or UNCLOSED in record.problem:
                return size
            size += record.size
            if text.find('"', size, size + NEAR) < 0:
                break
    return max(size, text.rfind("\n", size) + 1, text.rfind("\r", size, -1) + 1)


def count_lines(text: str) -> int:
    """Return the number of lines, as files have them."""
    ends = text.count("\n") + text.count("\r") - text.count("\r\n")
    return ends + bool(text and text[-1] not in "\r\n")
