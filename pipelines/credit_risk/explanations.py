"""Why a loan got its probability: SHAP for every loan, LIME next to it for a few.

SHAP values add up to the log-odds exactly. LIME fits a line to the probabilities around a loan, and another one with
another seed: the report shows how far the two agree. Ribeiro et al., "Why should I trust you?" (2016).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import expit

from pipelines.credit_risk.columns import CATEGORIES, INPUTS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pipelines.credit_risk.model import CreditModel

TOP = 4


def figure(model: CreditModel, rows: pd.DataFrame) -> Figure:
    """Return the SHAP values of every loan, input by input, coloured by the input's value."""
    import shap
    from matplotlib.figure import Figure

    explanation = model.explain_columns(rows)
    seen = shap.Explanation(
        np.asarray(explanation.contributions)[:, : len(INPUTS)],
        base_values=explanation.base,
        data=coded(rows, rows),
        feature_names=INPUTS,
    )
    drawn = Figure(figsize=(9, 5), layout="constrained")
    shap.plots.beeswarm(seen, max_display=len(INPUTS), ax=drawn.subplots(), plot_size=None, show=False, color_bar=False)
    return drawn


def compare(model: CreditModel, rows: pd.DataFrame, places: list[int], seed: int = 0) -> pd.DataFrame:
    """Return the inputs that count most for some loans, by SHAP and by LIME. places: positions in rows."""
    from lime.lime_tabular import LimeTabularExplainer

    background = coded(rows, rows)
    values = {name: sorted(rows[name].dropna().unique()) for name in CATEGORIES}
    explainer = LimeTabularExplainer(
        background,
        feature_names=INPUTS,
        categorical_features=[INPUTS.index(name) for name in CATEGORIES],
        categorical_names={INPUTS.index(name): [*categories, "missing"] for name, categories in values.items()},
        class_names=["repaid", "not repaid"],
        random_state=seed,
    )

    def probabilities(matrix: np.ndarray) -> np.ndarray:
        table = {name: matrix[:, place].tolist() for place, name in enumerate(INPUTS)}
        for name, categories in values.items():
            table[name] = [[*categories, None][int(code)] for code in table[name]]
        bad = expit(model.margin(table))
        return np.column_stack([1 - bad, bad])

    exact = np.asarray(model.explain_columns(rows.iloc[places]).contributions)[:, : len(INPUTS)]
    lines = []
    for place, shares in zip(places, exact, strict=True):
        near = dict(explainer.explain_instance(background[place], probabilities, num_features=len(INPUTS)).as_map()[1])
        lime = np.array([near.get(position, 0.0) for position in range(len(INPUTS))])
        first = [top(shares), top(lime)]
        lines.append(
            {
                "loan": place,
                "probability": float(expit(model.margin(rows.iloc[[place]]))[0]),
                "by SHAP": ", ".join(first[0]),
                "by LIME": ", ".join(first[1]),
                "in both": len(set(first[0]) & set(first[1])),
            }
        )
    return pd.DataFrame(lines)


def top(shares: np.ndarray) -> list[str]:
    """Return the inputs that move the prediction most, with the direction."""
    order = np.argsort(-np.abs(shares))[:TOP]
    return [f"{INPUTS[place]} {'+' if shares[place] > 0 else '-'}" for place in order]


def coded(rows: pd.DataFrame, known: pd.DataFrame) -> np.ndarray:
    """Return the inputs as numbers, shape (n, k). A category is its position; a missing number is the median."""
    columns = []
    for name in INPUTS:
        if name in CATEGORIES:
            values = sorted(known[name].dropna().unique())
            columns.append(rows[name].map({value: code for code, value in enumerate(values)}).fillna(len(values)))
        else:
            columns.append(rows[name].fillna(known[name].median()))
    return np.column_stack(columns).astype(float)
