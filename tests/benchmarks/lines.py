"""The lines of a benchmark in a JSON file: cases that are measured one after another, and the table that a page has."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from capstan.data.files import atomic_write

Line = dict[str, Any]


class Study:
    """The lines of a JSON file. The fields `keys` name the case of a line. It is written after each addition."""

    def __init__(self, file: Path, keys: Sequence[str]):
        self.file, self.keys = file, tuple(keys)
        self.lines: list[Line] = json.loads(file.read_text()) if file.exists() else []

    def has(self, **fields: Any) -> bool:
        """Return whether a line with these values is there: a study that was stopped goes on where it was."""
        return any(fields.items() <= line.items() for line in self.lines)

    def add(self, *lines: Line) -> None:
        """Add lines, each in the place of an earlier one of its case, write all, and print the new ones."""
        places = {self._case(line): place for place, line in enumerate(self.lines)}
        for line in lines:
            place = places.get(self._case(line), len(self.lines))
            self.lines[place : place + 1] = [line]
            print(json.dumps(line), flush=True)
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(self.file) as partial:
            partial.write_text(json.dumps(self.lines, indent=1) + "\n")

    def table(self) -> pd.DataFrame:
        """Return all lines."""
        return pd.DataFrame(self.lines)

    def _case(self, line: Line) -> tuple[Any, ...]:
        return tuple(line[key] for key in self.keys)


def read(file: Path) -> pd.DataFrame:
    """Return the lines of a study's file."""
    return pd.DataFrame(json.loads(file.read_text()))


def markdown(table: pd.DataFrame, by: Mapping[str, str], columns: Mapping[str, Callable[[pd.DataFrame], str]]) -> str:
    """Return a table of a README, a row per case, in the order of the lines.

    by: title -> field that names the case. columns: title -> the cell of the lines of a case, over all seeds.
    """
    rows = [[*by, *columns], [*["---"] * len(by), *["---:"] * len(columns)]]
    for case, lines in table.groupby(list(by.values()), sort=False):
        rows.append([*map(str, case), *(cell(lines) for cell in columns.values())])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
