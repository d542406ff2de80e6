"""Tallies: how often each value of each signal came on each day. All that the checks of a window need of its rows."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

import duckdb
import numpy as np

from capstan.contract.capstone import Outcome
from capstan.contract.checks import Checks
from capstan.errors import CapstanError
from monitoring.checks import grids
from monitoring.checks.grids import Grid
from monitoring.checks.rows import DAY, Rows, columns, number, opened, quoted

ERROR = "error of "  # the signal that is made of a prediction and its label


@dataclass(frozen=True)
class DailyCounts:
    """Counts of rows, exact. All arrays begin with the axis of the days, in order.

    days: since 1970. counts: signal -> (days, bins), nulls last. sums: numeric signal -> (days,), of its values.
    scored: (days, bins, 2), the rows of each label by the bin of their prediction, where the outcome is binary.
    """

    days: np.ndarray
    rows: np.ndarray
    grids: Mapping[str, Grid]
    counts: Mapping[str, np.ndarray]
    sums: Mapping[str, np.ndarray]
    outcome: Outcome | None = None
    scored: np.ndarray | None = None

    def take(self, positions: np.ndarray) -> "DailyCounts":
        """Return the lines at some positions, or where a mask is true, one after the other."""
        return self._each(lambda array: array[positions])

    def total(self) -> "DailyCounts":
        """Return one line: all days together."""
        return self._each(lambda array: array[-1:] if array is self.days else array.sum(axis=0, keepdims=True))

    def others(self) -> "DailyCounts":
        """Return a line for each day: all other days together."""
        return self._each(lambda array: array if array is self.days else array.sum(axis=0) - array)

    def trailing(self, window: int) -> "DailyCounts":
        """Return a line for each day that has `window - 1` before it: it and these together."""

        def add(array: np.ndarray) -> np.ndarray:
            if array is self.days:
                return array[window - 1 :]
            before = np.concatenate([np.zeros_like(array[:1]), np.cumsum(array, axis=0)])
            return np.asarray(before[window:] - before[:-window])

        return self._each(add)

    def only(self, signals: Collection[str]) -> "DailyCounts":
        """Return the tally of some of the signals."""
        counts, sums = ({n: a for n, a in of.items() if n in signals} for of in (self.counts, self.sums))
        kept = self.outcome is not None and self.outcome.prediction in counts
        return replace(self, counts=counts, sums=sums, scored=self.scored if kept else None)

    def _each(self, change: Callable[[np.ndarray], np.ndarray]) -> "DailyCounts":
        return replace(
            self,
            days=change(self.days),
            rows=change(self.rows),
            counts={name: change(array) for name, array in self.counts.items()},
            sums={name: change(array) for name, array in self.sums.items()},
            scored=None if self.scored is None else change(self.scored),
        )


def reference(rows: Rows, checks: Checks, outcome: Outcome | None = None) -> DailyCounts:
    """Count the reference, whose values make the grids of the signals."""
    per_day = 1
    if checks.time is None:
        with opened(rows, None) as connection:
            [(count,)] = connection.execute("SELECT count(*) FROM rows").fetchall()
        per_day = max(checks.rows_per_day, count // checks.days_without_time)
    with _opened(rows, checks, per_day, outcome) as connection:
        left_out = {"day", DAY.strip('"'), checks.time, *checks.ignore}
        types = {name: type_ for name, type_ in columns(connection).items() if name not in left_out}
        candidates = {name: grids.make(connection, name, type_) for name, type_ in types.items()}
        by_name = {name: grid for name, grid in candidates.items() if grid is not None}
        if not by_name:
            raise CapstanError("The signals have no column of numbers, texts or booleans: there is nothing to check.")
        return _count(connection, by_name, outcome)


def recent(rows: Rows, checks: Checks, like: DailyCounts, first: int = 0) -> DailyCounts:
    """Count newer rows on the grids of the reference. A signal that they lack is left out, such as the label.

    first: rows that were counted before, where the order of the rows takes the place of a time.
    """
    with _opened(rows, checks, max(1, int(np.median(like.rows))), like.outcome, first) as connection:
        names = columns(connection)
        return _count(connection, {name: grid for name, grid in like.grids.items() if name in names}, like.outcome)


def together(parts: Sequence[DailyCounts], like: DailyCounts) -> DailyCounts:
    """Return the tally of rows that were counted in parts, on the grids of the reference.

    A signal that a part lacks, such as the label, has nulls there.
    """
    days = np.array(sorted({day for part in parts for day in part.days}))
    names = [name for name in like.grids if any(name in part.counts for part in parts)]
    grids, rows = {name: like.grids[name] for name in names}, np.zeros(len(days), int)
    counts = {name: np.zeros((len(days), grid.size), int) for name, grid in grids.items()}
    sums = {name: np.zeros(len(days)) for name, grid in grids.items() if grid.kind == "numeric"}
    shapes = [part.scored.shape[1:] for part in parts if part.scored is not None]
    scored = np.zeros((len(days), *shapes[0]), int) if shapes else None
    for part in parts:
        places = np.searchsorted(days, part.days)
        rows[places] += part.rows
        for name, counted in counts.items():
            if name in part.counts:
                counted[places] += part.counts[name]
            else:
                counted[places, -1] += part.rows
        for name, total in sums.items():
            total[places] += part.sums.get(name, 0.0)
        if scored is not None and part.scored is not None:
            scored[places] += part.scored
    return DailyCounts(days, rows, grids, counts, sums, like.outcome, scored)


def _opened(
    rows: Rows, checks: Checks, per_day: int, outcome: Outcome | None, first: int = 0
) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
    """A binary outcome has no error: it is counted by its label instead."""
    if outcome is None or outcome.kind == "binary":
        return opened(rows, checks.time, per_day, first=first)
    return opened(rows, checks.time, per_day, ERROR + outcome.prediction, outcome, first)


def _count(connection: duckdb.DuckDBPyConnection, by_name: dict[str, Grid], outcome: Outcome | None) -> DailyCounts:
    per_day = dict(
        connection.execute(f"SELECT {DAY}, count(*) FROM rows WHERE {DAY} IS NOT NULL GROUP BY 1").fetchall()
    )
    if not per_day:
        raise CapstanError("There are no rows to check.")
    days = np.array(sorted(per_day))
    rows, places = np.array([per_day[day] for day in days]), {day: position for position, day in enumerate(days)}
    counted, sums = _numeric(
        connection, {n: grid for n, grid in by_name.items() if grid.kind == "numeric"}, rows, places
    )
    counts = {
        n: counted[n] if n in counted else _category(connection, n, grid, rows, places) for n, grid in by_name.items()
    }
    scored = None
    if outcome and outcome.kind == "binary" and {outcome.target, outcome.prediction} <= set(columns(connection)):
        scored = _scored(connection, outcome, by_name[outcome.prediction], rows, places)
    return DailyCounts(days, rows, by_name, counts, sums, outcome, scored)


def _numeric(
    connection: duckdb.DuckDBPyConnection, by_name: Mapping[str, Grid], rows: np.ndarray, at: dict[int, int]
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return the counts and the sums of the numbers, in one pass over the rows."""
    counts = {name: np.zeros((len(rows), grid.size), int) for name, grid in by_name.items()}
    sums = {name: np.zeros(len(rows)) for name in by_name}
    values = {name: number(name) for name in by_name}
    wanted = [
        f"map_values({_histogram(values[n], grid)}), coalesce(sum({values[n]}), 0)" for n, grid in by_name.items()
    ]
    query = f"SELECT {', '.join([DAY, *wanted])} FROM rows GROUP BY 1"
    for day, *numbers in connection.execute(query).fetchall():
        if day is not None:
            for name, histogram, total in zip(by_name, numbers[::2], numbers[1::2], strict=True):
                counts[name][at[day], :-1] = histogram or 0
                sums[name][at[day]] = total
    for array in counts.values():
        array[:, -1] = rows - array[:, :-1].sum(axis=1)
    return counts, sums


