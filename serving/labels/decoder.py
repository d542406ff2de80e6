"""Labels as clients send them: which prediction, what was true, since when that is known."""

from datetime import UTC, datetime, timedelta
from types import GenericAlias
from typing import Any

import orjson
from kserve.errors import InvalidInput
from pydantic import AwareDatetime, BaseModel, ConfigDict, JsonValue, TypeAdapter, ValidationError

from capstan.contract.capstone import Capstone
from serving.schema.bounds import EARLIEST, is_number, outside
from serving.schema.problems import describe
from serving.schema.rows import MAX_ROWS

TIMES = ("time", "known_at")
SKEW = timedelta(minutes=5)  # of the client's clock
EXPECTED = (
    "Expected fields: prediction_id, or entity and time; label; known_at (optional: now); correct (optional: false)."
)


class Sent(BaseModel):
    """One label as it was sent."""

    model_config = ConfigDict(extra="forbid")

    prediction_id: str | None = None
    entity: dict[str, JsonValue] | None = None
    time: AwareDatetime | None = None
    label: JsonValue
    known_at: AwareDatetime | None = None
    correct: bool = False


SENT: TypeAdapter[list[Sent]] = TypeAdapter(list[Sent])


class LabelDecoder:
    """Reads the labels of one version: its task says what they are, `keys` are those of an entity."""

    def __init__(self, task: Capstone, keys: list[str]):
        self.keys = keys
        self.delay: timedelta | None = task.ACTUAL_DELAY
        several: Any = GenericAlias(list, (task.Actual,))
        self._type: TypeAdapter[list[Any]] = TypeAdapter(several)

    def rows(self, payload: object) -> list[object]:
        """Return the labels of a request. Raises InvalidInput."""
        rows = payload["actuals"] if isinstance(payload, dict) and set(payload) == {"actuals"} else None
        if not isinstance(rows, list):
            rows = []
        if not 0 < len(rows) <= MAX_ROWS:
            raise InvalidInput(f'The body should be {{"actuals": [...]}}, with 1 to {MAX_ROWS} labels. {EXPECTED}')
        return rows

    def read(self, row: object, now: datetime) -> tuple[Sent, str, datetime]:
        """Return a label as it was sent, as canonical JSON, and when it was known, in UTC. Raises InvalidInput."""
        if not isinstance(row, dict):
            raise InvalidInput(f"A label should be an object. {EXPECTED}")
        for name in TIMES:
            if isinstance(value := row.get(name), str | int | float) and is_number(value):
                raise InvalidInput(f"{name}: Input should be ISO 8601 with an offset (got {value!r}). {EXPECTED}")
        try:
            [sent] = SENT.validate_json(orjson.dumps([row]), strict=True)
        except ValidationError as error:
            raise InvalidInput(f"{describe(error, Sent.model_fields).replace('row 0, ', '')} {EXPECTED}") from None
        except orjson.JSONEncodeError as error:  # nested more deeply than orjson writes
            raise InvalidInput(f"The label cannot be read: {error}. {EXPECTED}") from None
        try:
            labels = self._type.validate_json(orjson.dumps([sent.label]), strict=True)
        except ValidationError as error:
            raise InvalidInput(f"{describe(error).replace('row 0', 'label')}") from None
        [label] = self._type.dump_python(labels, mode="json")
        self._check(sent)
        known = (sent.known_at or now).astimezone(UTC)
        if not EARLIEST <= known <= now + SKEW:
            raise InvalidInput(f"known_at: It is {known.isoformat()}, which is not from 1900 until now.")
        return sent, orjson.dumps(label, option=orjson.OPT_SORT_KEYS).decode(), known

    def _check(self, sent: Sent) -> None:
        """Raise InvalidInput unless it says which prediction, in one way, and its times can be those of a calendar."""
        for name in TIMES:
            if problem := outside(getattr(sent, name)):
                raise InvalidInput(f"{name}: {problem}.")
        by_entity = sent.entity is not None or sent.time is not None
        if (sent.prediction_id is None) is not by_entity:
            raise InvalidInput(f"Give either `prediction_id`, or `entity` and `time`. {EXPECTED}")
        if by_entity and (sent.entity is None or sent.time is None):
            raise InvalidInput("`entity` and `time` go together: `time` is the prediction time, as the log has it.")
        if sent.entity is not None and set(sent.entity) != set(self.keys):
            raise InvalidInput(f"entity: It has {sorted(sent.entity)}; expected {', '.join(self.keys)}.")
