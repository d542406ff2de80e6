"""How much the inputs can predict: what the score leaves between loans that are alike, and where learning ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from capstan.contract.delong import roc_auc
from capstan.study import Line
from models.linear import platt
from models.metrics import bootstrap
from pipelines.credit_risk.columns import LABEL
from pipelines.credit_risk.studies.tune import rivals

SIZES = (500, 1_000, 2_000, 3_564)  # loans to learn from; the last is four fifths
DRAWS = 1_000


def left(rows: pd.DataFrame, by_score: Mapping[str, np.ndarray], seed: int, draws: int = DRAWS) -> Iterator[Line]:
    """Yield what each score leaves: a line per score. by_score: its log-odds, out of fold, shape (n,).

    If the probabilities were true, outcomes drawn from them would be ranked with a ROC AUC of `implied`, and the errors
    of neighbours would not correlate: what correlates could still be learned from these inputs.
    """
    from sklearn.neighbors import NearestNeighbors

    bad, random = rows[LABEL].to_numpy(), np.random.default_rng(seed)
    points = rivals.Forest(smallest=20).fit(rows, bad)._matrix(rows)
    nearest = NearestNeighbors(n_neighbors=2).fit(points).kneighbors(points)[1][:, 1]
    for name, margin in by_score.items():
        slope, intercept = platt.line(margin, bad)
        p = expit(slope * margin + intercept)
        drawn = [roc_auc((random.random(len(p)) < p).astype(float), p).mean() for _ in range(draws)]
        error = (bad - p) / np.sqrt(p * (1 - p))
        products = error * error[nearest]
        rows_of = random.integers(len(p), size=(draws, len(p)))
        low, high = np.quantile(products[rows_of].mean(axis=1), [0.025, 0.975])
        yield {
            "method": name,
            "roc_auc": roc_auc(bad, margin).mean(),
            "implied": np.mean(drawn),
            "implied_low": np.quantile(drawn, 0.025),
            "implied_high": np.quantile(drawn, 0.975),
            "alike": products.mean(),
            "alike_low": low,
            "alike_high": high,
        }


def curve(rows: pd.DataFrame, scores: Mapping[str, Callable[[], Any]], seed: int) -> Iterator[Line]:
    """Yield ROC AUC on a fifth of the loans, by how many of the others each score has learned from."""
    order = np.random.default_rng(seed).permutation(len(rows))
    test, others = rows.iloc[order[: len(rows) // 5]], rows.iloc[order[len(rows) // 5 :]]
    for name, score in scores.items():
        for size in SIZES:
            past = others.head(size)
            margin = score().fit(past, past[LABEL].to_numpy()).margin(test)
            yield {"method": name, "loans": size, "roc_auc": roc_auc(test[LABEL].to_numpy(), margin).mean()}


def endless(lines: pd.DataFrame, seed: int = 0) -> tuple[float, float, float]:
    """Return where a learning curve ends, a of a + b / n, and its 95 % interval over the divisions."""
    wide = lines.pivot(index="seed", columns="loans", values="roc_auc")
    design = np.column_stack([np.ones(wide.shape[1]), 1 / wide.columns.to_numpy(float)])

    def end(means: np.ndarray) -> float:
        return float(np.linalg.lstsq(design, means, rcond=None)[0][0])

    values = wide.to_numpy()
    samples = bootstrap.samples(len(values), DRAWS, seed)
    low, high = bootstrap.interval([end(values[sample].mean(axis=0)) for sample in samples])
    return end(values.mean(axis=0)), float(low), float(high)
