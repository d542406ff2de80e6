"""Segmentation: which kinds of customers are there, and what will they do next?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from capstan.contract.bounds import at_least, at_most
from capstan.contract.capstone import EVENT_TIMESTAMP, TRAINING_SET
from pipelines.segmentation.columns import CHOICE, COUNTRY, CUSTOMER, DAY, INPUTS, OUTCOMES, QUARTER, SEGMENTS
from pipelines.segmentation.schema import Prediction, Request, contracts

if TYPE_CHECKING:
    import pandas as pd

    from capstan.contract.capstone import Tables
    from capstan.contract.evaluation import Evaluation
    from pipelines.segmentation.model import SegmentModel

__all__ = ["Prediction", "Request", "contracts"]  # parts of the contract from another module

TITLE = "Which kinds of customers are there, and what will they do next?"
FAMILIES = ("tables",)
CONTRACT_LIMIT = 0.01
FEATURE_SERVICE = "segmentation"
ENTITY_KEYS = [CUSTOMER]
MOST = 26  # segments: each has a letter
# Segments are judged by their use, compared with a score in as many parts and a division of a cloud without groups,
# customer by customer. The limits lie below what the day that chose the number has (0.25 explained, a stability of
# 0.85): quarters differ. None of this says that there are groups of customers.
THRESHOLDS = {
    "usefulness": at_least(0.15, slack=0.045),
    "staying": at_least(0.4, slack=0.05),
    "stability": at_least(0.6, slack=0.1),
    "smallest": at_least(0.03),
    "size_drift": at_most(0.25),
}


def load(data_dir: Path | None) -> Tables:
    """Return `customers`: one row per customer and day, made from a million invoice lines."""
    from data_sets import online_retail as invoices
    from pipelines.segmentation import customers

    return {"customers": customers.snapshots(invoices.find(data_dir))}


def files(data_dir: Path | None) -> dict[str, Path]:
    """Return the path of the invoice lines."""
    from data_sets import online_retail as invoices

    return {invoices.FILE: invoices.find(data_dir)}


def count(tables: Tables) -> dict[str, float]:
    """Return the number of different customers, and of countries."""
    rows = tables["customers"]
    return {"customers": rows[CUSTOMER].nunique(), "countries": rows[COUNTRY].nunique()}


def entity_rows(tables: Tables) -> pd.DataFrame:
    """Return one row per customer and day, with the outcomes of the quarter after it."""
    import pandas as pd

    rows = tables["customers"]
    return rows[[CUSTOMER, *OUTCOMES]].assign(**{EVENT_TIMESTAMP: pd.to_datetime(rows[DAY], utc=True).dt.as_unit("us")})


def feature_tables(tables: Tables) -> Tables:
    """Return what the year before each day held, of those who bought nothing in it, too."""
    import pandas as pd

    from pipelines.segmentation import customers

    rows = customers.with_lapsed(tables["customers"])
    return {"customer_year": rows.assign(**{EVENT_TIMESTAMP: pd.to_datetime(rows[DAY], utc=True).dt.as_unit("us")})}


def split(tables: Tables) -> tuple[Tables, Tables]:
    """Return the customers as of the days to learn from, and as of the day of the test and the one a quarter later."""
    rows = tables[TRAINING_SET]
    past = rows[DAY] <= CHOICE
    return {"customers": rows[past]}, {"customers": rows[~past]}


def train(tables: Tables, seed: int = 0, segments: int = SEGMENTS) -> SegmentModel:
    """Return a tree whose leaves explain most of the next quarter. segments: at most so many, from 2 to 26."""
    from capstan.errors import CapstanError
    from pipelines.segmentation import training

    if not 2 <= segments <= MOST:
        raise CapstanError(f"There cannot be {segments} segments. Ask for 2 to {MOST}.")
    return training.fit(tables["customers"].reset_index(drop=True), seed, segments)


def evaluate(model: SegmentModel, tables: Tables) -> Evaluation:
    """Return what later customers' segments explain of the next quarter and who stays, a score's and null data's."""
    from pipelines.segmentation import report

    return report.evaluate(model, tables["customers"].reset_index(drop=True))


def signals(model: SegmentModel, tables: Tables) -> pd.DataFrame:
    """Return the inputs and the segment of each customer."""
    rows = tables["customers"]
    predicted = model.predict_columns(rows)
    answers = {name: predicted[name] for name in ("segment", "buys", "order", "spends_more_than")}
    return rows[[*INPUTS, COUNTRY]].assign(**answers)


def examples(tables: Tables) -> list[dict[str, Any]]:
    """Return three customers, of which two are abroad. They bought lately, so that they have not lapsed since."""
    rows = tables["customers"]
    lately = rows[(rows[DAY] == rows[DAY].max()) & (rows["recency"] < QUARTER)]
    return [{CUSTOMER: int(customer)} for customer in lately.drop_duplicates(COUNTRY)[CUSTOMER].head(3)]
