"""`python -m pipelines.segmentation.compare`: segments beside simple rivals and data without structure.

It writes `compare.json` into the folder that it is given, and prints the tables; what is there is not measured again.
Lines have a `part`:

- candidates: every method and number, each method by itself, on the day to choose on;
- test: what is chosen, its rivals, and a forecast for each customer, on the quarter that nothing was chosen on;
- early: the same a month earlier, on days on which nothing was tuned;
- structure: customers beside data without structure, on the day to choose on.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from capstan.contract.intervals import difference
from capstan.settings import settings
from data_sets import online_retail as invoices
from models.study import Line, Study, markdown, options, records, spread
from pipelines.segmentation import choice, customers, report, rivals, structure, training
from pipelines.segmentation.columns import CHOICE, DAY, DAYS, OUTCOMES, RFM
from pipelines.segmentation.divisions import Segments
from pipelines.segmentation.methods import METHODS
from pipelines.segmentation.scaling import Scaling

# A month earlier, so that the quarter that is told ends in November. The first is the first with a year before it.
EARLY = ["2010-12-01", "2011-02-08", "2011-05-10", "2011-08-09", "2011-11-08"]
KEYS = ["part", "seed", "space", "method", "asked", "division", "points", "data"]
METRICS = [*OUTCOMES, "usefulness", "staying"]


def judge(rows: pd.DataFrame, seed: int) -> Iterator[Line]:
    """Yield a line for the segments and for each rival: means, and by how much the segments are better, with 95%.

    rows: of five days, named as DAYS.
    """
    past, (now, later) = rows[rows[DAY] <= CHOICE].reset_index(drop=True), report.days(rows[rows[DAY] > CHOICE])
    model = training.fit(past, seed, ["k-means"])
    own = report.by_customer(model.division, model.outlook, now, later)
    others = {name: report.by_customer(*rival, now, later) for name, rival in model.rivals.items()}
    for name, division in rivals.simple(past, model.division.count).items():
        others[name] = report.by_customer(division, training.outlook(division, past), now, later)
    others |= {name: rivals.forecast(past, now, model_name) for name, model_name in rivals.FORECASTS.items()}
    won = records(model.candidates[model.candidates["chosen"]])[0]
    shown = {name: won[name] for name in ("space", "method", "asked")}
    ranking = rivals.ranking(past, now, model)
    others["the score as such"] = rivals.of_score(past, now)
    for name, units in {"segments": own, **others}.items():
        line: Line = {"division": name, **shown, **units.mean().to_dict(), "roc_auc": ranking.get(name)}
        for metric in units.columns if name != "segments" else []:
            made = difference(own[metric].to_numpy(), units[metric].to_numpy())
            line |= {f"{metric}_better": made.mean, f"{metric}_low": made.low, f"{metric}_high": made.high}
        yield line


def shapes(rows: pd.DataFrame, seed: int) -> Iterator[Line]:
    """Yield lines on structure, on the day to choose on: of three inputs, of all, and of the forecasts."""
    past, day = rows[rows[DAY] < CHOICE], rows[rows[DAY] == CHOICE]
    served = Segments.of(past, "forecasts", "k-means", 5, seed)
    spaces = {"recency, frequency, money": Scaling.of(day).points(day)[:, : len(RFM)]}
    spaces |= {"all inputs": Scaling.of(day).points(day), "forecasts": served.points(day)}
    for space, points in spaces.items():
        for line in records(structure.compare(points, 5 if space == "forecasts" else 4, seed)):
            yield {"points": space, **line}


def tables(results: pd.DataFrame) -> str:
    """Return the tables of the README."""
    by_part = {part: results[results["part"] == part].dropna(axis=1, how="all") for part in results["part"].unique()}
    means = {name: (lambda rows, name=name: spread(rows[name])) for name in METRICS if name != "staying"}

    def better(rows: pd.DataFrame) -> str:
        low, high = rows["usefulness_low"].min(), rows["usefulness_high"].max()
        return "" if np.isnan(low) else f"{low:+.3f} to {high:+.3f}"

    def stays(rows: pd.DataFrame) -> str:
        return "" if rows["staying"].isna().any() else spread(rows["staying"])

    def ranks(rows: pd.DataFrame) -> str:
        return "" if rows["roc_auc"].isna().any() else spread(rows["roc_auc"])

    judged = means | {"segments tell more by (95 %)": better, "staying": stays, "ROC AUC of buying": ranks}
    tried = {
        "tells": lambda rows: spread(rows["usefulness"]),
        "stability": lambda rows: spread(rows["stability"]),
        "smallest segment": lambda rows: f"{spread(rows['smallest'], 100, 1)} %",
        "silhouette": lambda rows: spread(rows["silhouette"]),
        "eligible": lambda rows: f"{rows['eligible'].sum():.0f} of {len(rows)}",
    }
    groups = {
        "stability": lambda rows: spread(rows["stability"]),
        "silhouette": lambda rows: spread(rows["silhouette"]),
        "clusters by the gap": lambda rows: "" if rows["clusters"].isna().any() else spread(rows["clusters"], digits=0),
    }
    titles = {"test": "the test", "early": "a month earlier"}
    made = [markdown(by_part[part], {title: "division"}, judged) for part, title in titles.items()]
    made.append(markdown(by_part["structure"], {"points": "points", "data": "data"}, groups))
    candidates = shown(by_part["candidates"].astype({"asked": int}))
    made.append(markdown(candidates, {"points": "space", "method": "method", "asked for": "asked"}, tried))
    return "\n\n".join(made)


def shown(candidates: pd.DataFrame) -> pd.DataFrame:
    """Return all numbers of k-means, and of each other method the one that tells most where it may win at all."""
    means = candidates.groupby(["space", "method", "asked"], sort=False)[["usefulness", "eligible"]].mean()
    places = means.assign(usefulness=means["usefulness"] * (means["eligible"] > 0)).groupby(["space", "method"])
    best = set(places["usefulness"].idxmax())
    kept = [row.method == "k-means" or (row.space, row.method, row.asked) in best for row in candidates.itertuples()]
    return candidates[kept]


def main() -> None:
    """Measure, print and write."""
    parser = options(__doc__, Path(__file__).parent)
    given = parser.parse_args()
    lines = invoices.find(settings().data_dir)
    study = Study(given.out / "compare.json", KEYS)
    rows = customers.snapshots(lines)
    early = customers.snapshots(lines, EARLY).replace({DAY: dict(zip(EARLY, DAYS, strict=True))})
    with threadpool_limits(1):  # the points are few: threads would wait for each other
        for seed in range(given.seeds):
            if study.has(part="structure", seed=seed):
                continue
            for part, days in (("test", rows), ("early", early)):
                study.add(*(blank(part, seed) | line for line in judge(days, seed)))
            study.add(*(blank("structure", seed) | line for line in shapes(rows, seed)))
        for name, seed in product(METHODS, range(given.seeds)):
            if study.has(part="candidates", seed=seed, method=name):
                continue
            table = choice.candidates(rows[rows[DAY] <= CHOICE], seed, [name])
            study.add(*(blank("candidates", seed) | line for line in records(table)))
    print(tables(study.table()))


def blank(part: str, seed: int) -> Line:
    """Return the fields that name a line."""
    return {"part": part, "seed": seed} | dict.fromkeys(KEYS[2:])


if __name__ == "__main__":
    main()
