"""What a task's `evaluate` returns: the metrics, and the sections of its report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isclose
from typing import TYPE_CHECKING, Union

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Section:
    """One part of a report: a title above a table, a plot or plain text. A blank line parts paragraphs."""

    title: str
    content: Union["pd.DataFrame", "Figure", str]


@dataclass(frozen=True)
class Evaluation:
    """The metrics of a model on some tables, by name, and what a reader should see next to them.

    units: metrics by what was sampled, a row per day, person or loan and a column per metric, whose mean is the metric;
    `models.metrics.paired` makes them. baselines: name -> the same of a simpler method, with the metrics in which the
    model must be better. Both are in the same order. level: the metrics in which a baseline is as good; there, the
    model may be worse by the slack of the bound.
    """

    metrics: dict[str, float]
    sections: Sequence[Section] = field(default_factory=tuple)
    units: Union["pd.DataFrame", None] = None
    baselines: Mapping[str, "pd.DataFrame"] = field(default_factory=dict)
    level: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raise ValueError where the units do not fit the metrics, or the baselines the units."""
        if self.units is None:
            if self.baselines:
                raise ValueError("Baselines are compared by unit: give `units`, too.")
            return
        for metric, mean in self.units.mean().items():
            if not isclose(mean, self.metrics[str(metric)], rel_tol=1e-6, abs_tol=1e-9):
                raise ValueError(f"{metric} is {self.metrics[str(metric)]}, and the mean of its units is {mean}.")
        if wrong := [name for name, baseline in self.baselines.items() if len(baseline) != len(self.units)]:
            raise ValueError(f"The baselines {', '.join(wrong)} have other units.")
        if unknown := sorted(self.level.keys() - self.baselines.keys()):
            raise ValueError(f"`level` names {', '.join(unknown)}, which is not a baseline.")
