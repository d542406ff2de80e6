"""How do the served decisions treat each group and each crossing of groups?

Decisions are out of fold, over all loans, and intervals come from a bootstrap of the loans.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from scipy.special import expit

from capstan.study import Line, Measure, Study, Table
from capstan.study.protocol import Show
from pipelines.credit_risk import data, gaps
from pipelines.credit_risk.columns import LABEL
from pipelines.credit_risk.studies.audit import widest
from pipelines.credit_risk.studies.compare import study as compare

FIRST = 100  # no choice has seen a division of this seed or a later one
METHODS = {"one threshold": "splines", "served": "thresholds by group (served)"}
CROSSED = "age and marital"


def treated(decisions: str, seed: int) -> Iterator[Line]:
    """Yield a line per attribute, group and measure, and one per attribute with the gaps."""
    rows = compare.loans()
    bad, by = rows[LABEL].to_numpy(), gaps.crossed(data.groups(rows))
    decided = compare.decide(rows, METHODS[decisions], "age", FIRST + seed)
    for attribute, group in by.items():
        wide = widest.gaps(bad, decided.declined, group, FIRST + seed)
        yield {"attribute": attribute, "group": "", "measure": "gaps"} | wide
        lines = gaps.by_group(bad, decided.declined, group, expit(decided.margin), FIRST + seed)
        for line in lines.to_dict("records"):
            yield {"attribute": attribute} | line


def wide(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the lines with gaps."""
    return lines[lines["measure"] == "gaps"].astype({"groups": int})


def served(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the lines of groups under the served decisions."""
    return lines[(lines["decisions"] == "served") & (lines["measure"] != "gaps")]


def interval(rows: pd.DataFrame, value: str, low: str = "", high: str = "") -> str:
    """Return the mean over the seeds of a value and of both ends of its interval."""
    names = (value, low or f"{value}_from", high or f"{value}_to")
    shown, start, end = (f"{rows[name].mean():.3f}" for name in names)
    return f"{shown} ({start} to {end})"


def ends(field: str) -> Show:
    """Return what shows a gap with its interval."""
    return lambda rows: interval(rows, field)


def measured(title: str) -> Show:
    """Return what shows a measure of a group with its interval."""
    return lambda rows: interval(rows[rows["measure"] == title], "value", "from", "to")


GAPS: dict[str, Show] = {
    "demographic parity difference": ends("parity"),
    "equalized-odds difference": ends("odds"),
    "of random groups": lambda rows: f"{rows['by_chance'].mean():.3f}",
}
LOANS: dict[str, Show] = {"loans": lambda rows: f"{int(rows.loc[rows['measure'] == 'declined', 'loans'].iloc[0]):,}"}

STUDY = Study(
    measures=[Measure(treated, [{"decisions": name} for name in METHODS])],
    tables=[
        Table({"groups by": "attribute", "groups": "groups", "decisions": "decisions"}, GAPS, rows=wide),
        Table({"group": "group"}, LOANS | {title: measured(title) for title in gaps.MEASURES}, rows=served),
    ],
)
