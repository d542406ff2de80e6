"""JSON of what models take and give."""

import base64

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
