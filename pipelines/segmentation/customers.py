"""From a million invoice lines to one row per customer and day: out of core, by DuckDB.

A snapshot sees the year before its day, and next to it stands what the quarter after that day brought: the outcomes,
which are missing on the last day. What is no sale of goods is left out: postage, fees, vouchers, corrections, and
what was given away. A cancelled invoice counts against the money; it is no purchase.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from capstan.data.parquet_sql import parquet_rows
from pipelines.segmentation.columns import COUNTRY, CUSTOMER, DAY, DAYS, INPUTS, QUARTER, YEAR

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

MEMORY = "500MB"  # beyond it, DuckDB spills to files in the folder for temporary ones
# The sheets overlap by nine days in December 2010, so the same line is there twice: hence DISTINCT.
# An article's code begins with five digits, or is a shop's own: DCGS and a number.
SNAPSHOTS = """
WITH lines AS (
    SELECT DISTINCT * FROM invoices
    WHERE "Customer ID" IS NOT NULL AND Price > 0 AND regexp_matches(StockCode, '^([0-9]{5}|DCGS)')
),
days AS (SELECT unnest($days)::DATE AS until),
ahead AS (
    SELECT
        "Customer ID" AS customer,
        until,
        1.0 AS buys,
        greatest(sum(Quantity * Price), 0)::DOUBLE AS spends,
        (sum(Quantity * Price) FILTER (Quantity > 0) / count(DISTINCT Invoice) FILTER (Quantity > 0))::DOUBLE AS "order"
    FROM lines JOIN days ON InvoiceDate >= until AND InvoiceDate < until + to_days($quarter)
    GROUP BY "Customer ID", until
    HAVING count(*) FILTER (Quantity > 0) > 0
),
past AS (
    SELECT
        "Customer ID" AS customer,
        arg_max(Country, InvoiceDate) AS country,
        until,
        date_diff('day', max(InvoiceDate) FILTER (Quantity > 0), until)::DOUBLE AS recency,
        count(DISTINCT Invoice) FILTER (Quantity > 0)::DOUBLE AS frequency,
        greatest(sum(Quantity * Price), 0)::DOUBLE AS money,
        date_diff('day', min(InvoiceDate) FILTER (Quantity > 0), until)::DOUBLE AS tenure,
        count(DISTINCT date_trunc('month', InvoiceDate)) FILTER (Quantity > 0)::DOUBLE AS months,
        count(DISTINCT StockCode) FILTER (Quantity > 0)::DOUBLE AS articles,
        count(DISTINCT Invoice) FILTER (
            Quantity > 0 AND InvoiceDate < until - to_days($year) + to_days($quarter)
        )::DOUBLE AS season,
        count(DISTINCT Invoice) FILTER (Quantity > 0 AND InvoiceDate >= until - to_days($quarter))::DOUBLE AS lately,
        (sum(Quantity * Price) FILTER (Quantity > 0))::DOUBLE / frequency AS order_value
    FROM lines JOIN days ON InvoiceDate < until AND InvoiceDate >= until - to_days($year)
    GROUP BY "Customer ID", until
    HAVING frequency > 0
)
SELECT
    past.* EXCLUDE (until),
    until::VARCHAR AS day,
    CASE WHEN until < $last THEN coalesce(buys, 0) END::DOUBLE AS buys,
    CASE WHEN until < $last THEN coalesce(spends, 0) END::DOUBLE AS spends,
    CASE WHEN until < $last THEN "order" END AS "order"
FROM past LEFT JOIN ahead USING (customer, until)
ORDER BY day, customer
"""


def snapshots(lines: Path, days: Sequence[str] = DAYS) -> pd.DataFrame:
    """Return one row per customer and day: customer, country, day, what the year before held, and the outcomes.

    lines: a parquet file of invoice lines. days: in order; what comes after the last one is not known.
    """
    import duckdb

    with duckdb.connect(config={"memory_limit": MEMORY, "threads": 2}) as connection:
        connection.execute(f"CREATE VIEW invoices AS FROM {parquet_rows(lines)}")
        parameters = {"days": [*days], "year": YEAR, "quarter": QUARTER, "last": days[-1]}
        return connection.execute(SNAPSHOTS, parameters).df()


def with_lapsed(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the snapshots with rows of those who had bought before, and nothing in the year before a day.

    Their recency is over a year, and the rest is 0. Without them, the newest row of such a customer would be old.
    """
    import pandas as pd

    known, parts = rows[[CUSTOMER, COUNTRY, DAY, *INPUTS]], []
    for day in sorted(rows[DAY].unique()):
        now = known[known[DAY] == day]
        last = known[known[DAY] < day].drop_duplicates(CUSTOMER, keep="last")
        gone = last[~last[CUSTOMER].isin(now[CUSTOMER])]
        passed = (pd.Timestamp(day) - pd.to_datetime(gone[DAY])).dt.days
        nothing = dict.fromkeys(INPUTS, 0.0) | {"recency": gone["recency"] + passed, DAY: day}
        parts += [now, gone.assign(**nothing)]
    return pd.concat(parts, ignore_index=True)
