"""Rows of a request: dicts in, validated rows out, with errors that say what was expected."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import GenericAlias, MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
from kserve.errors import InvalidInput
from pydantic import BaseModel, TypeAdapter, ValidationError

from capstan.contract.cancellation import check
from capstan.contract.pixel_budget import PixelBudget
from capstan.contract.resources import Limits
from serving.guards.texts import TextGuards
from serving.schema.bounds import EARLIEST, LATEST, is_bounded, is_instant, is_number, is_scalar, outside
from serving.schema.problems import clipped, describe

if TYPE_CHECKING:
    from evidently.guardrails.core import GuardrailBase

MAX_ROWS = 1000  # Feast's SQLite store needs about 40 us for each row and view
FEW_FIELDS = 12  # that an error lists
PIECE = 32  # rows that are validated at once; between pieces a request can be given up
MORE_FIELDS = 20  # over those of the schema: pydantic needs 3 us for each field that it does not know


class Row(NamedTuple):
    """A validated row."""

    request: BaseModel
    time: datetime  # the prediction time: nothing later may be known


class RowDecoder:
    """Validates rows against the `Request` of a version's task.

    `unpacks`: whether the schema holds files, which may unpack to much more than a client sent. `pixels`: how many the
    images of one request may have. `guards`: what refuses a text.
    """

    max_rows = MAX_ROWS

    def __init__(
        self, request_type: type[BaseModel], pixels: int = Limits().pixels,
        guards: "Mapping[str, GuardrailBase]" = MappingProxyType({}),
    ):  # fmt: skip
        self.fields = request_type.model_fields
        self.guards = TextGuards(guards, request_type)
        self.optional = {name for name, field in self.fields.items() if not field.is_required()}
        self.pixels = pixels
        self.unpacks = _holds_files(request_type.model_json_schema())
        self._piece = 1 if self.unpacks else PIECE
        self._timed = callable(getattr(request_type, "prediction_time", None))
        self._bounded = [name for name, field in self.fields.items() if is_bounded(field.annotation)]
        self._scalars = [name for name, field in self.fields.items() if is_scalar(field.annotation)]
        self._instants = [name for name, field in self.fields.items() if is_instant(field.annotation)]
        rows: Any = GenericAlias(list, (request_type,))
        self._adapter: TypeAdapter[list[Any]] = TypeAdapter(rows)
        self._expected = self._expected_fields()

    def validate(self, rows: Sequence[object], large: bool = False) -> list[Row]:
        """Return n validated rows. A request without `prediction_time()` is as of now.

        large: whether a row may be long. Raises InvalidInput, which names row and field of the first few errors, and
        Cancelled.
        """
        if not 0 < len(rows) <= self.max_rows:
            raise InvalidInput(f"The request has {len(rows)} rows; expected 1 to {self.max_rows}.")
        if large:
            rows = [self._without_long_values(row) for row in rows]
        valid: list[Row] = []
        now, context = datetime.now(UTC), {PixelBudget: PixelBudget(self.pixels)}
        for first in range(0, len(rows), self._piece):
            check()
            valid += self._validate(rows[first : first + self._piece], first, context, now)
        return valid

    def _validate(self, rows: Sequence[object], first: int, context: Any, now: datetime) -> list[Row]:
        for position, row in enumerate(rows, first):
            if isinstance(row, dict) and len(row) > len(self.fields) + MORE_FIELDS:
                raise InvalidInput(f"row {position}: it has {len(row)} fields. {self._expected}")
        for name in self._instants:
            self._check_instants(name, rows, first)
        try:
            # Strict, so that the schema holds. From JSON, because only there strict mode reads datetimes from text.
            requests = self._adapter.validate_json(orjson.dumps(rows), strict=True, context=context)
            for position, request in enumerate(requests, first):
                self._check_bounds(position, request)
                if self.guards.fields:
                    self.guards.check(position, request)
            times = [request.prediction_time() for request in requests] if self._timed else [now] * len(requests)
        except ValidationError as error:
            raise InvalidInput(f"{describe(error, self.fields, first)} {self._expected}") from None
        except OverflowError as error:
            raise InvalidInput(f"A time is out of range: {error}. {self._expected}") from None
        except orjson.JSONEncodeError as error:
            raise InvalidInput(f"The rows cannot be read: {error}. {self._expected}") from None
        for position, time in enumerate(times, first):
            if not EARLIEST <= time < LATEST:
                raise InvalidInput(f"row {position}: its prediction time is {time}; expected the years 1900 to 2199.")
        return [Row(request, time) for request, time in zip(requests, times, strict=True)]

    def _expected_fields(self) -> str:
        """Return which fields there are; of many, the required ones, and where to read of the others."""
        if len(self.fields) <= FEW_FIELDS:
            marked = [f"{name} (optional)" if name in self.optional else name for name in self.fields]
            return f"Expected fields: {', '.join(marked)}."
        required = [name for name in self.fields if name not in self.optional]
        more = f" and {len(required) - FEW_FIELDS} more" if len(required) > FEW_FIELDS else ""
        named = f"Required fields: {', '.join(required[:FEW_FIELDS])}{more}; " if required else ""
        return f"{named}{len(self.optional)} are optional. `request_schema` of /v2/models/NAME describes all."

    def _without_long_values(self, row: object) -> object:
        """Return a row without what a list or object holds where one value belongs: pydantic would copy all of it."""
        if isinstance(row, dict):
            wrong = [name for name in self._scalars if isinstance(row.get(name), list | dict)]
            return row | {name: type(row[name])() for name in wrong} if wrong else row
        return row

    def _check_instants(self, name: str, rows: Sequence[object], first: int) -> None:
        """Refuse numbers, which pydantic takes for seconds since 1970 even if they come as text."""
        for position, row in enumerate(rows, first):
            value = row.get(name) if isinstance(row, dict) else None
            if isinstance(value, str | int | float) and is_number(value):
                raise InvalidInput(
                    f"row {position}, {name}: Input should be ISO 8601, such as {self._example(name)} "
                    f"(got {clipped(repr(value))}). {self._expected}"
                )

    def _check_bounds(self, position: int, request: BaseModel) -> None:
        """Refuse integers and times that are out of range."""
        for name in self._bounded:
            if problem := outside(getattr(request, name)):
                raise InvalidInput(f"row {position}, {name}: {problem}. {self._expected}")

    def _example(self, name: str) -> str:
        examples = self.fields[name].examples
        return str(examples[0]) if examples else "2026-01-31T08:00:00Z"


def _holds_files(schema: Any) -> bool:
    """Return whether a part of a JSON schema is bytes."""
    if isinstance(schema, list):
        return any(map(_holds_files, schema))
    if not isinstance(schema, dict):
        return False
    if "contentEncoding" in schema or schema.get("format") in ("base64", "binary"):
        return True
    if not str(schema.get("contentMediaType", "text/plain")).startswith("text/"):
        return True
    return any(map(_holds_files, schema.values()))
