"""From a million invoice lines to one row per customer and day: out of core, by DuckDB.

A snapshot sees the year before its day. What is no sale of goods is left out: postage, fees, vouchers, corrections, and
what was given away. A cancelled invoice counts against the money; it is no purchase.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.segmentation.columns import DAYS, YEAR

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

MEMORY = "500MB"  # beyond it, DuckDB spills to files in the folder for temporary ones
# The sheets overlap by nine days in December 2010, so the same line is there twice: hence DISTINCT.
# An article's code begins with five digits, or is a shop's own: DCGS and a number.
SNAPSHOTS = """
WITH lines AS (
    SELECT DISTINCT * FROM read_parquet($path)
    WHERE "Customer ID" IS NOT NULL AND Price > 0 AND regexp_matches(StockCode, '^([0-9]{5}|DCGS)')
),
days AS (SELECT unnest($days)::DATE AS until)
SELECT
    "Customer ID" AS customer,
    arg_max(Country, InvoiceDate) AS country,
    until::VARCHAR AS day,
    date_diff('day', max(InvoiceDate) FILTER (Quantity > 0), until)::DOUBLE AS recency,
    count(DISTINCT Invoice) FILTER (Quantity > 0)::DOUBLE AS frequency,
    greatest(sum(Quantity * Price), 0)::DOUBLE AS money
FROM lines JOIN days ON InvoiceDate < until AND InvoiceDate >= until - to_days($year)
GROUP BY "Customer ID", until
HAVING frequency > 0
ORDER BY until, customer
"""


def snapshots(lines: Path) -> pd.DataFrame:
    """Return one row per customer and day: customer, country, day, recency in days, frequency, money in pounds.

    lines: a parquet file of invoice lines.
    """
    import duckdb

    with duckdb.connect(config={"memory_limit": MEMORY, "threads": 2}) as connection:
        parameters = {"path": str(lines), "days": DAYS, "year": YEAR}
        return connection.execute(SNAPSHOTS, parameters).df()
