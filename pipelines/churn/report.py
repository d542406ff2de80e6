"""What a run shows: ranking, calibration, the profit of calls, customers to call, reasons, and the two cards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import expit, log_expit

from capstan.contract.evaluation import Evaluation, Section
from models.metrics import binary, paired
from pipelines.churn import cards, profits
from pipelines.churn.columns import INPUTS, LABEL

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pipelines.churn.model import ChurnModel

# Who could be harmed, and has a metric of the gate: name -> column and value.
GROUPS = {"seniors": ("senior", "yes"), "women": ("gender", "female"), "men": ("gender", "male")}
LISTED = 20  # customers of the list in the report


def evaluate(model: ChurnModel, rows: pd.DataFrame) -> Evaluation:
    """Return the metrics on labelled customers, and the sections of the report."""
    churned, margin = rows[LABEL].to_numpy(), model.margin(rows)
    probability, loss = expit(margin), log_loss(churned, margin)
    expected, earned = profits.expected(model, rows, probability), profits.earned(rows)
    called = expected > 0
    units = binary.by_unit(churned, probability).assign(log_loss=loss, profit=called * earned)
    for group, (column, value) in GROUPS.items():
        of = (rows[column] == value).to_numpy(float)
        units[f"log_loss_{group}"] = paired.ratio(loss * of, of)
    metrics = binary.score(churned, probability) | units.mean().to_dict()
    metrics |= {"called": float(called.mean()), "profit_of_calling_all": float(earned.mean())}
    simple = np.clip(model.baseline.probability(rows), 1e-12, 1 - 1e-12)
    baseline = pd.DataFrame({"log_loss": log_loss(churned, np.log(simple / (1 - simple)))})
    sections = [
        Section("Ranking and calibration", binary.figure(churned, probability)),
        Section("Profit of calling the most profitable", profits.figure(expected, earned)),
        Section(f"Customers to call first: {LISTED} of {called.sum():,}", profits.listed(model, rows).head(LISTED)),
        Section("What each input does to the log-odds", importance(model, rows)),
        *cards.sections(model, rows, metrics),
    ]
    return Evaluation(metrics, sections, units, {"logistic regression": baseline})


def log_loss(churned: np.ndarray, margin: np.ndarray) -> np.ndarray:
    """Return the log loss of each row, shape (n,). margin: log-odds."""
    return np.asarray(-np.where(churned == 1, log_expit(margin), log_expit(-margin)))


def importance(model: ChurnModel, rows: pd.DataFrame) -> Figure:
    """Return the mean size of each input's effect, the largest at the top."""
    from matplotlib.figure import Figure

    values = model.slope * model.score.contributions(rows)[1]
    sizes = pd.Series(np.abs(values).mean(axis=0), INPUTS).sort_values()
    figure = Figure(figsize=(8, 5.4), layout="constrained")
    axes = figure.subplots()
    axes.barh(sizes.index, sizes.to_numpy())
    axes.set(xlabel="mean absolute effect, log-odds")
    return figure
