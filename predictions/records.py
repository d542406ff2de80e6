"""The record of a prediction: a line of JSON, and a row of a table."""

from contextlib import suppress

import orjson
import pyarrow as pa
import pyarrow.json

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
        ("routed_by", pa.string()),  # how the variant was chosen: see `serving.model.routing`
        ("client", pa.string()),  # the name of its token
    ]
)
JSON_COLUMNS = ("inputs", "features", "prediction")
START = b'{"model":'  # of every record, as the server writes it: serving/model/log_lines.py
NEEDED = ("prediction_id", "time", "model")  # without them, nobody finds a record again
LINE = orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE


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
