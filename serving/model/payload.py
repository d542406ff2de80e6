"""What each protocol of the endpoint has to do with a request."""

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from serving.model.inference import Inference
from serving.model.predictor import Predictor

Answer_co = TypeVar("Answer_co", covariant=True)


class Payload(Protocol[Answer_co]):
    """A request in one of the protocols. It knows how to read itself for a variant, and how to write the answer."""

    def first(self, keys: Sequence[str]) -> dict[str, Any]:
        """Return some fields of the first row as they came: which variant reads them is not known yet."""

    def rows(self, predictor: Predictor) -> Sequence[object]:
        """Return the rows for a variant, not validated yet. Raises InvalidInput."""

    def answer(self, inference: Inference) -> Answer_co:
        """Return the answer."""
