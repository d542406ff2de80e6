"""How useful are the segments, compared with simple rivals and data without structure?

- test: what is chosen, its rivals, and a forecast for each customer, on the quarter that nothing was chosen on;
- early: the same a month earlier, on days on which nothing was tuned;
- shapes: customers and data without structure, on the day to choose on;
- components: how many components a variational mixture keeps of twelve, on that day;
- candidates: every method and number, each method by itself, on the day to choose on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from capstan.contract.intervals import difference
from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table, spread
from data_sets import online_retail as invoices
from models.bayes.gaussian_mixture import Mixture
from models.clustering.methods import METHODS, k_means
from pipelines.segmentation import choice, customers, report, structure, training
from pipelines.segmentation.columns import CHOICE, DAY, DAYS, OUTCOMES, RFM
from pipelines.segmentation.divisions import Segments
from pipelines.segmentation.scaling import Scaling
from pipelines.segmentation.studies.compare import rivals

# A month earlier, so that the quarter that is explained ends in November. The first is the first with a year before it.
EARLY = ["2010-12-01", "2011-02-08", "2011-05-10", "2011-08-09", "2011-11-08"]
METRICS = [*OUTCOMES, "usefulness"]
COMPONENTS = 12  # of a mixture, at the start


def records(table: pd.DataFrame) -> list[Line]:
    """Return a table as lines; what is missing is null."""
    lines: list[Line] = json.loads(table.to_json(orient="records"))
    return lines


@cache
def snapshots() -> pd.DataFrame:
    """Return the customers as of five days."""
    return customers.snapshots(invoices.find(settings().data_dir))


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


def test(seed: int) -> Iterator[Line]:
    """Yield the lines of the test."""
    with threadpool_limits(1):  # the points are few: threads would wait for each other
        yield from judge(snapshots(), seed)


def early(seed: int) -> Iterator[Line]:
    """Yield the lines of a month earlier."""
    rows = customers.snapshots(invoices.find(settings().data_dir), EARLY)
    with threadpool_limits(1):
        yield from judge(rows.replace({DAY: dict(zip(EARLY, DAYS, strict=True))}), seed)


def candidates(method: str, seed: int) -> Iterator[Line]:
    """Yield a line per space and number of a method."""
    rows = snapshots()
    with threadpool_limits(1):
        for line in records(choice.candidates(rows[rows[DAY] <= CHOICE], seed, [method])):
            yield {name: value for name, value in line.items() if name != "method"}


def spaces(seed: int) -> dict[str, np.ndarray]:
    """Return the customers of the day to choose on, as points in each space."""
    rows = snapshots()
    past, day = rows[rows[DAY] < CHOICE], rows[rows[DAY] == CHOICE]
    points = Scaling.of(day).points(day)
    served = Segments.of(past, "forecasts", "k-means", 5, seed)
    return {"recency, frequency, money": points[:, : len(RFM)], "all inputs": points, "forecasts": served.points(day)}


def components(seed: int) -> Iterator[Line]:
    """Yield a line per space: the components that a mixture keeps with over one percent of the customers."""
    for space, points in spaces(seed).items():
        start = np.eye(COMPONENTS)[k_means(points, COMPONENTS, seed).predict(points)]
        weights = Mixture(COMPONENTS).fit(points, start).shares(points).mean(axis=0)
        yield {"points": space, "kept": int((weights > 0.01).sum()), "largest": float(weights.max())}


def shapes(seed: int) -> Iterator[Line]:
    """Yield lines on structure, on the day to choose on: of three inputs, of all, and of the forecasts."""
    for space, points in spaces(seed).items():
        for line in records(structure.compare(points, 5 if space == "forecasts" else 4, seed)):
            yield {"points": space, **line}


Show = Callable[[pd.DataFrame], str]


def number(name: str, digits: int = 3) -> Show:
    """Return what shows a field, where all lines have it."""
    return lambda rows: "" if rows[name].isna().any() else spread(rows[name], digits=digits)


def better(rows: pd.DataFrame) -> str:
    """Return the widest interval of what the segments explain more."""
    low, high = rows["usefulness_low"].min(), rows["usefulness_high"].max()
    return "" if np.isnan(low) else f"{low:+.3f} to {high:+.3f}"


def shown(candidates: pd.DataFrame) -> pd.DataFrame:
    """Return all numbers of k-means, and of each other method the one that explains most where it may win at all."""
    candidates = candidates.astype({"asked": int})
    means = candidates.groupby(["space", "method", "asked"], sort=False)[["usefulness", "eligible"]].mean()
    places = means.assign(usefulness=means["usefulness"] * (means["eligible"] > 0)).groupby(["space", "method"])
    best = set(places["usefulness"].idxmax())
    kept = [row.method == "k-means" or (row.space, row.method, row.asked) in best for row in candidates.itertuples()]
    return candidates[kept]


JUDGED: dict[str, Show] = {name: number(name) for name in METRICS} | {
    "segments explain more by (95 %)": better,
    "staying": number("staying"),
    "ROC AUC of buying": number("roc_auc"),
}
TRIED: dict[str, Show] = {
    "usefulness": number("usefulness"),
    "stability": number("stability"),
    "smallest segment": lambda rows: f"{spread(rows['smallest'], 100, 1)} %",
    "silhouette": number("silhouette"),
    "eligible": lambda rows: f"{rows['eligible'].sum():.0f} of {len(rows)}",
}
STUDY = Study(
    measures=[
        Measure(test),
        Measure(early),
        Measure(shapes),
        Measure(components),
        Measure(candidates, [{"method": name} for name in METHODS]),
    ],
    tables=[
        Table({"the test": "division"}, JUDGED, "test"),
        Table({"a month earlier": "division"}, JUDGED, "early"),
        Table(
            {"points": "points", "data": "data"},
            {
                "stability": number("stability"),
                "silhouette": number("silhouette"),
                "clusters by the gap": number("clusters", 0),
            },
            "shapes",
        ),
        Table(
            {"a variational mixture of": "points"},
            {"components kept of 12": number("kept", 0), "largest": number("largest", 2)},
            "components",
        ),
        Table({"points": "space", "method": "method", "asked for": "asked"}, TRIED, "candidates", shown),
    ],
)
