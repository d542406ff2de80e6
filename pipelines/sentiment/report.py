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
    from collections.abc import Mapping

    from matplotlib.figure import Figure

    from pipelines.sentiment.model import SentimentModel
    from pipelines.sentiment.reading import Read

WORST = 15  # snippets of a list
RIVAL = "ridge regression on MiniLM's vectors"


def evaluate(model: SentimentModel, rows: pd.DataFrame) -> Evaluation:
    """Return the metrics on rated snippets, and the sections of the report. A unit of the split is one unit here."""
    valence, sources = rows["valence"].to_numpy(), rows["source"].to_numpy()
    read = reading.read(rows["text"].tolist(), sources.tolist(), model.weight_files)
    own, rival = (values(valence, score.predict(read), sources) for score in (model.score, model.baseline))
    answers, unstated = both(model, read, sources.tolist())
    metrics = {name: float(column.mean()) for name, column in own.items()}
    metrics |= {f"r_{name}": value for name, value in by_source(valence, answers["valence"], sources).items()}
    metrics["coverage"] = float(within(valence, answers).mean())
    metrics["coverage_unstated"] = float(within(valence, unstated).mean())
    metrics["r_unstated"] = float(values(valence, unstated["valence"], sources)["r"].mean())
    metrics |= {f"{name}_of_minilm": float(column.mean()) for name, column in rival.items()}
    sections = [
        Section("What people said, and what the model says", figure(valence, answers["valence"], sources)),
        Section("The intervals of 90 %", intervals(valence, answers, unstated, sources)),
        Section("The largest errors", worst(rows, answers)),
        *cards.sections(rows, metrics),
    ]
    units, baseline = (
        pd.DataFrame({name: paired.by_unit(column, rows["unit"].to_numpy()) for name, column in columns.items()})
        for columns in (own, rival)
    )
    return Evaluation(metrics, sections, units, {RIVAL: baseline}, level={RIVAL: ["r"]})


def both(model: SentimentModel, read: Read, sources: list[str]) -> list[dict[str, np.ndarray]]:
    """Return what is answered of texts where their sources are stated, and where they are not."""
    guessed = model.guess.completed(read._replace(sources=0 * read.sources))
    return [model.valued(read, sources), model.valued(guessed, [None] * len(sources))]


def values(valence: np.ndarray, predicted: np.ndarray, sources: np.ndarray) -> dict[str, np.ndarray]:
    """Return what the gate compares as a value per snippet, whose mean it is: the error, and r, a mean of the sources.

    valence, predicted, sources: shapes (n,).
    """
    found = [sources == source for source in SOURCES if (sources == source).sum() > 1]
    r = np.empty(len(valence))
    means = [float(np.corrcoef(valence[mask], predicted[mask])[0, 1]) for mask in found]
    r[:] = np.mean(means)
    for mask, mean in zip(found, means, strict=True):
        r[mask] += (
            (paired.correlation(valence[mask], predicted[mask]) - mean) * len(valence) / (len(found) * mask.sum())
        )
    return {"r": r, "mae": np.abs(valence - predicted)}


def by_source(valence: np.ndarray, predicted: np.ndarray, sources: np.ndarray) -> dict[str, float]:
    """Return Pearson r of each source that has snippets."""
    found = {source: sources == source for source in SOURCES}
    return {
        name: float(np.corrcoef(valence[mask], predicted[mask])[0, 1]) for name, mask in found.items() if mask.sum() > 1
    }


def within(valence: np.ndarray, fields: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return whether each snippet lies in its interval."""
    return (fields["low"] <= valence) & (valence <= fields["high"])


def intervals(
    valence: np.ndarray, stated: Mapping[str, np.ndarray], unstated: Mapping[str, np.ndarray], sources: np.ndarray
) -> pd.DataFrame:
    """Return the share of each source's snippets within the interval, and the mean width, stated and not stated."""
    columns = {
        f"{measure}, {label}": values
        for label, fields in (("stated", stated), ("not stated", unstated))
        for measure, values in (("within", within(valence, fields)), ("width", fields["high"] - fields["low"]))
    }
    return pd.DataFrame({"source": sources} | columns).groupby("source", as_index=False).mean()


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
        mask = sources == source
        plot.scatter(predicted[mask], valence[mask], s=3, alpha=0.3)
        plot.axline((0, 0), slope=1, color="black", linewidth=0.5)
        plot.set(title=source, xlabel="the model", xlim=(-4, 4), ylim=(-4, 4))
    plots[0].set_ylabel("people")
    return drawn
