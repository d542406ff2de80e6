"""What a task's `evaluate` returns: the metrics, and the sections of its report."""

from collections.abc import Sequence
from dataclasses import dataclass, field
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
    """The metrics of a model on some tables, by name, and what a reader should see beside them."""

    metrics: dict[str, float]
    sections: Sequence[Section] = field(default_factory=tuple)
