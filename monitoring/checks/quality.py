"""Data quality: the share of rows that break the capstone's contract."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from capstan.contracts import check, lacking, reasons
from capstan.errors import CapstanError
from monitoring.checks import shares
from monitoring.checks.result import Check, Verdict

if TYPE_CHECKING:
    import pandas as pd
    from pandera.pandas import DataFrameSchema


def check_contract(
    tables: "Mapping[str, pd.DataFrame]", contracts: "Mapping[str, DataFrameSchema]", limit: float
) -> list[Check]:
    """Return a check for each table: are more rows than the share `limit` (CONTRACT_LIMIT) broken?

    It alarms when the share is above the limit by more than chance: as a whole, its interval (Clopper and Pearson's) of
    99.9 %. A missing column, or a table that has no rows, alarms or is insufficient as it is.
    """
    return [_check(name, tables.get(name), contract, limit) for name, contract in contracts.items()]


def _check(name: str, table: "pd.DataFrame | None", contract: "DataFrameSchema", limit: float) -> Check:
    if table is None or table.empty:
        return Check("contract", name, "insufficient", threshold=limit, message=f"{name}: no rows.")
    if missing := lacking(table, contract):
        message = f"{name}: lacks the columns {', '.join(missing)}. Fix the source."
        return Check("contract", name, "alarm", 1.0, limit, message=message)
    try:
        bad = check(table, contract, name)[1]
    except CapstanError as error:  # as a whole, such as by the type of a column
        return Check("contract", name, "alarm", 1.0, limit, message=str(error))
    broken, count = len(bad), len(table)
    share = broken / count
    low, high = shares.interval(broken, count)
    listed = "; ".join(f"{reason} ({times:,} rows)" for reason, times in reasons(bad).head(3).items())
    message = f"{name}: {broken:,} of {count:,} rows ({share:.2%}) break the contract, {limit:.2%} may."
    verdict: Verdict = "alarm" if low > limit else "ok"
    return Check("contract", name, verdict, share, limit, low=low, high=high, message=f"{message} {listed}".rstrip())
