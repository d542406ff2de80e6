"""Data quality: the share of predictions that were made of values that break the contract of the capstone's tables."""

from collections import Counter
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from capstan.data.contracts import check, reasons
from capstan.errors import CapstanError
from monitoring.checks import shares
from monitoring.checks.result import Check, Verdict

if TYPE_CHECKING:
    import pandas as pd
    from pandera.pandas import DataFrameSchema

ROW = "row of the log"
SHOWN = 3  # reasons in a message, the most frequent ones


@dataclass(frozen=True)
class Tally:
    """How many predictions were made of values that break the contract of a table. problem: of the table as a whole."""

    broken: int
    total: int
    reasons: Mapping[str, int] = field(default_factory=dict)
    problem: str = ""

    def __add__(self, other: "Tally") -> "Tally":
        together = Counter(self.reasons)
        together.update(other.reasons)
        return Tally(self.broken + other.broken, self.total + other.total, together, self.problem or other.problem)


def contract(live: "pd.DataFrame", contracts: "Mapping[str, DataFrameSchema]", limit: float) -> list[Check]:
    """Return a check per table: are more predictions than the share `limit` (CONTRACT_LIMIT) made of broken values?

    live: a column for each scalar input and feature. It is held to the first table that has a column of its name. Nulls
    are no break, for they have their own check; nor are repeated values, for many predictions share them. It
    alarms when the share is above the limit by more than chance level: as a whole, its interval (Clopper and Pearson's)
    of 99.9 %. A table that shares no column with the predictions has no check.
    """
    return judge(tally(live, contracts), limit)


def tally(live: "pd.DataFrame", contracts: "Mapping[str, DataFrameSchema]") -> dict[str, Tally]:
    """Return for each table how many predictions break its contract. Those of parts of a log may be added."""
    tallies, free = {}, set(live)
    for name, table in contracts.items():
        shared = [column for column in table.columns if column in free]
        free -= set(shared)
        if shared and len(live):
            tallies[name] = _tally(name, live[shared], table)
    return tallies


def added(parts: Iterable[Mapping[str, Tally]]) -> dict[str, Tally]:
    """Return the tallies of all parts of a log together."""
    total: dict[str, Tally] = {}
    for part in parts:
        for name, counted in part.items():
            total[name] = total[name] + counted if name in total else counted
    return total


def judge(tallies: Mapping[str, Tally], limit: float) -> list[Check]:
    """Return the check of each table."""
    checks = []
    for name, counted in tallies.items():
        if counted.problem:
            checks.append(Check("contract", name, "alarm", 1.0, limit, message=counted.problem))
            continue
        low, high = shares.interval(counted.broken, counted.total)
        verdict: Verdict = "alarm" if low > limit else "ok"
        share = counted.broken / counted.total
        listed = "; ".join(
            f"{reason} ({times:,} rows)" for reason, times in Counter(counted.reasons).most_common(SHOWN)
        )
        message = (
            f"{name}: {counted.broken:,} of {counted.total:,} predictions ({share:.2%}) are of values that break its "
            f"contract, {limit:.2%} may. {listed}"
        ).rstrip()
        why = shares.why(share, low, limit)
        checks.append(Check("contract", name, verdict, share, limit, low=low, high=high, message=message, why=why))
    return checks


def _tally(name: str, live: "pd.DataFrame", table: "DataFrameSchema") -> Tally:
    broken, counts = np.zeros(len(live), bool), Counter[str]()
    for column in live:
        values = live[[column]].assign(**{ROW: np.arange(len(live))}).dropna()
        try:
            bad = check(values, _alone(table, column), name)[1]
        except CapstanError as error:  # as a whole, such as by the type of a column
            return Tally(len(live), len(live), problem=str(error))
        broken[bad[ROW]] = True
        counts.update({str(reason): int(times) for reason, times in reasons(bad).items()})
    return Tally(int(broken.sum()), len(live), counts)


def _alone(table: "DataFrameSchema", name: str) -> "DataFrameSchema":
    """Return the contract of one column, whose values come as JSON has them, and again and again."""
    from pandera.pandas import DataFrameSchema

    column = deepcopy(table.columns[name])
    column.unique = False
    return DataFrameSchema({name: column}, coerce=True)
