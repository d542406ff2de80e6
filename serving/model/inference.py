"""The rows of one request on their way through a model."""

from dataclasses import dataclass
from typing import Any

from serving.schema.rows import Row
from serving.scoring.features import Report
from serving.scoring.variants import Variant


@dataclass(slots=True)
class Inference:
    """What was asked of a variant, and what it answered: `columns` have n values, the lists n items.

    A prediction is a dict as JSON has it. `partial` says that a stream ended early, `shadow` that nobody gets
    the answer.
    """

    variant: Variant
    rows: list[Row]
    columns: dict[str, list[Any]]
    reports: list[Report]
    predictions: list[dict[str, Any]]
    prediction_ids: list[str]
    partial: bool = False
    shadow: bool = False
