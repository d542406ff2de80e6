"""Values that models take and give, as plain Python."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np


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
