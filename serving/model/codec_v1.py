"""KServe's V1 protocol: `{"instances": [{...}]}` in, `{"predictions": [{...}]}` out."""

from kserve.errors import InvalidInput

from serving.model.inference import Inference
from serving.model.rows import RowDecoder

EXPECTED = 'Expected {"instances": [{...}, ...]} and, if wanted, "return_features": true.'


def decode(payload: object, rows: RowDecoder) -> tuple[list[dict], bool]:
    """Return the rows and whether to return their features."""
    if not isinstance(payload, dict):
        raise InvalidInput(f"The body is a JSON {type(payload).__name__}, not an object. {EXPECTED}")
    if unknown := sorted(payload.keys() - {"instances", "return_features"}):
        raise InvalidInput(f"Unknown top-level field {unknown[0][:80]!r}. {EXPECTED}")
    instances = payload.get("instances")
    if not isinstance(instances, list):
        raise InvalidInput(f"`instances` is {'missing' if instances is None else 'no list'}. {EXPECTED}")
    return_features = payload.get("return_features", False)
    if not isinstance(return_features, bool):
        raise InvalidInput(f"`return_features` is neither true nor false. {EXPECTED}")
    return instances, return_features


def encode(inference: Inference) -> dict:
    """Return the answer: one object a row, in their order."""
    predictions = []
    for row, (score, id_, report) in enumerate(
        zip(inference.scores, inference.prediction_ids, inference.reports, strict=True)
    ):
        prediction = {
            "probability": float(score),
            "model_version": inference.variant.version,
            "variant": inference.variant.alias,
            "prediction_id": id_,
            "missing_features": report.missing,
            "expired_features": report.expired,
            "future_features": report.future,
        }
        if report.defaults:
            prediction["defaults"] = report.defaults
        if inference.return_features:
            prediction["features"] = {name: values[row] for name, values in inference.columns.items()}
        predictions.append(prediction)
    return {"predictions": predictions}
