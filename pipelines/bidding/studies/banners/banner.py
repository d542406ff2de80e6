"""The log of a fashion shop that chose its banners at random, and by Thompson sampling, with the probability of each
choice.

Source: Saito et al., "Open Bandit Dataset and Pipeline" (2021), a sample of 10,000 rounds of each policy and
campaign, CC BY 4.0, https://github.com/st-tech/zr-obp.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from models.uplift.off_policy import Rounds

FILE = "ads/open_bandit.parquet"
PRIOR = 200.0  # rounds with the mean reward that each item and place is thought to have had
CAMPAIGN = "men"


def logs(data_dir: Path) -> dict[str, pd.DataFrame]:
    """Return the rounds of the campaign by policy, `random` and `bts`, in the order of their time."""
    rows = pd.read_parquet(data_dir / FILE)
    rows = rows[rows["campaign"] == CAMPAIGN].sort_values("timestamp", kind="stable")
    return {str(name): part.reset_index(drop=True) for name, part in rows.groupby("policy", observed=True)}


def halves(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the earlier and the later half."""
    return rows.iloc[: len(rows) // 2], rows.iloc[len(rows) // 2 :].reset_index(drop=True)


def rewards(past: pd.DataFrame, items: int, weight: np.ndarray | None = None) -> np.ndarray:
    """Return the rate of clicks of each place and item, drawn to the mean, shape (3, items)."""
    weight = np.ones(len(past)) if weight is None else weight
    places = (past["position"].to_numpy(int) - 1) * items + past["item_id"].to_numpy(int)
    clicks, shown = (np.bincount(places, part, 3 * items) for part in (weight * past["click"].to_numpy(), weight))
    mean = past["click"].mean()
    return np.asarray((clicks + PRIOR * mean) / (shown + PRIOR)).reshape(3, items)


def uniform(logged: pd.DataFrame, past: pd.DataFrame, items: int) -> Rounds:
    """Return rounds that ask what choosing at random would have got. past: rounds that the model of rewards has."""
    return rounds(logged, rewards(past, items), np.full((3, items), 1 / items))


def greedy(logged: pd.DataFrame, past: pd.DataFrame, items: int, sharp: float = 300.0) -> Rounds:
    """Return rounds that ask what a policy that was learned would get: items by softmax of their rate of clicks."""
    model = rewards(past, items)
    chances = np.exp(sharp * (model - model.max(axis=1, keepdims=True)))
    return rounds(logged, model, chances / chances.sum(axis=1, keepdims=True))


def rounds(logged: pd.DataFrame, model: np.ndarray, policy: np.ndarray) -> Rounds:
    """Return rounds of a log. model, policy: by place and item, shape (3, items)."""
    place = logged["position"].to_numpy(int) - 1
    columns = logged["click"].to_numpy(float), logged["item_id"].to_numpy(int), logged["propensity_score"].to_numpy()
    return Rounds(*columns, policy[place], model[place])


def cases(data_dir: Path) -> dict[str, Rounds]:
    """Return the two questions: random from the log of Thompson sampling, and a learned policy from the random log."""
    logged = logs(data_dir)
    items = int(max(part["item_id"].max() for part in logged.values())) + 1
    (old, new), (early, late) = halves(logged["bts"]), halves(logged["random"])
    return {"random, from the log of Thompson sampling": uniform(new, old, items),
            "learned, from the random log": greedy(late, early, items)}  # fmt: skip
