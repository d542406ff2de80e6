"""Rows of a request: dicts in, validated rows out, with errors that say what was expected."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import GenericAlias
from typing import Any, NamedTuple

import orjson
from kserve.errors import InvalidInput
from pydantic import BaseModel, TypeAdapter, ValidationError

MAX_ROWS = 1000  # Feast's SQLite store needs about 40 us for each row and view
SHOWN = 5  # errors named in one answer
SHOWN_TEXT = 80  # characters of what a client sent
# Outside these years, calendars and nanoseconds overflow in one library or another.
EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


class Row(NamedTuple):
    """A validated row."""

    request: BaseModel
    time: datetime  # the prediction time: nothing later may be known


class RowDecoder:
    """Validates rows against the `Request` of a version's task."""

    max_rows = MAX_ROWS

    def __init__(self, request_type: type[BaseModel]):
        self.fields = request_type.model_fields
        self.optional = {name for name, field in self.fields.items() if not field.is_required()}
        self._timed = callable(getattr(request_type, "prediction_time", None))
        rows: Any = GenericAlias(list, (request_type,))
        self._adapter: TypeAdapter[list[Any]] = TypeAdapter(rows)
        names = (f"{name} (optional)" if name in self.optional else name for name in self.fields)
        self._expected = f"Expected fields: {', '.join(names)}."

    def validate(self, rows: Sequence[object]) -> list[Row]:
        """Return n validated rows. A request without `prediction_time()` is as of now.

        Raises InvalidInput, which names row and field of the first few errors.
        """
        if not 0 < len(rows) <= self.max_rows:
            raise InvalidInput(f"The request has {len(rows)} rows; expected 1 to {self.max_rows}.")
        try:
            # Strict, so that the schema holds. From JSON, because only there strict mode reads datetimes from text.
            requests = self._adapter.validate_json(orjson.dumps(rows), strict=True)
            if not self._timed:
                now = datetime.now(UTC)
                return [Row(request, now) for request in requests]
            times = [request.prediction_time() for request in requests]
        except ValidationError as error:
            raise InvalidInput(f"{describe(error)}. {self._expected}") from None
        except OverflowError as error:
            raise InvalidInput(f"A time is out of range: {error}. {self._expected}") from None
        except orjson.JSONEncodeError as error:
            raise InvalidInput(f"The rows cannot be read: {error}. {self._expected}") from None
        for row, time in enumerate(times):
            if not EARLIEST <= time < LATEST:
                raise InvalidInput(f"row {row}: its prediction time is {time}; expected the years 1900 to 2199.")
        return [Row(request, time) for request, time in zip(requests, times, strict=True)]


def describe(error: ValidationError) -> str:
    """Return the first few problems of rows, each with its row and field."""
    problems = error.errors(include_url=False, include_context=False)
    more = f"; and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
    return "; ".join(_describe(problem) for problem in problems[:SHOWN]) + more


def _describe(problem: Mapping[str, Any]) -> str:
    if not problem["loc"]:  # pydantic's JSON parser accepts less nesting than orjson
        return f"The rows cannot be read: {problem['msg']}"
    row, *path = problem["loc"]
    where = f"row {row}" + (f", {'.'.join(str(part)[:SHOWN_TEXT] for part in path)}" if path else "")
    got = problem["input"]
    # Only scalars: the repr of something nested deeply would overflow the stack.
    shown = f" (got {repr(got)[:SHOWN_TEXT]})" if isinstance(got, str | int | float | None) else ""
    return f"{where}: {problem['msg'].removeprefix('Value error, ')}{shown}"
