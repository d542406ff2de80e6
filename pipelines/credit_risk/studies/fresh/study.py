"""Are both goals of fairness met in divisions that no choice has seen?

The goals: by age and by marital status a difference of at most half of boosting's with one threshold, for at most 5 %
more cost.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from capstan.study import Line, Measure, Study, Table, spread
from capstan.study.protocol import Show
from models.metrics import bootstrap
from pipelines.credit_risk import data, fairness
from pipelines.credit_risk.columns import LABEL
from pipelines.credit_risk.costs import cost
from pipelines.credit_risk.studies.audit.study import FIRST, METHODS
from pipelines.credit_risk.studies.compare import study as compare

RATIO, EXTRA_COST = 0.5, 0.05  # the goals, at most
REPEATS = 1_000


def division(rows: pd.DataFrame, seed: int, repeats: int = REPEATS) -> Line:
    """Return the figures of a division, whether it meets both goals, and in which share of bootstraps of its loans."""
    bad = rows[LABEL].to_numpy()
    before, after = (compare.decide(rows, name, "age", seed) for name in (compare.REFERENCE, METHODS["served"]))
    codes = {name: np.unique(group, return_inverse=True)[1] for name, group in data.groups(rows).items()}

    def figures(sample: np.ndarray) -> dict[str, float]:
        decided = [each.declined[sample] for each in (before, after)]
        costs = [cost(bad[sample], declined) for declined in decided]
        found = {"extra_cost": costs[1] / costs[0] - 1}
        for name, code in codes.items():
            old, new = (fairness.difference(bad[sample], declined, code[sample]) for declined in decided)
            found |= {f"difference_{name}": new, f"ratio_{name}": new / old}
        return found

    drawn = [figures(sample) for sample in bootstrap.samples(len(bad), repeats, seed)]
    line: Line = figures(np.arange(len(bad)))
    for name, values in pd.DataFrame(drawn).items():
        line[f"{name}_from"], line[f"{name}_to"] = bootstrap.interval(values)
    return line | {"met": met(line), "met_in_bootstraps": float(np.mean([met(each) for each in drawn]))}


def met(line: Line) -> bool:
    """Return whether both goals are met."""
    ratios = [line[f"ratio_{name}"] for name in compare.ATTRIBUTES]
    return bool(max(ratios) <= RATIO and line["extra_cost"] <= EXTRA_COST)


def goals(seed: int) -> Line:
    """Return the figures of a fresh division."""
    return division(compare.loans(), FIRST + seed)


TITLES = {f"ratio_{name}": (f"difference by {name}, against boosting's", RATIO) for name in compare.ATTRIBUTES}
TITLES |= {"extra_cost": ("cost, more than boosting's", EXTRA_COST)}


def by_goal(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the lines of each goal in turn, with its `value`, the ends of its interval, and its `limit`."""
    return pd.concat(
        [
            lines.assign(
                goal=title, limit=limit, value=lines[field], low=lines[f"{field}_from"], high=lines[f"{field}_to"]
            )
            for field, (title, limit) in TITLES.items()
        ]
    )


GOALS: dict[str, Show] = {
    "limit": lambda rows: f"{rows['limit'].iloc[0]}",
    "divisions that meet it": lambda rows: f"{int((rows['value'] <= rows['limit']).sum())} of {len(rows)}",
    "mean, lowest and highest": lambda rows: spread(rows["value"]),
    "95 % interval over loans, mean": lambda rows: f"{rows['low'].mean():.3f} to {rows['high'].mean():.3f}",
}
WHOLE: dict[str, Show] = {
    "divisions that meet all": lambda rows: f"{int(rows['met'].sum())} of {len(rows)}",
    "bootstraps that meet all": lambda rows: spread(rows["met_in_bootstraps"]),
}

STUDY = Study(
    measures=[Measure(goals)],
    tables=[
        Table({"goal": "goal"}, GOALS, rows=by_goal),
        Table({"together": "together"}, WHOLE, rows=lambda lines: lines.assign(together="all goals")),
    ],
    seeds=10,
)
