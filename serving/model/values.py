"""Values that models take and give, as plain Python and as JSON."""

import base64
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import orjson
from pydantic import BaseModel

OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS


def dumps(value: object, options: int = 0) -> bytes:
    """Return JSON. Bytes become base64, times ISO 8601, what JSON does not know its text."""
    return orjson.dumps(value, _default, OPTIONS | options)


def _default(value: object) -> object:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else str(value)


class NotFinite(ValueError):
    """A number is NaN or infinite."""


def plain(value: Any) -> Any:
    """Return a value without numpy in it. Raises NotFinite."""
    if isinstance(value, float):
        if not math.isfinite(value):
            raise NotFinite(f"{value} is no finite number; None stands for a missing value")
        return float(value)
    if isinstance(value, str | bytes | bool | int | None):
        return value
    if isinstance(value, np.ndarray):
        if value.dtype.kind == "f" and not np.isfinite(value).all():
            raise NotFinite("it holds a number that is not finite")
        return value.tolist() if value.dtype.kind in "biufU" else [plain(item) for item in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value
