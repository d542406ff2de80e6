"""`python -m pipelines.credit_risk.audit`: how the served decisions treat each group and each crossing of groups.

It writes `audit.json` into the folder that it is given, and prints the tables. Decisions are out of fold, over all
loans, and intervals come from a bootstrap of the loans.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from scipy.special import expit

from capstan.settings import settings
from models.study import Line, Study, markdown, options
from pipelines.credit_risk import compare, data, gaps
from pipelines.credit_risk.columns import LABEL

FOLDER = Path(__file__).parent
FIRST = 100  # no choice has seen a division of this seed or a later one
METHODS = {"one threshold": "splines", "served": "thresholds by group (served)"}
CROSSED = "age and marital"


def measure(rows: pd.DataFrame, seed: int) -> Iterator[Line]:
    """Yield a line per method, attribute, group and measure, and one per method and attribute with the gaps."""
    bad, by = rows[LABEL].to_numpy(), gaps.crossed(data.groups(rows))
    for name, method in METHODS.items():
        made = compare.decide(rows, method, "age", seed)
        for attribute, group in by.items():
            case = {"method": name, "attribute": attribute, "seed": seed}
            yield case | {"group": "", "measure": "gaps"} | gaps.gaps(bad, made.declined, group, seed)
            for line in gaps.by_group(bad, made.declined, group, expit(made.margin), seed).to_dict("records"):
                yield case | line


def tables(results: pd.DataFrame) -> str:
    """Return the tables of the README: the gaps of each attribute, and the groups of the served decisions."""
    wide = results[results["measure"] == "gaps"]
    first = markdown(
        wide.assign(groups=wide["groups"].astype(int)),
        {"groups by": "attribute", "groups": "groups", "decisions": "method"},
        {
            "demographic parity difference": lambda rows: interval(rows, "parity"),
            "equalized-odds difference": lambda rows: interval(rows, "odds"),
            "by chance alone": lambda rows: f"{rows['by_chance'].mean():.3f}",
        },
    )
    served = results[(results["method"] == "served") & (results["measure"] != "gaps")]
    cells = {
        title: lambda rows, title=title: interval(rows[rows["measure"] == title], "value", "from", "to")
        for title in gaps.MEASURES
    }
    loans = {"loans": lambda rows: f"{int(rows.loc[rows['measure'] == 'declined', 'loans'].iloc[0]):,}"}
    return first + "\n\n" + markdown(served, {"group": "group"}, loans | cells)


def interval(rows: pd.DataFrame, value: str, low: str = "", high: str = "") -> str:
    """Return the mean over the seeds of a value and of both ends of its interval."""
    names = (value, low or f"{value}_from", high or f"{value}_to")
    shown, start, end = (f"{rows[name].mean():.3f}" for name in names)
    return f"{shown} ({start} to {end})"


def main() -> None:
    """Measure, write and print."""
    given = options(__doc__, FOLDER).parse_args()
    study = Study(given.out / "audit.json", ["method", "attribute", "group", "measure", "seed"])
    rows = data.loans(settings().data_dir)
    for seed in range(FIRST, FIRST + given.seeds):
        study.add(*measure(rows, seed))
    print(tables(study.table()))


if __name__ == "__main__":
    main()
