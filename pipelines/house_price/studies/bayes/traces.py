"""The picture of the chains, `traces.svg`."""

from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

from pipelines.house_price.studies.bayes import study


def traces(seed: int = 0) -> Figure:
    """Return the weight of the living area in each chain, a plot per sampler."""
    drawn = Figure(figsize=(10, 5), layout="constrained")
    for axes, name in zip(drawn.subplots(len(study.SAMPLERS), 1), study.SAMPLERS, strict=True):
        chains = study.drawn(name, seed)
        axes.plot(chains[:, :400, 1].T, linewidth=0.6)
        axes.set(title=f"{name}: weight of the living area, the first 400 draws of {len(chains)} chains")
    return drawn


def draw(file: Path) -> None:
    """Write the picture; the same draws give the same file."""
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "traces"}):
        traces().savefig(file, metadata={"Date": None})
