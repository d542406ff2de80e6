"""The rows of one request on their way through a model, and what each protocol has to do with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from serving.model.rows import Row
from serving.scoring.features import Report
from serving.scoring.variants import Variant

if TYPE_CHECKING:
    from serving.model.predictor import Predictor

Answer_co = TypeVar("Answer_co", covariant=True)


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


class Payload(Protocol[Answer_co]):
    """A request in one of the protocols. It knows how to read itself for a variant, and how to write the answer."""

    def first(self, keys: Sequence[str]) -> dict[str, Any]:
        """Return some fields of the first row as they came: which variant reads them is not known yet."""

    def rows(self, predictor: "Predictor") -> Sequence[object]:
        """Return the rows for a variant, not validated yet. Raises InvalidInput."""

    def answer(self, inference: Inference) -> Answer_co:
        """Return the answer."""
