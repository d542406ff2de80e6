"""Rows of a request: dicts in, validated rows out, with errors that say what was expected."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from types import GenericAlias, UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

import orjson
from kserve.errors import InvalidInput
from pydantic import (
    AwareDatetime,
    BaseModel,
    FutureDate,
    FutureDatetime,
    NaiveDatetime,
    PastDate,
    PastDatetime,
    TypeAdapter,
    ValidationError,
)

from capstan.errors import did_you_mean

MAX_ROWS = 1000  # Feast's SQLite store needs about 40 us for each row and view
INSTANTS = (datetime, date, AwareDatetime, NaiveDatetime, PastDatetime, FutureDatetime, PastDate, FutureDate)
UNIONS = (Union, UnionType)
BOUNDED = (int, dict, list, tuple, set)
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
        self._bounded = [name for name, field in self.fields.items() if _holds(field.annotation, BOUNDED)]
        self._instants = [name for name, field in self.fields.items() if _is_instant(field.annotation)]
        self._adapter: TypeAdapter[list[Any]] = TypeAdapter(rows)
        names = (f"{name} (optional)" if name in self.optional else name for name in self.fields)
        self._expected = f"Expected fields: {', '.join(names)}."

    def validate(self, rows: Sequence[object]) -> list[Row]:
        """Return n validated rows. A request without `prediction_time()` is as of now.

        Raises InvalidInput, which names row and field of the first few errors.
        """
        if not 0 < len(rows) <= self.max_rows:
            raise InvalidInput(f"The request has {len(rows)} rows; expected 1 to {self.max_rows}.")
        for name in self._instants:
            self._check_instants(name, rows)
        try:
            # Strict, so that the schema holds. From JSON, because only there strict mode reads datetimes from text.
            requests = self._adapter.validate_json(orjson.dumps(rows), strict=True)
            for position, request in enumerate(requests):
                self._check_bounds(position, request)
            if not self._timed:
                now = datetime.now(UTC)
                return [Row(request, now) for request in requests]
            times = [request.prediction_time() for request in requests]
        except ValidationError as error:
            raise InvalidInput(f"{describe(error, self.fields)}. {self._expected}") from None
        except OverflowError as error:
            raise InvalidInput(f"A time is out of range: {error}. {self._expected}") from None
        except orjson.JSONEncodeError as error:
            raise InvalidInput(f"The rows cannot be read: {error}. {self._expected}") from None
        for row, time in enumerate(times):
            if not EARLIEST <= time < LATEST:
                raise InvalidInput(f"row {row}: its prediction time is {time}; expected the years 1900 to 2199.")
        return [Row(request, time) for request, time in zip(requests, times, strict=True)]

    def _check_instants(self, name: str, rows: Sequence[object]) -> None:
        """Refuse numbers, which pydantic takes for seconds since 1970 even if they come as text."""
        for position, row in enumerate(rows):
            value = row.get(name) if isinstance(row, dict) else None
            if isinstance(value, str | int | float) and is_number(value):
                raise InvalidInput(
                    f"row {position}, {name}: Input should be ISO 8601, such as {self._example(name)} "
                    f"(got {repr(value)[:SHOWN_TEXT]}). {self._expected}"
                )

    def _check_bounds(self, position: int, request: BaseModel) -> None:
        """Refuse integers and times that a library behind the endpoint, such as Feast or pandas, cannot hold."""
        for name in self._bounded:
            if problem := _outside(getattr(request, name)):
                raise InvalidInput(f"row {position}, {name}: {problem}. {self._expected}")

    def _example(self, name: str) -> str:
        examples = self.fields[name].examples
        return str(examples[0]) if examples else "2026-01-31T08:00:00Z"


def is_number(value: str | float) -> bool:
    try:
        float(value)
    except (ValueError, OverflowError):
        return False
    return True


def _is_instant(annotation: Any) -> bool:
    """Return whether a field is a date or a time, possibly None, and nothing else."""
    if get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    parts = [part for part in get_args(annotation) if part is not type(None)]
    return annotation in INSTANTS or (bool(parts) and get_origin(annotation) in UNIONS and all(map(_is_instant, parts)))


def _holds(annotation: Any, kinds: tuple[type, ...]) -> bool:
    """Return whether values of a type are, or may hold, one of some kinds."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return any(_holds(field.annotation, kinds) for field in annotation.model_fields.values())
    return annotation in (*kinds, *INSTANTS, Any) or any(_holds(part, kinds) for part in get_args(annotation))


def _outside(value: Any) -> str:
    """Return why a value, or one that it holds, is out of range; "" when none is."""
    if isinstance(value, int):
        return "" if -(2**63) <= value < 2**63 else f"expected an integer of 64 bits (got {str(value)[:SHOWN_TEXT]})"
    if isinstance(value, date):
        return "" if EARLIEST.year <= value.year < LATEST.year else f"expected the years 1900 to 2199 (got {value})"
    if isinstance(value, BaseModel):
        value = dict(value)
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple | set | frozenset):
        return next(filter(None, map(_outside, value)), "")
    return ""


def describe(error: ValidationError, fields: Iterable[str] = ()) -> str:
    """Return the first few problems of rows, each with its row and field. A misspelt name of a field gets a hint."""
    problems = error.errors(include_url=False, include_context=False)
    more = f"; and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
    return "; ".join(_describe(problem, fields) for problem in problems[:SHOWN]) + more


def _describe(problem: Mapping[str, Any], fields: Iterable[str]) -> str:
    if not problem["loc"]:  # pydantic's JSON parser accepts less nesting than orjson
        return f"The rows cannot be read: {problem['msg']}"
    row, *path = problem["loc"]
    where = f"row {row}" + (f", {'.'.join(str(part)[:SHOWN_TEXT] for part in path)}" if path else "")
    got = problem["input"]
    # Only scalars: the repr of something nested deeply would overflow the stack.
    shown = f" (got {repr(got)[:SHOWN_TEXT]})" if isinstance(got, str | int | float | None) else ""
    hint = did_you_mean(str(path[-1])[:SHOWN_TEXT], fields) if path and problem["type"] == "extra_forbidden" else ""
    return f"{where}: {problem['msg'].removeprefix('Value error, ')}{shown}{hint}"
