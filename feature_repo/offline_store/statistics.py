"""The statistics that Feast's monitoring keeps of features, computed in DuckDB."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from duckdb import DuckDBPyConnection

from . import metrics_sql
from .sql import Rows

Metric = dict[str, Any]
STATISTICS = ("mean", "stddev", "min_val", "max_val", *metrics_sql.QUANTILES)


class Statistics:
    """Computes the metrics of the columns of one source, over the rows with an event time in [start, end].

    Args:
        rows: the source and its timestamp. The methods fill in the value columns.
        types: the DuckDB types of the source's columns by name.
        start, end: in microseconds since the epoch; None leaves a side open.
    """

    def __init__(
        self, connection: DuckDBPyConnection, rows: Rows, types: dict[str, str], start: int | None, end: int | None
    ):
        self._connection = connection
        self._rows = rows
        self._types = types
        self._period = (start, end)

    def numeric(self, features: dict[str, str], bins: int) -> Iterator[Metric]:
        """Compute the metrics of numeric features: one query for all, and one for each histogram.

        Args:
            features: the column of each feature by name.
        """
        if not features:
            return
        result = self._one(metrics_sql.numbers(self._read(*features.values()), *self._period))
        for i, (name, column) in enumerate(features.items()):
            stats = result[f"stats_{i}"]
            stats |= dict(zip(metrics_sql.QUANTILES, stats["quantiles"] or [None] * 5, strict=True))
            metric = _metric(name, "numeric", result["row_count"], stats["present"])
            metric |= {statistic: stats[statistic] for statistic in STATISTICS}
            if stats["min_val"] is not None:
                metric["histogram"] = self._histogram(column, _edges(stats["min_val"], stats["max_val"], bins))
            yield metric

    def categorical(self, features: dict[str, str], top_n: int) -> Iterator[Metric]:
        """Compute the metrics of categorical features, with one query each.

        Args:
            features: the column of each feature by name.
        """
        for name, column in features.items():
            as_text = self._types[column] != "BOOLEAN"
            result = self._one(metrics_sql.frequencies(self._read(column), *self._period, top_n, as_text))
            metric = _metric(name, "categorical", result["row_count"], result["present"])
            if result["present"]:
                top = result["top"] or []
                metric["histogram"] = {
                    "values": top,
                    "other_count": result["present"] - sum(entry["count"] for entry in top),
                    "unique_count": result["unique_count"],
                }
            yield metric

    def _histogram(self, column: str, edges: list[float]) -> Metric:
        query = metrics_sql.histogram(self._read(column), *self._period)
        by_bin = dict(self._connection.execute(query, [edges[:-1]]).fetchall())
        counts = [by_bin.get(i, 0) for i in range(len(edges) - 1)]
        return {"bins": edges, "counts": counts, "bin_width": edges[1] - edges[0]}

    def _read(self, *columns: str) -> Rows:
        return replace(self._rows, values=list(dict.fromkeys(columns)))

    def _one(self, query: str) -> Metric:
        row: Metric = self._connection.sql(query).to_arrow_table().to_pylist()[0]
        return row


def _metric(name: str, feature_type: str, row_count: int, present: int) -> Metric:
    """Return a metric with all the keys that Feast expects, and without statistics."""
    missing = row_count - present
    return {
        "feature_name": name,
        "feature_type": feature_type,
        "row_count": row_count,
        "null_count": missing,
        "null_rate": missing / row_count if row_count else 0.0,
        **dict.fromkeys([*STATISTICS, "histogram"]),
    }


def _edges(low: float, high: float, bins: int) -> list[float]:
    """Return the edges of bins of equal width from `low` to `high`, as in numpy's histogram."""
    try:
        edges: list[float] = np.histogram_bin_edges(np.array([low, high]), bins).tolist()
    except ValueError:  # the bins would be too narrow for floats
        return [low, high]
    return edges
