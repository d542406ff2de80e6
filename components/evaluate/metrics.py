"""How good probabilities of a binary event are."""

import numpy as np
import pandas as pd

LOSSES = {"brier", "calibration_error"}  # less is better


def score(target: np.ndarray, probability: np.ndarray) -> dict[str, float]:
    """Return ROC AUC, average precision, Brier score and expected calibration error."""
    from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

    return {
        "roc_auc": float(roc_auc_score(target, probability)),
        "average_precision": float(average_precision_score(target, probability)),
        "brier": float(brier_score_loss(target, probability)),
        "calibration_error": calibration_error(target, probability),
    }


def reliability(target: np.ndarray, probability: np.ndarray, bins: int = 10) -> pd.DataFrame:
    """Return predicted and observed frequency and the rows of each bin; the bins hold equally many rows."""
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
    """Return rows, positive share and metrics for each value of a column; metrics need both classes."""
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
