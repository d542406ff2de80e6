"""What was predicted, as lines of the prediction log."""

from datetime import UTC, datetime

import orjson

from predictions.json_text import dumps
from predictions.records import LINE
from serving.guards.call import NO_CALL, Call
from serving.model.inference import Inference


def encode(model: str, inference: Inference, call: Call = NO_CALL, answered_at: datetime | None = None) -> bytes:
    """Return the lines of rows that were predicted, one for each.

    call: the request that asked for them. answered_at: by default now.
    """
    common = {
        "model": model,
        "version": inference.variant.version,
        "variant": "shadow" if inference.shadow else inference.variant.role,
        "time": answered_at or datetime.now(UTC),
        "partial": inference.partial,
        "routed_by": call.routed_by,
        "client": call.client,
    }
    lines = []
    answers = zip(inference.rows, inference.reports, inference.prediction_ids, inference.predictions, strict=True)
    for position, (row, report, id_, prediction) in enumerate(answers):
        features = {name: values[position] for name, values in inference.columns.items()}
        record = common | {
            "prediction_id": id_,
            "prediction_time": row.time.astimezone(UTC),
            "inputs": row.request.model_dump_json(),
            "features": dumps(features, orjson.OPT_UTC_Z).decode(),
            "missing_features": report.missing,
            "expired_features": report.expired,
            "future_features": report.future,
            "default_features": report.defaults,
            "prediction": dumps(prediction).decode(),
        }
        lines.append(orjson.dumps(record, option=LINE))
    return b"".join(lines)
