"""A study: cases that are measured over some seeds, a line each, in a JSON file next to the README that quotes it."""

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from capstan.data.files import atomic_write
from capstan.errors import without_tracebacks

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


def options(description: str | None, folder: Path) -> argparse.ArgumentParser:
    """Return the options of every study: how many seeds, and the folder of its file, by default `folder`."""
    without_tracebacks()
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=folder)
    return parser


def records(table: pd.DataFrame) -> list[Line]:
    """Return a table as lines; what is missing is null."""
    lines: list[Line] = json.loads(table.to_json(orient="records"))
    return lines


def spread(values: pd.Series, scale: float = 1, digits: int = 3, middle: str = "mean") -> str:
    """Return the mean of some seeds, or their median, and the lowest and the highest in brackets where they differ."""
    shown, low, high = (f"{scale * values.agg(what):.{digits}f}" for what in (middle, "min", "max"))
    return shown if low == high else f"{shown} ({low} to {high})"


def ranged(name: str, digits: int = 4, scale: float = 1, sign: str = "") -> Callable[[pd.DataFrame], str]:
    """Return what makes a cell of a measure and its interval, the fields `name`, `name`_low and `name`_high.

    It has the means over the seeds, and no interval where the lines have none. sign: "+" writes that of a difference.
    """

    def cell(rows: pd.DataFrame) -> str:
        values = (scale * rows[part].mean() for part in (name, f"{name}_low", f"{name}_high"))
        shown, low, high = (f"{value:{sign}.{digits}f}" for value in values)
        return shown if "nan" in low else f"{shown} ({low} to {high})"

    return cell


def markdown(table: pd.DataFrame, by: Mapping[str, str], columns: Mapping[str, Callable[[pd.DataFrame], str]]) -> str:
    """Return a table of a README, a row per case, in the order of the lines.

    by: title -> field that names the case. columns: title -> the cell of the lines of a case, over all seeds.
    """
    rows = [[*by, *columns], [*["---"] * len(by), *["---:"] * len(columns)]]
    for case, lines in table.groupby(list(by.values()), sort=False):
        rows.append([*map(str, case), *(cell(lines) for cell in columns.values())])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
