"""The evaluation as one HTML file that needs nothing else: tables and SVG plots."""

import html
import io
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd

from components.evaluate.metrics import reliability

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #1d2733 }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-top: 2.2rem }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { padding: .25rem .8rem; text-align: right; border-bottom: 1px solid #dde3ea }
th:first-child, td:first-child { text-align: left } svg { max-width: 100%; height: auto }
"""


def write(
    path: str,
    task: ModuleType,
    rows: pd.DataFrame,
    probability: np.ndarray,
    result: dict[str, float],
    slices: dict[str, pd.DataFrame],
) -> None:
    """Write the report of `rows` and their predicted `probability`."""
    target = rows[task.LABEL].to_numpy()
    times = rows[task.EVENT_TIMESTAMP]
    sections = [
        f"<h1>{html.escape(task.TITLE)}</h1>",
        f"<p>{len(rows):,} test rows, {times.min():%d %B %Y} to {times.max():%d %B %Y} (UTC); "
        f"{target.mean():.1%} positive. The model has seen none of them.</p>",
        _table(pd.DataFrame(result.items(), columns=["metric", "value"])),
        "<h2>How good the ranking is, and how true the probabilities</h2>",
        _plots(target, probability),
    ]
    for column, table in slices.items():
        sections += [f"<h2>By {html.escape(column)}</h2>", _table(table)]
    body = "\n".join(sections)
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    head = f'<meta charset="utf-8"><title>Evaluation</title><style>{STYLE}</style>'
    Path(path).write_text(f'<!doctype html><html lang="en">{head}{body}</html>')


def _table(frame: pd.DataFrame) -> str:
    return frame.to_html(index=False, border=0, float_format=lambda value: f"{value:.4f}", na_rep="-")


def _plots(target: np.ndarray, probability: np.ndarray) -> str:
    from matplotlib.figure import Figure
    from sklearn.metrics import PrecisionRecallDisplay, RocCurveDisplay

    figure = Figure(figsize=(12, 7.2), layout="constrained")
    roc, recall, calibration, histogram = figure.subplots(2, 2).flat
    RocCurveDisplay.from_predictions(target, probability, ax=roc, plot_chance_level=True)
    PrecisionRecallDisplay.from_predictions(target, probability, ax=recall, plot_chance_level=True)
    bins = reliability(target, probability)
    calibration.plot([0, 1], [0, 1], ":", color="grey")
    calibration.plot(bins["predicted"], bins["observed"], "o-")
    calibration.set(xlabel="predicted", ylabel="observed", title="Calibration, ten bins of equally many rows")
    for value, label in [(0, "negative"), (1, "positive")]:
        histogram.hist(probability[target == value], bins=50, range=(0, 1), alpha=0.6, label=label, density=True)
    histogram.set(xlabel="predicted probability", ylabel="density", title="Predictions by outcome")
    histogram.legend()
    stream = io.StringIO()
    figure.savefig(stream, format="svg")
    return stream.getvalue()[stream.getvalue().index("<svg") :]
