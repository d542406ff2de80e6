"""Are there groups of customers?

- shapes: customers and data without structure, on the day to choose on;
- components: how many components a variational mixture keeps of twelve, on that day;
- methods: what each method finds, fitted on the days before, on that day.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from itertools import combinations

import numpy as np
import pandas as pd
from sklearn.metrics import adjusted_rand_score
from threadpoolctl import threadpool_limits

from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table, spread
from data_sets import online_retail as invoices
from models.bayes.gaussian_mixture import Mixture
from models.clustering.methods import METHODS, k_means
from pipelines.segmentation import customers, stability
from pipelines.segmentation.columns import CHOICE, CUSTOMER, DAY, RFM
from pipelines.segmentation.outcomes import Outlook, targets
from pipelines.segmentation.scaling import Scaling
from pipelines.segmentation.studies.compare.clusters import SPACES, Segments, silhouette
from pipelines.segmentation.studies.groups import structure

COMPONENTS = 12  # of a mixture, at the start
ASKED = (2, 3, 4, 5, 6, 7, 8)  # segments
FITS = 5  # of bootstrap samples


@cache
def snapshots() -> pd.DataFrame:
    """Return the customers as of five days."""
    return customers.snapshots(invoices.find(settings().data_dir))


def before() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the customers of the first two days, and those of the day to choose on."""
    rows = snapshots()
    return rows[rows[DAY] < CHOICE], rows[rows[DAY] == CHOICE]


def methods(method: str, seed: int) -> Iterator[Line]:
    """Yield a line per space and number of a method: what is explained, and how alike fits of other samples are."""
    past, day = before()
    for space in SPACES:
        for asked in ASKED:
            with threadpool_limits(1):  # the points are few: threads would wait for each other
                segments = Segments.of(past, space, method, asked, seed)
                refits = [
                    Segments.of(
                        past.iloc[stability.sample(past[CUSTOMER].to_numpy(), each)], space, method, asked, each
                    )
                    for each in range(seed, seed + FITS)
                ]
            labels, others = segments.predict(day), [refit.predict(day) for refit in refits]
            outlook = Outlook.of(segments.predict(past), targets(past), segments.count)
            yield {
                "space": space,
                "asked": asked,
                "usefulness": float(outlook.told(labels, targets(day)).mean()),
                "stability": float(np.mean([adjusted_rand_score(*pair) for pair in combinations(others, 2)])),
                "smallest": float(np.bincount(labels, minlength=segments.count).min() / len(labels)),
                "silhouette": silhouette(segments.scaling.points(day), labels),
            }


def spaces(seed: int) -> dict[str, np.ndarray]:
    """Return the customers of the day to choose on, as points in each space."""
    past, day = before()
    points = Scaling.of(day).points(day)
    fitted = Segments.of(past, "forecasts", "k-means", 5, seed)
    return {"recency, frequency, money": points[:, : len(RFM)], "all inputs": points, "forecasts": fitted.points(day)}


def components(seed: int) -> Iterator[Line]:
    """Yield a line per space: the components that a mixture keeps with over one percent of the customers."""
    for space, points in spaces(seed).items():
        start = np.eye(COMPONENTS)[k_means(points, COMPONENTS, seed).predict(points)]
        weights = Mixture(COMPONENTS).fit(points, start).shares(points).mean(axis=0)
        yield {"points": space, "kept": int((weights > 0.01).sum()), "largest": float(weights.max())}


def shapes(seed: int) -> Iterator[Line]:
    """Yield lines on structure, on the day to choose on: of three inputs, of all, and of the forecasts."""
    for space, points in spaces(seed).items():
        table = structure.compare(points, 5 if space == "forecasts" else 4, seed)
        lines: list[Line] = json.loads(table.to_json(orient="records"))  # what is missing is null
        yield from ({"points": space, **line} for line in lines)


Show = Callable[[pd.DataFrame], str]


def number(name: str, digits: int = 3) -> Show:
    """Return what shows a field, where all lines have it."""
    return lambda rows: "" if rows[name].isna().any() else spread(rows[name], digits=digits)


def shown(lines: pd.DataFrame) -> pd.DataFrame:
    """Return all numbers of k-means, and of each other method the one that explains most."""
    means = lines.groupby(["space", "method", "asked"])["usefulness"].mean()
    best = set(means.groupby(["space", "method"]).idxmax())
    kept = [row.method == "k-means" or (row.space, row.method, row.asked) in best for row in lines.itertuples()]
    return lines[kept].astype({"asked": int})


TRIED: dict[str, Show] = {
    "usefulness": number("usefulness"),
    "stability": number("stability"),
    "smallest segment": lambda rows: f"{spread(rows['smallest'], 100, 1)} %",
    "silhouette": number("silhouette"),
}
STUDY = Study(
    measures=[Measure(shapes), Measure(components), Measure(methods, [{"method": name} for name in METHODS])],
    tables=[
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
        Table({"points": "space", "method": "method", "asked for": "asked"}, TRIED, "methods", shown),
    ],
)
