"""What finds few frauds among many payments: costs, sampling, focal loss, or a graph?

Part `payments` is simulated: five worlds of 60 days, learned from 35, with an alert budget on the last 20. Part
`clicks` is real: auctions of iPinYou's campaign 2997 in their order, 530 clicks of 156,063, learned from the first
60 %. Source of `ipinyou_2997.parquet`: iPinYou 2013, research use, https://github.com/han-cai/rlb-dp.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from capstan.errors import CapstanError
from capstan.inputs import downloads
from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table, spread
from capstan.study.protocol import Show
from models.anomaly.isolation_forest import IsolationForest
from models.linear.focal import Focal
from pipelines.anomaly.studies.fraud import generator, histories

ADS = "ads/ipinyou_2997.parquet"
LEARNED, TESTED = 35, 40  # days: what is learned from ends, what is tested on begins; between them, labels come in
ALERTS = 20  # a day
SHARE = 0.01  # of the auctions that may be alerts
Score = Callable[[np.ndarray], np.ndarray]
Fit = Callable[[np.ndarray, np.ndarray, np.ndarray, int], Score]


def trees(
    x: np.ndarray, y: np.ndarray, cost: np.ndarray, seed: int, weights: bool = False, under: bool = False
) -> Score:
    """Return LightGBM's scores. weights: by what a mistake costs. under: of the negatives ten for each positive."""
    from lightgbm import LGBMClassifier

    rows = np.arange(len(y))
    if under:
        negative = np.random.default_rng(seed).permutation(np.flatnonzero(y == 0))[: 10 * int(y.sum())]
        rows = np.sort(np.concatenate([np.flatnonzero(y == 1), negative]))
    model = LGBMClassifier(n_estimators=100, num_leaves=8, learning_rate=0.05, n_jobs=1, random_state=seed, verbose=-1)
    model.fit(x[rows], y[rows], sample_weight=cost[rows] if weights else None)
    return lambda later: np.asarray(model.predict_proba(later))[:, 1]


def logistic(
    x: np.ndarray, y: np.ndarray, cost: np.ndarray, seed: int, gamma: float = 0.0, alpha: float = 0.5
) -> Score:
    """Return the log-odds of a logistic regression, by log loss or focal loss."""
    return Focal(gamma, alpha).fit(x, y).margin


def forest(x: np.ndarray, y: np.ndarray, cost: np.ndarray, seed: int) -> Score:
    """Return the scores of an isolation forest, which knows no label."""
    return IsolationForest(seed=seed).fit(x).score


METHODS: dict[str, Fit] = {
    "isolation forest, no labels": forest,
    "logistic regression": logistic,
    "logistic regression, focal loss": partial(logistic, gamma=2.0),
    "logistic regression, focal loss, positives weigh 0.9": partial(logistic, gamma=2.0, alpha=0.9),
    "LightGBM": trees,
    "LightGBM, weighed by cost": partial(trees, weights=True),
    "LightGBM, ten negatives a positive": partial(trees, under=True),
}


def payments(seed: int) -> Iterator[Line]:
    """Yield how well each method does in one world, with and without what the graph knows."""
    rows = generator.simulate(seed=seed)
    x, day, y = histories.known(rows), rows["time"] // generator.DAY, rows["fraud"].to_numpy()
    past, later = (day < LEARNED).to_numpy(), (day >= TESTED).to_numpy()
    # A fraud that is missed costs its amount, an alert in vain half an hour: 15 dollars, on one scale with mean 1.
    cost = np.where(y == 1, rows["amount"], 15.0)
    for method, fit in METHODS.items():
        for graph in (False, True):
            columns = [*histories.PLAIN, *(histories.GRAPH if graph else [])]
            score = fit(x.loc[past, columns].to_numpy(), y[past], cost[past] / cost[past].mean(), seed)
            scores = score(x.loc[later, columns].to_numpy())
            alerts = pd.Series(scores).groupby(day[later].to_numpy()).rank(ascending=False, method="first") <= ALERTS
            kinds = rows.loc[later, "kind"].to_numpy()
            found = {kind: float(alerts[kinds == kind].mean()) for kind in ("theft", "ring")}
            money = rows.loc[later, "amount"].to_numpy() * y[later]
            line = {"recall": float(alerts[y[later] == 1].mean()), "money": float(money[alerts].sum() / money.sum())}
            name = f"{method}, graph" if graph else method
            yield {"method": name, "average_precision": precision(y[later], scores)} | line | found


def files(data_dir: Path | None) -> dict[str, Path]:
    """Return the file of the auctions."""
    path = downloads.find(ADS, data_dir)
    if path is None:
        raise CapstanError(f"There is no {ADS} in the data folder. See https://github.com/han-cai/rlb-dp.")
    return {ADS: path}


def clicks() -> Iterator[Line]:
    """Yield the same for real auctions: who clicks, by the price and the probability that an earlier model gave."""
    rows = pd.read_parquet(files(settings().data_dir)[ADS])
    x, y = np.log(rows[["market_price", "pctr"]].to_numpy() + 1e-6), rows["click"].to_numpy()
    first = int(0.6 * len(rows))
    cost = np.where(y == 1, 100.0, 1.0)
    budget = int(SHARE * (len(rows) - first))
    known: dict[str, np.ndarray] = {"the probability that was given": x[first:, 1]}
    for method, fit in METHODS.items():
        known[method] = fit(x[:first], y[:first], cost[:first] / cost[:first].mean(), 0)(x[first:])
    for method, scores in known.items():
        top = np.argsort(-scores, kind="stable")[:budget]
        recall = float(y[first:][top].sum() / y[first:].sum())
        yield {"method": method, "average_precision": precision(y[first:], scores), "recall": recall}


def precision(y: np.ndarray, scores: np.ndarray) -> float:
    """Return the average precision."""
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(y, scores))


def shown(name: str, digits: int) -> Show:
    """Return what shows a field."""
    return lambda rows: spread(rows[name], digits=digits)


FIELDS = {"average precision": "average_precision", "recall": "recall"}
MORE = FIELDS | {"money": "money", "thefts": "theft", "rings": "ring"}

STUDY = Study(
    measures=[Measure(payments), Measure(clicks, seeds=0)],
    tables=[
        Table(
            {"simulated payments, five worlds": "method"},
            {title: shown(name, 2) for title, name in MORE.items()},
            "payments",
        ),
        Table({"real clicks": "method"}, {title: shown(name, 4) for title, name in FIELDS.items()}, "clicks"),
    ],
    files=files,
)
