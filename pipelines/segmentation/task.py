"""Segmentation: which kinds of customers are there, and how sure is that?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from capstan.bounds import at_least, at_most
from pipelines.segmentation.columns import COUNTRY, CUSTOMER, DAY, DAYS, INPUTS
from pipelines.segmentation.schema import Prediction, Request, contracts

if TYPE_CHECKING:
    import pandas as pd

    from capstan.capstone import Tables
    from capstan.evaluation import Evaluation
    from pipelines.segmentation.model import Segments

__all__ = ["Prediction", "Request", "contracts"]  # parts of the contract from another module

TITLE = "Which kinds of customers are there, and how sure is that?"
FAMILIES = ("tables",)
CONTRACT_LIMIT = 0.01
# There is no label. What can be asked of segments is that other samples of the customers give the same ones.
THRESHOLDS = {
    "stability": at_least(0.8, slack=0.1),
    "smallest": at_least(0.03),
    "silhouette": at_least(0.25),
    "size_drift": at_most(0.25),
}


def load(data_dir: Path | None) -> Tables:
    """Return `customers`: one row per customer and day, made from a million invoice lines."""
    from pipelines.segmentation import customers, invoices

    return {"customers": customers.snapshots(invoices.find(data_dir))}


def files(data_dir: Path | None) -> dict[str, Path]:
    """Return the path of the invoice lines."""
    from pipelines.segmentation import invoices

    return {invoices.FILE: invoices.find(data_dir)}


def count(tables: Tables) -> dict[str, float]:
    """Return the number of different customers, and of countries."""
    rows = tables["customers"]
    return {"customers": rows[CUSTOMER].nunique(), "countries": rows[COUNTRY].nunique()}


def split(tables: Tables) -> tuple[Tables, Tables]:
    """Return the customers as of the days before the last one, and as of the last one."""
    rows = tables["customers"]
    last = rows[DAY] == DAYS[-1]
    return {"customers": rows[~last]}, {"customers": rows[last]}


def train(tables: Tables, seed: int = 0, methods: str = "k-means,Gaussian mixture,spectral,HDBSCAN") -> Segments:
    """Return the most distinct segments that are stable. methods: those that compete, between commas."""
    from capstan.errors import CapstanError
    from pipelines.segmentation import training
    from pipelines.segmentation.methods import METHODS

    names = [name.strip() for name in methods.split(",")]
    if unknown := [name for name in names if name not in METHODS]:
        raise CapstanError(f"There is no method {unknown[0]!r}. There are: {', '.join(METHODS)}.")
    return training.fit(tables["customers"].reset_index(drop=True), seed, names)


def evaluate(model: Segments, tables: Tables) -> Evaluation:
    """Return how stable and distinct the segments of later customers are, and how their sizes have changed."""
    from pipelines.segmentation import report

    return report.evaluate(model, tables["customers"].reset_index(drop=True))


def signals(model: Segments, tables: Tables) -> pd.DataFrame:
    """Return the inputs and the segment of each customer."""
    rows = tables["customers"][[*INPUTS, COUNTRY]]
    predicted = model.predict_columns(rows)
    return rows.assign(segment=predicted["segment"], spends_more_than=predicted["spends_more_than"])


def examples(tables: Tables) -> list[dict[str, Any]]:
    """Return three customers of the last day, of which one is abroad."""
    rows = tables["customers"].drop_duplicates(COUNTRY).head(3)[[*INPUTS, COUNTRY]]
    records: list[dict[str, Any]] = rows.to_dict("records")
    return records
