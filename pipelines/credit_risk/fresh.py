"""`python -m pipelines.credit_risk.fresh`: are both goals of fairness met in divisions that no choice has seen?

The goals: by age and by marital status a difference of at most half of boosting's with one threshold, for at most 5 %
more cost. It writes `fresh.json` into the folder that it is given, a line per division into five folds, and prints the
table.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from capstan.settings import settings
from models.study import Line, Study, options, spread
from pipelines.credit_risk import compare, data, fairness
from pipelines.credit_risk.audit import FIRST, METHODS
from pipelines.credit_risk.columns import LABEL
from pipelines.credit_risk.costs import cost

FOLDER = Path(__file__).parent
SEEDS = 10
RATIO, EXTRA_COST = 0.5, 0.05  # the goals, at most
REPEATS = 1_000


def measure(rows: pd.DataFrame, seed: int, repeats: int = REPEATS) -> Line:
    """Return the figures of a division, whether it meets both goals, and in which share of bootstraps of its loans."""
    bad = rows[LABEL].to_numpy()
    before, after = (compare.decide(rows, name, "age", seed) for name in (compare.REFERENCE, METHODS["served"]))
    codes = {name: np.unique(group, return_inverse=True)[1] for name, group in data.groups(rows).items()}

    def figures(at: np.ndarray) -> dict[str, float]:
        decided = [made.declined[at] for made in (before, after)]
        costs = [cost(bad[at], one) for one in decided]
        made = {"extra_cost": costs[1] / costs[0] - 1}
        for name, code in codes.items():
            one, two = (fairness.difference(bad[at], declined, code[at]) for declined in decided)
            made |= {f"difference_{name}": two, f"ratio_{name}": two / one}
        return made

    random, drawn = np.random.default_rng(seed), []
    for _ in range(repeats):
        drawn.append(figures(random.integers(len(bad), size=len(bad))))
    line: Line = {"seed": seed} | figures(np.arange(len(bad)))
    for name, values in pd.DataFrame(drawn).items():
        line[f"{name}_from"], line[f"{name}_to"] = np.quantile(values, [0.025, 0.975])
    return line | {"met": met(line), "met_in_bootstraps": float(np.mean([met(one) for one in drawn]))}


def met(line: Line) -> bool:
    """Return whether both goals are met."""
    ratios = [line[f"ratio_{name}"] for name in compare.ATTRIBUTES]
    return bool(max(ratios) <= RATIO and line["extra_cost"] <= EXTRA_COST)


def tables(results: pd.DataFrame) -> str:
    """Return the table of the README."""
    rows = [("goal", "limit", "divisions that meet it", "mean, lowest and highest", "95 % interval over loans, mean")]
    rows.append(("---", "---:", "---:", "---:", "---:"))
    goals = {f"ratio_{name}": (f"difference by {name}, against boosting's", RATIO) for name in compare.ATTRIBUTES}
    for field, (title, limit) in (goals | {"extra_cost": ("cost, more than boosting's", EXTRA_COST)}).items():
        low, high = (f"{results[f'{field}_{end}'].mean():.3f}" for end in ("from", "to"))
        kept = f"{int((results[field] <= limit).sum())} of {len(results)}"
        rows.append((title, f"{limit}", kept, spread(results[field]), f"{low} to {high}"))
    share = spread(results["met_in_bootstraps"])
    rows.append(
        ("all of them", "", f"{int(results['met'].sum())} of {len(results)}", "", f"met in {share} of bootstraps")
    )
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def main() -> None:
    """Measure, write and print."""
    parser = options(__doc__, FOLDER)
    parser.set_defaults(seeds=SEEDS)
    given = parser.parse_args()
    study = Study(given.out / "fresh.json", ["seed"])
    rows = data.loans(settings().data_dir)
    for seed in range(FIRST, FIRST + given.seeds):
        study.add(measure(rows, seed))
    print(tables(study.table()))


if __name__ == "__main__":
    main()
