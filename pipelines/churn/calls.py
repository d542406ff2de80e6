"""`python -m pipelines.churn.calls`: the customers to call, the most profitable call first, as a CSV file.

Those who have left are not on it. It asks nothing of a server: the champion's file of the registry answers for every
customer of the data.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.churn import costs
from pipelines.churn.columns import CUSTOMER, LABEL

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from pipelines.churn.model import ChurnModel


def listed(model: ChurnModel, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the customers whom a call is worth, the most profitable first, with what a caller wants to know."""
    import pandas as pd

    answers: dict[str, Any] = model.predict_columns(rows)
    reasons = [
        "; ".join(f"{one['field']} {one['value']}" for one in row if one["effect"] > 0) for row in answers["reasons"]
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


def curve(churned: np.ndarray, monthly: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """Return the profit per customer of calling the best 0, 1, ... n by expected profit, shape (n + 1,).

    Nobody knows what an offer does to one person: who left is taken to have stayed in ACCEPT of the cases.
    """
    order = np.argsort(-costs.profit(chance, monthly), kind="stable")
    return np.concatenate([[0.0], np.cumsum(costs.profit(churned, monthly)[order])]) / len(order)


def figure(churned: np.ndarray, monthly: np.ndarray, chance: np.ndarray) -> Figure:
    """Return the profit per customer over the share that is called, and where the served decision ends."""
    from matplotlib.figure import Figure

    earned = curve(churned, monthly, chance)
    share = np.linspace(0, 1, len(earned))
    served = float((costs.profit(chance, monthly) > 0).mean())
    drawn = Figure(figsize=(8, 4.2), layout="constrained")
    axes = drawn.subplots()
    axes.plot(share, earned, label="the most profitable first")
    axes.plot([0, 1], [0, earned[-1]], ":", color="grey", label="at random")
    axes.axvline(served, color="tab:orange", label=f"served: {served:.0%} are called")
    axes.set(xlabel="share of the customers who are called", ylabel="profit per customer")
    axes.legend()
    return drawn


def main() -> None:
    """Print the list, or write it into a file."""
    from capstan import registry
    from capstan.errors import CapstanError
    from capstan.settings import settings
    from pipelines.churn import task

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--top", type=int, default=None, help="so many customers; by default all whom a call is worth")
    parser.add_argument("--version", default="", help="of the model; by default the newest that was accepted")
    given = parser.parse_args()
    accepted = [one.version for one in registry.versions("churn") if one.tags.get("verdict") == "accepted"]
    if not accepted:
        raise CapstanError("There is no accepted version of churn yet: capstan run churn.")
    model: Any = registry.load_version("churn", given.version or max(accepted, key=int)).model
    rows = task.labelled(settings().data_dir)
    there = rows[rows[LABEL] == 0].reset_index(drop=True)
    listed(model, there).head(given.top).to_csv(sys.stdout, index=False)


if __name__ == "__main__":
    main()
