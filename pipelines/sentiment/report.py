"""What a run shows of a model: Pearson r of each source, errors, how the intervals hold, and the two cards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from capstan.contract.evaluation import Evaluation, Section
from models.metrics import paired
from pipelines.sentiment import cards, reading
from pipelines.sentiment.data import SOURCES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pipelines.sentiment.model import SentimentModel

WORST = 15  # snippets of a list


def evaluate(model: SentimentModel, rows: pd.DataFrame) -> Evaluation:
    """Return the metrics on rated snippets, and the sections of the report. A unit of the split is one unit here."""
    valence, sources = rows["valence"].to_numpy(), rows["source"].to_numpy()
    read = reading.read(rows["text"].tolist(), sources.tolist(), model.weight_files)
    own, other = (values(valence, score.predict(read), sources) for score in (model.score, model.baseline))
    made = model.valued(model.score.predict(read), sources.tolist())
    metrics = {name: float(column.mean()) for name, column in own.items()}
    metrics |= {f"r_{name}": value for name, value in by_source(valence, made["valence"], sources).items()}
    metrics["coverage"] = float(((made["low"] <= valence) & (valence <= made["high"])).mean())
    metrics |= {f"{name}_of_words": float(column.mean()) for name, column in other.items()}
    sections = [
        Section("What people said, and what the model says", figure(valence, made["valence"], sources)),
        Section("The intervals", intervals(valence, made, sources)),
        Section("The largest errors", worst(rows, made)),
        *cards.sections(rows, metrics),
    ]
    units, baseline = (
        pd.DataFrame({name: paired.by_unit(column, rows["unit"].to_numpy()) for name, column in one.items()})
        for one in (own, other)
    )
    return Evaluation(metrics, sections, units, {"ridge regression on words": baseline})


def values(valence: np.ndarray, predicted: np.ndarray, sources: np.ndarray) -> dict[str, np.ndarray]:
    """Return what the gate compares as a value per snippet, whose mean it is: the error, and r, a mean of the sources.

    valence, predicted, sources: shapes (n,).
    """
    found = [sources == source for source in SOURCES if (sources == source).sum() > 1]
    r = np.empty(len(valence))
    means = [float(np.corrcoef(valence[at], predicted[at])[0, 1]) for at in found]
    r[:] = np.mean(means)
    for at, mean in zip(found, means, strict=True):
        r[at] += (paired.correlation(valence[at], predicted[at]) - mean) * len(valence) / (len(found) * at.sum())
    return {"r": r, "mae": np.abs(valence - predicted)}


def by_source(valence: np.ndarray, predicted: np.ndarray, sources: np.ndarray) -> dict[str, float]:
    """Return Pearson r of each source that has snippets."""
    found = {source: sources == source for source in SOURCES}
    return {name: float(np.corrcoef(valence[at], predicted[at])[0, 1]) for name, at in found.items() if at.sum() > 1}


def intervals(valence: np.ndarray, fields: dict[str, np.ndarray], sources: np.ndarray) -> pd.DataFrame:
    """Return for each source how many snippets lie within their intervals of 90 %, and how wide these are."""
    within = (fields["low"] <= valence) & (valence <= fields["high"])
    frame = pd.DataFrame({"source": sources, "within": within, "width": fields["high"] - fields["low"]})
    return frame.groupby("source", as_index=False)[["within", "width"]].mean().round(3)


def worst(rows: pd.DataFrame, fields: dict[str, np.ndarray]) -> pd.DataFrame:
    """Return the snippets whose valence was furthest from what people said."""
    frame = rows[["source", "text", "valence"]].assign(made=fields["valence"].round(2))
    order = (frame["valence"] - frame["made"]).abs().sort_values(ascending=False).index
    return frame.loc[order].head(WORST).round({"valence": 2})


def figure(valence: np.ndarray, predicted: np.ndarray, sources: np.ndarray) -> Figure:
    """Return a plot of each source: what people said over what the model says."""
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(9, 2.6), layout="constrained")
    plots = drawn.subplots(1, len(SOURCES), sharex=True, sharey=True)
    for plot, source in zip(plots, SOURCES, strict=True):
        at = sources == source
        plot.scatter(predicted[at], valence[at], s=3, alpha=0.3)
        plot.axline((0, 0), slope=1, color="black", linewidth=0.5)
        plot.set(title=source, xlabel="the model", xlim=(-4, 4), ylim=(-4, 4))
    plots[0].set_ylabel("people")
    return drawn
