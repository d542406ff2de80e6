"""The picture of cost against fairness, `tradeoff.svg`."""

from pathlib import Path

import matplotlib
import pandas as pd
from matplotlib.figure import Figure

from capstan.study.record import FILE, Record
from pipelines.credit_risk.studies.compare import mitigation
from pipelines.credit_risk.studies.compare.study import REFERENCE

MARKERS = dict(zip(mitigation.METHODS, "osD^vP*Xh", strict=True))
COLOURS = {"none": "black", "before": "tab:blue", "in": "tab:orange", "after": "tab:green"}


def figure(table: pd.DataFrame) -> Figure:
    """Return cost against equalized-odds difference, a point per method and seed, a plot per attribute."""
    drawn = Figure(figsize=(12, 4.6), layout="constrained")
    for axes, (attribute, lines) in zip(drawn.subplots(1, 2, sharey=True), table.groupby("attribute"), strict=True):
        reference = lines[lines["method"] == REFERENCE]
        axes.axvline(reference["difference"].mean() / 2, color="grey", linestyle=":")
        axes.axhline(reference["cost"].mean() * 1.05, color="grey", linestyle=":")
        for method, runs in lines.groupby("method", sort=False):
            look = {"color": COLOURS[runs["when"].iloc[0]], "marker": MARKERS[method], "alpha": 0.6, "s": 24}
            axes.scatter(runs["difference"], runs["cost"], label=method, **look)
        axes.set(title=f"By {attribute}", xlabel="equalized-odds difference", ylabel="cost per loan", xlim=(0, None))
    drawn.legend(*axes.get_legend_handles_labels(), loc="outside right center", frameon=False)
    return drawn


def draw(file: Path) -> None:
    """Write the picture of the committed results."""
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "tradeoff"}):
        figure(Record.of(Path(__file__).parent / FILE).frame()).savefig(file, metadata={"Date": None})
