"""Churn: who will leave, and which customers are worth a call?"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from capstan.contract.bounds import at_least, at_most
from capstan.contract.capstone import EVENT_TIMESTAMP, TRAINING_SET, Outcome
from capstan.contract.checks import Checks
from pipelines.churn import data
from pipelines.churn.columns import CUSTOMER, INPUTS, LABEL, SNAPSHOT
from pipelines.churn.schema import Prediction, Request, contracts

if TYPE_CHECKING:
    import pandas as pd

    from capstan.contract.capstone import Tables
    from capstan.contract.evaluation import Evaluation
    from pipelines.churn.model import ChurnModel

__all__ = ["Prediction", "Request", "contracts"]  # parts of the contract from another module

TITLE = "Who will leave, and which customers are worth a call?"
CONTRACT_LIMIT = 0.01
FEATURE_SERVICE = "churn"
ENTITY_KEYS = [CUSTOMER]
OUTCOME = Outcome("binary", target=LABEL, prediction="probability")
CHECKS = Checks(slices=("contract",))
# Slightly below the worst of six divisions of the customers to train on: the study `compare`, part "division". The log
# loss must be better than that of a logistic regression: it judges the probability, from which the decision follows.
# Seniors, women and men have limits of their own: a mean may hide that one group's labels were damaged.
THRESHOLDS = {
    "roc_auc": at_least(0.825, slack=0.005),
    "log_loss": at_most(0.435, slack=0.004),
    "profit": at_least(0.1, slack=0.25),
    "log_loss_seniors": at_most(0.6, slack=0.012),
    "log_loss_women": at_most(0.46, slack=0.01),
    "log_loss_men": at_most(0.46, slack=0.01),
    "calibration_error": at_most(0.05),
}
TEST_SHARE = 3  # one customer in three: the difference to a logistic regression is small
Actual = bool  # left, or not


def load(data_dir: Path | None) -> Tables:
    """Return `customers`, one row each."""
    return {"customers": data.customers(data.find(data_dir))}


def files(data_dir: Path | None) -> dict[str, Path]:
    """Return the path of the customers' file."""
    path = data.find(data_dir)
    return {path.name: path}


def count(tables: Tables) -> dict[str, float]:
    """Return the number of customers, and of those who left."""
    return {"customers": len(tables["customers"]), "left": float(tables["customers"][LABEL].sum())}


def entity_rows(tables: Tables) -> pd.DataFrame:
    """Return one row per customer, with the label, as of the one instant that the file stands for."""
    import pandas as pd

    return tables["customers"][[CUSTOMER, LABEL]].assign(**{EVENT_TIMESTAMP: pd.Timestamp(SNAPSHOT)})


def feature_tables(tables: Tables) -> Tables:
    """Return what is known of each customer at that instant."""
    import pandas as pd

    known = tables["customers"].drop(columns=LABEL)
    return {"customer_account": known.assign(**{EVENT_TIMESTAMP: pd.Timestamp(SNAPSHOT)})}


def labelled(data_dir: Path | None) -> pd.DataFrame:
    """Return the customers as the training set has them, without the way through Feast: for the studies."""
    tables = load(data_dir)
    return entity_rows(tables).merge(tables["customers"].drop(columns=LABEL), on=CUSTOMER)


def split(tables: Tables) -> tuple[Tables, Tables]:
    """Return two thirds of the customers to train on, and the others to test on, by a hash of their number.

    The file has no times to split by. A customer who equals one to test on in every input is not trained on.
    """
    from models.metrics import splits

    rows = tables[TRAINING_SET].assign(if_contract=None, if_monthly=float("nan"))  # of a request: nothing is asked
    held_out = rows[CUSTOMER].map(lambda number: zlib.crc32(number.encode()) % TEST_SHARE == 0).to_numpy()
    test = rows[held_out].sort_values(CUSTOMER, ignore_index=True)
    past = splits.without(rows[~held_out], test, INPUTS).sort_values(CUSTOMER, ignore_index=True)
    splits.require_classes(past, LABEL, "training")
    splits.require_classes(test, LABEL, "test")
    return {"customers": past}, {"customers": test}


def train(tables: Tables, seed: int = 0, score: str = "splines") -> ChurnModel:
    """Return a calibrated score, and how long customers stay. score: `splines` or `boosting`."""
    from capstan.errors import CapstanError
    from pipelines.churn import training
    from pipelines.churn.boosting import Boosting
    from pipelines.churn.splines import Splines

    kinds = {"splines": Splines, "boosting": Boosting}
    if score not in kinds:
        raise CapstanError(f"There is no score {score!r}. There are: {', '.join(kinds)}.")
    return training.fit(tables["customers"], kinds[score], seed)


def evaluate(model: ChurnModel, tables: Tables) -> Evaluation:
    """Return how well customers are ranked, how good the probabilities are, and what the calls earn."""
    from pipelines.churn import report

    return report.evaluate(model, tables["customers"])


def signals(model: ChurnModel, tables: Tables) -> pd.DataFrame:
    """Return the inputs, the probability, the decision and the label of each customer."""
    rows = tables["customers"]
    answers = model.predict_columns(rows)
    shown = {name: answers[name] for name in ("probability", "decision", "profit")}
    return rows[INPUTS].assign(**shown, churned=rows[LABEL].astype(int))


def examples(tables: Tables) -> list[dict[str, Any]]:
    """Return three customers: two of a monthly contract, of whom one is asked about with a contract of a year."""
    rows = tables["customers"]
    monthly = rows.loc[rows["contract"] == "month-to-month", CUSTOMER].head(2).tolist()
    longer = rows.loc[rows["contract"] != "month-to-month", CUSTOMER].head(1).tolist()
    asked: list[dict[str, Any]] = [{CUSTOMER: number} for number in [*monthly[:1], *longer]]
    return [*asked, *({CUSTOMER: number, "if_contract": "one year"} for number in monthly[1:])]
