"""Binary classification: metrics, tables by slice and plots for the probabilities of an event.

Reference: sklearn.metrics.roc_auc_score and average_precision_score, 1e-6.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from capstan.contract.delong import roc_auc
from capstan.contract.evaluation import Evaluation, Section
from models.metrics import paired

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NO_BASELINES: Mapping[str, np.ndarray] = MappingProxyType({})


def evaluate(
    rows: pd.DataFrame,
    label: str,
    probability: np.ndarray,
    slices: Sequence[str] = (),
    units: np.ndarray | None = None,
    baselines: Mapping[str, np.ndarray] = NO_BASELINES,
) -> Evaluation:
    """Return the metrics of probabilities, shape (n,), on n labelled rows, with plots and a table per slice.

    units: what each row was sampled with, such as its day. baselines: name -> the probabilities of a simpler method,
    which must rank worse.
    """
    target = rows[label].to_numpy()
    plots = Section("Ranking and calibration", figure(target, probability))
    tables = [Section(f"By {column}", by_slice(rows, label, probability, column)) for column in slices]
    positive = Section("Positive share", f"{target.mean():.1%} of the rows are positive.")
    rivals = {name: by_unit(target, rival, units)[["roc_auc"]] for name, rival in baselines.items()}
    sections = [positive, plots, *tables]
    return Evaluation(score(target, probability), sections, by_unit(target, probability, units), rivals)


def score(target: np.ndarray, probability: np.ndarray) -> dict[str, float]:
    """Return ROC AUC, average precision, Brier score and expected calibration error."""
    from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

    return {
        "roc_auc": float(roc_auc_score(target, probability)),
        "average_precision": float(average_precision_score(target, probability)),
        "brier": float(brier_score_loss(target, probability)),
        "calibration_error": calibration_error(target, probability),
    }


def by_unit(target: np.ndarray, probability: np.ndarray, units: np.ndarray | None = None) -> pd.DataFrame:
    """Return ROC AUC and Brier score by sampled unit, for the gate: a row per unit, or per row without `units`."""
    values = {"roc_auc": roc_auc(target, probability), "brier": (probability - target) ** 2}
    if units is not None:
        values = {name: paired.by_unit(each, units) for name, each in values.items()}
    return pd.DataFrame(values)


def reliability(target: np.ndarray, probability: np.ndarray, bins: int = 10) -> pd.DataFrame:
    """Return the predicted and observed frequency and the rows of each bin. Bins have equally many rows."""
    rank = pd.Series(probability).rank(method="first")
    by = pd.DataFrame({"predicted": probability, "observed": target}).groupby(pd.qcut(rank, bins, labels=False))
    return by.mean().assign(rows=by.size())


def calibration_error(target: np.ndarray, probability: np.ndarray) -> float:
    """Return the mean distance between predicted and observed frequency over ten bins of equally many rows.

    Source: Naeini et al., "Obtaining Well Calibrated Probabilities Using Bayesian Binning" (2015).
    """
    bins = reliability(target, probability)
    return float(np.average((bins["predicted"] - bins["observed"]).abs(), weights=bins["rows"]))


def by_slice(rows: pd.DataFrame, label: str, probability: np.ndarray, column: str) -> pd.DataFrame:
    """Return rows, positive share and metrics for each value of a column. Metrics need both classes."""
    table = []
    for value, positions in rows.groupby(column, observed=True).indices.items():
        target, predicted = rows[label].to_numpy()[positions], probability[positions]
        line = {
            column: value,
            "rows": len(positions),
            "positive_share": target.mean(),
            "mean_predicted": predicted.mean(),
        }
        table.append(line | (score(target, predicted) if 0 < target.mean() < 1 and len(target) >= 10 else {}))
    return pd.DataFrame(table).sort_values("rows", ascending=False, ignore_index=True)


def figure(target: np.ndarray, probability: np.ndarray) -> "Figure":
    """Return the ROC and precision-recall curves, the calibration, and the predictions by outcome."""
    from matplotlib.figure import Figure
    from sklearn.metrics import PrecisionRecallDisplay, RocCurveDisplay

    figure = Figure(figsize=(12, 7.2), layout="constrained")
    roc, recall, calibration, histogram = figure.subplots(2, 2).flat
    RocCurveDisplay.from_predictions(target, probability, ax=roc, plot_chance_level=True)
    PrecisionRecallDisplay.from_predictions(target, probability, ax=recall, plot_chance_level=True)
    bins = reliability(target, probability)
    calibration.plot([0, 1], [0, 1], ":", color="grey")
    calibration.plot(bins["predicted"], bins["observed"], "o-")
    calibration.set(xlabel="predicted", ylabel="observed", title="Calibration, ten bins of equally many rows")
    for value, label in [(0, "negative"), (1, "positive")]:
        histogram.hist(probability[target == value], bins=50, range=(0, 1), alpha=0.6, label=label, density=True)
    histogram.set(xlabel="predicted probability", ylabel="density", title="Predictions by outcome")
    histogram.legend()
    return figure
