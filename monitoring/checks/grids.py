"""Grids: the bins of a number and the categories of a text, made once, from the reference."""

from dataclasses import dataclass
from typing import Literal

import duckdb
import numpy as np

from monitoring.checks.rows import number, quoted

QUANTILES = 100
CATEGORIES = 1_000  # of one signal; rarer ones count as not seen before
# Beyond the reference's range, in spans of it: a value in other units falls here.
BEYOND = np.concatenate([np.linspace(0.04, 1, 25), [2, 5, 10, 100]])


@dataclass(frozen=True)
class Grid:
    """How the values of a signal are counted. The counts end with what fits nowhere, and with the nulls.

    numeric: bins (-inf, edges[0]], (edges[0], edges[1]], ..., (edges[-1], inf). With `exact`, every value of the
    reference is an edge. category: one for each of `values`.
    """

    kind: Literal["numeric", "category"]
    edges: tuple[float, ...] = ()
    values: tuple[str, ...] = ()
    scale: float = 1.0  # the standard deviation of the reference
    exact: bool = False

    @property
    def size(self) -> int:
        """The number of counts, the nulls' included."""
        return len(self.edges) + 2 if self.kind == "numeric" else len(self.values) + 2


def make(connection: duckdb.DuckDBPyConnection, name: str, type_: str) -> Grid | None:
    """Return the grid of a column of the view `rows`, or None for one that holds no numbers, texts or booleans."""
    if type_ in ("VARCHAR", "BOOLEAN") or type_.startswith("ENUM"):
        return _categories(connection, name)
    if type_.startswith("DECIMAL") or type_ in NUMBERS:
        return _numbers(connection, name)
    return None


NUMBERS = (
    {"DOUBLE", "FLOAT", "HUGEINT", "UHUGEINT"}
    | {f"{sign}{size}INT" for sign in ("", "U") for size in ("TINY", "SMALL", "BIG")}
    | {"INTEGER", "UINTEGER"}
)


def _categories(connection: duckdb.DuckDBPyConnection, name: str) -> Grid:
    column = quoted(name)
    rows = connection.execute(
        f"SELECT CAST({column} AS VARCHAR) FROM rows WHERE {column} IS NOT NULL GROUP BY 1 "
        f"ORDER BY count(*) DESC, 1 LIMIT {CATEGORIES}"
    ).fetchall()
    return Grid("category", values=tuple(value for (value,) in rows))


def _numbers(connection: duckdb.DuckDBPyConnection, name: str) -> Grid:
    value = number(name)
    distinct = connection.execute(
        f"SELECT DISTINCT {value} FROM rows WHERE {value} IS NOT NULL LIMIT {QUANTILES + 1}"
    ).fetchall()
    shares = ", ".join(str(share) for share in np.linspace(0, 1, QUANTILES + 1))
    [(quantiles, scale)] = connection.execute(
        f"SELECT quantile_disc({value}, [{shares}]), stddev_pop({value}) FROM rows"
    ).fetchall()
    exact = len(distinct) <= QUANTILES
    inner = np.unique([v for (v,) in distinct] if exact else quantiles or [])
    if not len(inner):
        return Grid("numeric", edges=(0.0,))
    if not exact:  # quantiles are far from each other where values are rare, and there a shift is long
        inner = np.unique(np.concatenate([inner, np.linspace(inner[0], inner[-1], QUANTILES + 1)]))
    span = max(inner[-1] - inner[0], abs(inner[-1]), abs(inner[0])) or 1.0  # all are 0
    edges = np.concatenate([inner[0] - BEYOND[::-1] * span, inner, inner[-1] + BEYOND * span])
    return Grid("numeric", edges=tuple(map(float, edges)), scale=max(float(scale), 1e-3), exact=exact)
