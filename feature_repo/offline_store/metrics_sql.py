"""The SQL of the monitoring statistics: pure functions that write queries.

A value is present if it is neither null nor NaN. The statistics of numbers leave infinite values out.
"""

from .scan import identifier
from .sql import Rows, within

QUANTILES = {"p50": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95, "p99": 0.99}


def numbers(rows: Rows, start: int | None, end: int | None) -> str:
    """Return the statistics of numeric columns, over the rows with an event time in [start, end].

    Returns:
        A query of one row: row_count, then one struct per value column (stats_0, ...) with present, mean, stddev (of
        the sample), min_val, max_val, and the list of `QUANTILES`, interpolated.
    """
    casts = ", ".join(f"{identifier(c)}::DOUBLE AS x_{i}" for i, c in enumerate(rows.values))
    stats = ",\n  ".join(
        f"struct_pack(present := count(x_{i}) FILTER (NOT isnan(x_{i})), mean := avg({finite}), "
        f"stddev := stddev_samp({finite}), min_val := min({finite}), max_val := max({finite}), "
        f"quantiles := quantile_cont({finite}, {list(QUANTILES.values())})) AS stats_{i}"
        for i, _ in enumerate(rows.values)
        for finite in [f"CASE WHEN isfinite(x_{i}) THEN x_{i} END"]
    )
    return f"SELECT count(*) AS row_count,\n  {stats}\nFROM (SELECT {casts} FROM (\n{within(rows, start, end)}\n))"


def histogram(rows: Rows, start: int | None, end: int | None) -> str:
    """Count the finite values of the only value column in each bin.

    Returns:
        A query of columns bin and count, without empty bins. Its parameter is the list of the lower edges of the bins,
        in ascending order. A bin includes its lower edge, and the last bin has no upper edge.
    """
    return f"""\
WITH numbers AS (
  SELECT {identifier(rows.values[0])}::DOUBLE AS x FROM (
{within(rows, start, end)}
)), edges AS (
  SELECT unnest($1::DOUBLE[]) AS low, unnest(range(len($1::DOUBLE[]))) AS bin
)
SELECT bin, count(*) AS count
FROM (FROM numbers WHERE isfinite(x)) AS numbers ASOF JOIN edges ON x >= low
GROUP BY bin"""


def frequencies(rows: Rows, start: int | None, end: int | None, top_n: int, as_text: bool) -> str:
    """Find the most frequent values of the only value column.

    Args:
        as_text: convert the values to text.

    Returns:
        A query of one row: row_count, present, unique_count, and top, a list of structs with value and count, the most
        frequent first. Equally frequent values are sorted.
    """
    value = identifier(rows.values[0]) + "::VARCHAR" * as_text
    return f"""\
WITH given AS (
  SELECT {value} AS value FROM (
{within(rows, start, end)}
)), counted AS (
  SELECT value, count(*) AS count FROM given WHERE value IS NOT NULL GROUP BY value
), top AS (
  FROM counted ORDER BY count DESC, value LIMIT {int(top_n)}
)
SELECT
  (SELECT count(*) FROM given) AS row_count,
  (SELECT count(value) FROM given) AS present,
  (SELECT count(*) FROM counted) AS unique_count,
  (SELECT list(struct_pack(value, count) ORDER BY count DESC, value) FROM top) AS top"""


def newest(rows: Rows) -> str:
    """Find the greatest event time in microseconds; null without rows."""
    return f"SELECT max(epoch_us({rows.scan.column(rows.timestamp_field)})) FROM {rows.scan}"
