"""Data quality: the share of predictions that were made of values that break the contract of the capstone's tables."""

from collections.abc import Mapping
from copy import deepcopy
from typing import TYPE_CHECKING

import numpy as np

from capstan.contracts import check, reasons
from capstan.errors import CapstanError
from monitoring.checks import shares
from monitoring.checks.result import Check, Verdict

if TYPE_CHECKING:
    import pandas as pd
    from pandera.pandas import DataFrameSchema

ROW = "row of the log"


def contract(live: "pd.DataFrame", contracts: "Mapping[str, DataFrameSchema]", limit: float) -> list[Check]:
    """Return a check per table: are more predictions than the share `limit` (CONTRACT_LIMIT) made of broken values?

    live: a column for each scalar input and feature. It is held to the first table that has a column of its name. Nulls
    are no break, for they have their own check; nor are repeated values, for many predictions share them. It
    alarms when the share is above the limit by more than chance: as a whole, its interval (Clopper and Pearson's) of
    99.9 %. A table that shares no column with the predictions has no check.
    """
    checks, free = [], set(live)
    for name, table in contracts.items():
        shared = [column for column in table.columns if column in free]
        free -= set(shared)
        if shared and len(live):
            checks.append(_check(name, live[shared], table, limit))
    return checks


def _check(name: str, live: "pd.DataFrame", table: "DataFrameSchema", limit: float) -> Check:
    broken, said = np.zeros(len(live), bool), []
    for column in live:
        values = live[[column]].assign(**{ROW: np.arange(len(live))}).dropna()
        try:
            bad = check(values, _alone(table, column), name)[1]
        except CapstanError as error:  # as a whole, such as by the type of a column
            return Check("contract", name, "alarm", 1.0, limit, message=str(error))
        broken[bad[ROW]] = True
        said += [f"{reason} ({times:,} rows)" for reason, times in reasons(bad).head(3).items()]
    count, total = int(broken.sum()), len(live)
    low, high = shares.interval(count, total)
    verdict: Verdict = "alarm" if low > limit else "ok"
    message = (
        f"{name}: {count:,} of {total:,} predictions ({count / total:.2%}) are of values that break its contract, "
    )
    message = f"{message}{limit:.2%} may. {'; '.join(said)}".rstrip()
    return Check("contract", name, verdict, count / total, limit, low=low, high=high, message=message)


def _alone(table: "DataFrameSchema", name: str) -> "DataFrameSchema":
    """Return the contract of one column, whose values come as JSON has them, and again and again."""
    from pandera.pandas import DataFrameSchema

    column = deepcopy(table.columns[name])
    column.unique = False
    return DataFrameSchema({name: column}, coerce=True)
