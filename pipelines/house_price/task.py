"""House prices: what is a house in Ames worth, and how sure is that?"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from capstan.contract.bounds import at_least, at_most
from capstan.contract.capstone import Outcome
from capstan.contract.checks import Checks, Service
from capstan.contract.resources import Limits
from pipelines.house_price import data
from pipelines.house_price.columns import INPUTS, LABEL
from pipelines.house_price.schema import Prediction, Request, contracts

if TYPE_CHECKING:
    import pandas as pd

    from capstan.contract.capstone import Tables
    from capstan.contract.evaluation import Evaluation
    from pipelines.house_price.model import HouseModel

__all__ = ["Prediction", "Request", "contracts"]  # parts of the contract from another module

TITLE = "What is a house in Ames worth, and how sure is that?"
FAMILIES = ("tables",)
CONTRACT_LIMIT = 0.01
OUTCOME = Outcome("regression", target=LABEL, prediction="price")
# The reasons of an answer take some hundred prices: 0.1 s are not enough.
CHECKS = Checks(slices=("neighborhood",), service=Service(latency_seconds=0.5))
LIMITS = Limits(seconds=60)  # reasons cost 0.04 s of a core for each house, and a request may have hundreds
THRESHOLDS = {
    "mean_error_log": at_most(0.085, slack=0.004),
    "rmse_log": at_most(0.15, slack=0.0065),
    "median_error": at_most(0.06),
    "coverage": at_least(0.86),
    "width": at_most(0.45, slack=0.03),
}
TEST_SHARE = 5  # one house in five
Actual = float  # dollars
ACTUAL_DELAY = timedelta(days=365)


def load(data_dir: Path | None) -> Tables:
    """Return `houses`, one row per sale."""
    return {"houses": data.houses(data_dir)}


def count(tables: Tables) -> dict[str, float]:
    """Return the number of sales, and the median price."""
    return {"houses": len(tables["houses"]), "median_price": float(tables["houses"][LABEL].median())}


def split(tables: Tables) -> tuple[Tables, Tables]:
    """Return four fifths of the sales to train on, and the others to test on, drawn once. No house is in it twice."""
    houses = tables["houses"]
    test = np.random.default_rng(0).permutation(len(houses)) % TEST_SHARE == 0
    return {"houses": houses[~test]}, {"houses": houses[test]}


def train(tables: Tables, seed: int = 0, members: str = "boosting vectors net") -> HouseModel:
    """Return a stack with intervals. members: those of the stack, of boosting, vectors and net."""
    from capstan.errors import CapstanError
    from pipelines.house_price import training

    named = members.split()
    if not named or set(named) - set(training.KINDS):
        raise CapstanError(f"members={members!r} is no list of: {', '.join(training.KINDS)}. Name one or more.")
    makers = training.makers(seed, {name: training.SETTINGS[name] for name in named})
    return training.fit(tables["houses"], makers, seed)


def evaluate(model: HouseModel, tables: Tables) -> Evaluation:
    """Return how far the prices are from those that were paid, and whether the intervals hold."""
    from pipelines.house_price import report

    return report.evaluate(model, tables["houses"])


def signals(model: HouseModel, tables: Tables) -> pd.DataFrame:
    """Return the inputs, the price with its interval, and what was paid.

    Houses come at random: the file has them by neighborhood, and each part of the reference should have some of all.
    """
    houses = tables["houses"].sample(frac=1, random_state=0, ignore_index=True)
    price, low, high = model.prices(houses)
    return houses[INPUTS].assign(price=price, low=low, high=high, **{LABEL: houses[LABEL]})


def examples(tables: Tables) -> list[dict[str, Any]]:
    """Return a house of which a little is known, and two of the test set of which all is."""
    from pipelines.house_price.schema import EXAMPLE

    rows = tables["houses"][INPUTS].head(2).astype(object)
    whole: list[dict[str, Any]] = rows.where(rows.notna(), None).to_dict("records")
    return [EXAMPLE, *whole]
