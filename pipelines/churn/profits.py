"""Which customers are worth a call, and what calls earn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.churn import costs
from pipelines.churn.columns import CUSTOMER, LABEL
from pipelines.churn.lives import Stays

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from pipelines.churn.model import ChurnModel


def listed(model: ChurnModel, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the customers that are worth a call, the most profitable first, with what a caller wants to know."""
    import pandas as pd

    answers: dict[str, Any] = model.predict_columns(rows)
    reasons = [
        "; ".join(f"{reason['field']} {reason['value']}" for reason in row if reason["effect"] > 0)
        for row in answers["reasons"]
    ]
    table = pd.DataFrame(
        {
            CUSTOMER: rows[CUSTOMER].to_numpy(),
            "profit": np.round(answers["profit"], 2),
            "probability": np.round(answers["probability"], 3),
            "worth": np.round(answers["value"], 2),
            "months": rows["tenure"].to_numpy().astype(int),
            "contract": rows["contract"].to_numpy(),
            "likelier to leave because of": reasons,
        }
    )
    return table[table["profit"] > 0].sort_values(["profit", CUSTOMER], ascending=[False, True], ignore_index=True)


def expected(model: ChurnModel, rows: pd.DataFrame, probability: np.ndarray) -> np.ndarray:
    """Return what a call of each customer is expected to earn, shape (n,)."""
    return costs.profit(probability, costs.value(rows["monthly"].to_numpy(), model.stays.months(rows, probability)))


def earned(rows: pd.DataFrame) -> np.ndarray:
    """Return what a call of each customer earns, shape (n,), who is known to have left or not.

    Nobody knows what an offer does to one person: who left is taken to have stayed in ACCEPT of the cases, and then for
    as long as these customers do. No model that is judged has a part in it.
    """
    value = costs.value(rows["monthly"].to_numpy(), Stays().fit(rows).months(rows))
    return costs.profit(rows[LABEL].to_numpy(), value)


def curve(expected: np.ndarray, earned: np.ndarray) -> np.ndarray:
    """Return the profit per customer of calling the best 0, 1, ... n by expected profit, shape (n + 1,)."""
    order = np.argsort(-expected, kind="stable")
    return np.concatenate([[0.0], np.cumsum(earned[order])]) / len(order)


def figure(expected: np.ndarray, earned: np.ndarray) -> Figure:
    """Return the profit per customer over the share that is called, and where the served decision ends."""
    from matplotlib.figure import Figure

    earned = curve(expected, earned)
    share = np.linspace(0, 1, len(earned))
    served = float((expected > 0).mean())
    drawn = Figure(figsize=(8, 4.2), layout="constrained")
    axes = drawn.subplots()
    axes.plot(share, earned, label="the most profitable first")
    axes.plot([0, 1], [0, earned[-1]], ":", color="grey", label="at random")
    axes.axvline(served, color="tab:orange", label=f"served: {served:.0%} are called")
    axes.set(xlabel="share of the customers who are called", ylabel="profit per customer")
    axes.legend()
    return drawn
