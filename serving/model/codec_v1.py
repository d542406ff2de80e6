"""KServe's V1 protocol: `{"instances": [{...}]}` in, `{"predictions": [{...}]}` out."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kserve.errors import InvalidInput

from serving.model.inference import Inference

if TYPE_CHECKING:
    from serving.model.predictor import Predictor

EXPECTED = 'Expected {"instances": [{...}, ...]} and, if wanted, "return_features": true.'


class V1Payload:
    """A request for predictions, or for their explanations. Raises InvalidInput."""

    def __init__(self, payload: object):
        if not isinstance(payload, dict):
            raise InvalidInput(f"The body is a JSON {type(payload).__name__}, not an object. {EXPECTED}")
        if unknown := sorted(payload.keys() - {"instances", "return_features"}):
            raise InvalidInput(f"Unknown top-level field {unknown[0][:80]!r}. {EXPECTED}")
        instances = payload.get("instances")
        if not isinstance(instances, list):
            raise InvalidInput(f"`instances` is {'missing' if instances is None else 'no list'}. {EXPECTED}")
        self.instances = instances
        self.return_features = payload.get("return_features", False)
        if not isinstance(self.return_features, bool):
            raise InvalidInput(f"`return_features` is neither true nor false. {EXPECTED}")

    def first(self, keys: Sequence[str]) -> dict[str, Any]:
        """Return some fields of the first row."""
        row = self.instances[0] if self.instances else None
        return {key: row.get(key) for key in keys} if isinstance(row, dict) else {}

    def rows(self, predictor: "Predictor") -> Sequence[object]:
        """Return the rows."""
        return self.instances

    def answer(self, inference: Inference) -> dict[str, Any]:
        """Return one object for each row, in their order."""
        predictions = []
        common = {"model_version": inference.variant.version, "variant": inference.variant.role}
        for row, (prediction, id_, report) in enumerate(
            zip(inference.predictions, inference.prediction_ids, inference.reports, strict=True)
        ):
            answer = {
                **prediction,
                **common,
                "prediction_id": id_,
                "missing_features": report.missing,
                "expired_features": report.expired,
                "future_features": report.future,
            }
            if report.defaults:
                answer["defaults"] = report.defaults
            if self.return_features:
                answer["features"] = {name: values[row] for name, values in inference.columns.items()}
            predictions.append(answer)
        return {"predictions": predictions}
