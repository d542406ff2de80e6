"""The tables of a study, as Markdown."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from capstan.study.protocol import Study, Table

if TYPE_CHECKING:
    import pandas as pd


def spread(values: "pd.Series", scale: float = 1, digits: int = 3, middle: str = "mean") -> str:
    """Return the mean over the seeds, or their median, and the lowest and the highest in brackets where they differ."""
    shown, low, high = (f"{scale * values.agg(what):.{digits}f}" for what in (middle, "min", "max"))
    return shown if low == high else f"{shown} ({low} to {high})"


def ranged(name: str, digits: int = 4, scale: float = 1, sign: str = "") -> Callable[["pd.DataFrame"], str]:
    """Return what shows a measure and its interval: the fields `name`, `name`_low and `name`_high.

    It shows the means over the seeds, without an interval where the lines have none. sign: "+" for a difference.
    """

    def show(rows: "pd.DataFrame") -> str:
        values = (scale * rows[part].mean() for part in (name, f"{name}_low", f"{name}_high"))
        shown, low, high = (f"{value:{sign}.{digits}f}" for value in values)
        return shown if "nan" in low else f"{shown} ({low} to {high})"

    return show


def markdown(table: Table, lines: "pd.DataFrame") -> str:
    """Return a table as Markdown. lines: of all cells."""
    rows = table.rows(lines[lines["part"] == table.part] if table.part else lines)
    columns = table.columns(rows) if callable(table.columns) else table.columns
    cells = [[*table.by, *columns], [*["---"] * len(table.by), *["---:"] * len(columns)]]
    for case, group in rows.groupby(list(table.by.values()), sort=False):
        cells.append([*map(_named, case), *(show(group) for show in columns.values())])
    return "\n".join(f"| {' | '.join(row)} |" for row in cells)


def _named(value: object) -> str:
    """Return a field as text: pandas makes 2 to 2.0 where lines of other parts lack the field."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def all_tables(study: Study, lines: "pd.DataFrame") -> list[str]:
    """Return every table of a study as Markdown."""
    return [markdown(table, lines) for table in study.tables]