def _category(
    connection: duckdb.DuckDBPyConnection, name: str, grid: Grid, rows: np.ndarray, at: dict[int, int]
) -> np.ndarray:
    """Return the counts of a category."""
    counts = np.zeros((len(rows), grid.size), int)
    bins = {value: position for position, value in enumerate(grid.values)} | {None: grid.size - 1}
    query = f"SELECT {DAY}, CAST({quoted(name)} AS VARCHAR), count(*) FROM rows WHERE {DAY} IS NOT NULL GROUP BY ALL"
    for day, value, count in connection.execute(query).fetchall():
        counts[at[day], bins.get(value, grid.size - 2)] += count
    return counts


def _scored(
    connection: duckdb.DuckDBPyConnection, outcome: Outcome, grid: Grid, rows: np.ndarray, at: dict[int, int]
) -> np.ndarray:
    """Return the rows of each label by the bin of their prediction, and the nulls of neither."""
    prediction, target = number(outcome.prediction), number(outcome.target)
    counts = np.zeros((len(rows), grid.size - 1, 2), int)
    query = (
        f"SELECT {DAY}, CAST({target} AS INTEGER), map_values({_histogram(prediction, grid)}) FROM rows "
        f"WHERE {target} IN (0, 1) AND {prediction} IS NOT NULL GROUP BY 1, 2"
    )
    for day, label, histogram in connection.execute(query).fetchall():
        if day is not None:
            counts[at[day], :, label] = histogram
    return counts


def _histogram(value: str, grid: Grid) -> str:
    edges = ", ".join(f"{edge!r}::DOUBLE" for edge in grid.edges)
    return f"histogram({value}, [{edges}, 'infinity'::DOUBLE])"
