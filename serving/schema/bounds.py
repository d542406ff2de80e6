"""Bounds of the values in a request: what the libraries behind the endpoint, such as Feast or pandas, can hold."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import AwareDatetime, BaseModel, FutureDate, FutureDatetime, NaiveDatetime, PastDate, PastDatetime

from serving.schema.problems import clipped

INSTANTS = (datetime, date, AwareDatetime, NaiveDatetime, PastDatetime, FutureDatetime, PastDate, FutureDate)
SCALARS = (int, float, str, bool, bytes, type(None), *INSTANTS)
UNIONS = (Union, UnionType)
BOUNDED = (int, dict, list, tuple, set, Any, *INSTANTS)  # types that are bounded, or may hold one that is
# Outside these years, calendars and nanoseconds overflow in one library or another.
EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def is_instant(annotation: Any) -> bool:
    """Return whether a field is a date or a time, possibly None, and nothing else."""
    if get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    parts = [part for part in get_args(annotation) if part is not type(None)]
    return annotation in INSTANTS or (bool(parts) and get_origin(annotation) in UNIONS and all(map(is_instant, parts)))


def is_scalar(annotation: Any) -> bool:
    """Return whether a field is one value: no list, no object."""
    if get_origin(annotation) is Literal:
        return True
    if get_origin(annotation) in (Annotated, *UNIONS):
        return all(
            map(is_scalar, (part for part in get_args(annotation) if isinstance(part, type) or get_origin(part)))
        )
    return annotation in SCALARS


def is_number(value: str | float) -> bool:
    """Return whether a value is a number, or the text of one."""
    try:
        float(value)
    except (ValueError, OverflowError):
        return False
    return True


def is_bounded(annotation: Any) -> bool:
    """Return whether values of a type are, or may hold, integers or times."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return any(is_bounded(field.annotation) for field in annotation.model_fields.values())
    return annotation in BOUNDED or any(map(is_bounded, get_args(annotation)))


def outside(value: Any) -> str:
    """Return why a value, or one that it holds, is out of range; "" when none is."""
    if isinstance(value, int):
        return "" if -(2**63) <= value < 2**63 else f"expected an integer of 64 bits (got {clipped(str(value))})"
    if isinstance(value, date):
        return "" if EARLIEST.year <= value.year < LATEST.year else f"expected the years 1900 to 2199 (got {value})"
    if isinstance(value, BaseModel):
        value = dict(value)
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple | set | frozenset):
        return next(filter(None, map(outside, value)), "")
    return ""
