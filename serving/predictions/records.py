"""The record of a prediction: a line of JSON, and a row of a table."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import orjson
import pyarrow as pa
import pyarrow.json

from serving.model.values import dumps

if TYPE_CHECKING:  # reading the log needs no server
    from serving.model.inference import Inference


SCHEMA = pa.schema(
    [
        ("prediction_id", pa.string()),
        ("time", pa.timestamp("us", "UTC")),  # of the answer
        ("prediction_time", pa.timestamp("us", "UTC")),  # after which the features may know nothing
        ("model", pa.string()),
        ("version", pa.string()),
        ("variant", pa.string()),
        # JSON: each capstone has its own fields, and they may change from version to version.
        ("inputs", pa.string()),
        ("features", pa.string()),
        ("missing_features", pa.list_(pa.string())),
        ("expired_features", pa.list_(pa.string())),
        ("future_features", pa.list_(pa.string())),
        ("default_features", pa.list_(pa.string())),
        ("prediction", pa.string()),  # JSON as well
        ("partial", pa.bool_()),  # a stream that ended early: its client left, or the model failed
    ]
)
JSON_COLUMNS = ("inputs", "features", "prediction")
START = b'{"model":'  # of every record, as `encode` writes it
NEEDED = ("prediction_id", "time", "model")  # without them, nobody finds a record again
LINE = orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE


def encode(model: str, inference: "Inference") -> bytes:
    """Return the lines of rows that were predicted, one for each."""
    common = {
        "model": model,
        "version": inference.variant.version,
        "variant": inference.variant.role,
        "time": datetime.now(UTC),
        "partial": inference.partial,
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


def parse(data: bytes) -> tuple[pa.Table, list[bytes]]:
    """Return the records in some lines, and the lines that cannot be read. What follows the last newline is dropped: it
    was cut off, so no answer was sent for it."""
    data = data[: data.rfind(b"\n") + 1]
    if not data:
        return SCHEMA.empty_table(), []
    # Arrow ends the process at a line of `null`, so lines that do not look like records never reach it.
    if data.startswith(START) and data.count(b"\n" + START) + 1 == data.count(b"\n"):
        with suppress(pa.ArrowException):
            table = _table(data)
            if _complete(table):
                return table, []
    lines = data.splitlines(keepends=True)
    good: list[bytes] = []
    bad: list[bytes] = []
    for line in lines:
        (good if _readable(line) else bad).append(line)
    return _table(b"".join(good)) if good else SCHEMA.empty_table(), bad


def _table(lines: bytes) -> pa.Table:
    read = pyarrow.json.ReadOptions(use_threads=False, block_size=len(lines))  # no line may span two blocks
    fields = pyarrow.json.ParseOptions(explicit_schema=SCHEMA, unexpected_field_behavior="ignore")
    return pyarrow.json.read_json(pa.BufferReader(lines), read, fields).select(SCHEMA.names).cast(SCHEMA)


def _complete(table: pa.Table) -> bool:
    return not any(table[name].null_count for name in NEEDED)


def _readable(line: bytes) -> bool:
    try:
        return line.startswith(START) and isinstance(orjson.loads(line), dict) and _complete(_table(line))
    except (orjson.JSONDecodeError, pa.ArrowException):
        return False
