"""What a run shows of a model: errors, whether the intervals hold, where, reasons, and the two cards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from capstan.contract.evaluation import Evaluation, Section
from models.metrics import paired
from pipelines.house_price import cards, gaps
from pipelines.house_price.columns import INPUTS, LABEL

if TYPE_CHECKING:
    from pipelines.house_price.model import HouseModel

SMALLEST = 15  # sales of a neighborhood whose coverage is shown
EXPLAINED = 60  # houses whose reasons are drawn


def evaluate(model: HouseModel, rows: pd.DataFrame) -> Evaluation:
    """Return the metrics on sales, and the sections of the report.

    The simple method, an elastic net, is compared by the absolute error: of the squared one, two sales make a third.
    """
    paid = rows[LABEL].to_numpy()
    price, low, high = model.prices(rows)
    coder = model.baseline.coder
    simple = np.exp(model.baseline.predict(coder.fill(coder.codes(rows))))
    inside = ((paid >= low) & (paid <= high)).astype(float)
    error, simple_error = (np.log(predicted / paid) for predicted in (price, simple))
    metrics = {
        "median_error": float(np.median(np.abs(price / paid - 1))),
        "rmse_log": float(np.sqrt(np.mean(error**2))),
        "mean_error_log": float(np.abs(error).mean()),
        "coverage": float(inside.mean()),
        "width": float(np.mean((high - low) / price)),
    }
    units = pd.DataFrame(
        {"rmse_log": paired.root(error**2), "mean_error_log": np.abs(error), "width": (high - low) / price}
    )
    baseline = pd.DataFrame({"mean_error_log": np.abs(simple_error)})
    sections = [
        Section("Price and what was paid", scatter(paid, price, inside)),
        Section("Do the intervals hold?", covered(rows, inside, (high - low) / price)),
        Section("Where less is known", known_less(model, rows)),
        Section("The five largest errors", worst(rows, price, error)),
        Section("What each input adds to the price (SHAP)", added(model, rows.head(EXPLAINED))),
    ]
    return Evaluation(metrics, [*sections, *cards.sections(model, rows, metrics)], units, {"elastic net": baseline})


def scatter(paid: np.ndarray, price: np.ndarray, inside: np.ndarray) -> Figure:
    """Return prices against what was paid; red is outside of the interval."""
    drawn = Figure(figsize=(6, 5), layout="constrained")
    axes = drawn.subplots()
    axes.scatter(paid, price, s=9, c=np.where(inside > 0, "tab:blue", "tab:red"), alpha=0.6)
    axes.plot([paid.min(), paid.max()], [paid.min(), paid.max()], color="grey", linewidth=0.8)
    axes.set(xscale="log", yscale="log", xlabel="paid, dollars", ylabel="price, dollars")
    return drawn


def covered(rows: pd.DataFrame, inside: np.ndarray, width: np.ndarray) -> pd.DataFrame:
    """Return the coverage and the mean width of all sales, of each third by price, and of larger neighborhoods."""
    third = np.array(["cheap", "middle", "dear"])[rows[LABEL].rank(pct=True).mul(2.999).astype(int)]
    groups = {"all": np.full(len(rows), "all"), "third": third, "neighborhood": rows["neighborhood"].to_numpy()}
    lines = []
    for name, group in groups.items():
        for value in pd.unique(group):
            own = group == value
            if name != "neighborhood" or own.sum() >= SMALLEST:
                line = {"by": name, "group": value, "sales": int(own.sum())}
                lines.append(line | {"coverage": inside[own].mean(), "width": width[own].mean()})
    return pd.DataFrame(lines)


def known_less(model: HouseModel, rows: pd.DataFrame) -> pd.DataFrame:
    """Return error, coverage and width where fields are left out at random, by the group of the intervals."""
    codes, paid, lines = model.stack.coder.codes(rows), rows[LABEL].to_numpy(), []
    for group, name in enumerate(gaps.GROUPS):
        less = gaps.without(codes, group, seed=1)
        price, low, high = model.priced(less, model.stack.coder.fill(less))
        line = {"given": name, "left out, mean": gaps.left_out(less).mean()}
        line["median error"] = np.median(np.abs(price / paid - 1))
        lines.append(
            line | {"coverage": ((paid >= low) & (paid <= high)).mean(), "width": ((high - low) / price).mean()}
        )
    return pd.DataFrame(lines)


def worst(rows: pd.DataFrame, price: np.ndarray, error: np.ndarray) -> pd.DataFrame:
    """Return the five sales whose price is furthest from what was paid."""
    names = ["neighborhood", "living_area", "year_built", "overall_quality", LABEL]
    return rows[names].assign(price=price.round(), error=error).iloc[np.argsort(-np.abs(error))[:5]]


def added(model: HouseModel, rows: pd.DataFrame) -> Figure:
    """Return the mean size of what each input adds, the largest above."""
    sizes = pd.Series(np.abs(np.asarray(model.explain_columns(rows).contributions)).mean(axis=0), INPUTS)
    drawn = Figure(figsize=(7, 5), layout="constrained")
    largest = sizes.nlargest(20)[::-1]
    axes = drawn.subplots()
    axes.barh(largest.index, largest.to_numpy())
    axes.set(xlabel=f"mean size in dollars, {len(rows)} houses")
    return drawn
