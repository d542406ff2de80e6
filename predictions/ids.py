"""Ids of predictions: UUIDs of version 7 (RFC 9562), which begin with the time and so sort by it.

An id says which day of the log to look into, and parquet's statistics say which part of it.
"""

import secrets
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = EPOCH + timedelta(days=100_000)  # times beyond it overflow; no clock shows one


def new() -> str:
    """Return an id of now: 48 bits of milliseconds, the version, and 74 random bits."""
    milliseconds, noise = time.time_ns() // 1_000_000, secrets.randbits(74)
    high, low = noise >> 62, noise & (2**62 - 1)
    return str(UUID(int=milliseconds << 80 | 7 << 76 | high << 64 | 2 << 62 | low))


def moment(id_: str) -> datetime | None:
    """Return the time of an id, in UTC. None: it has none, or is no id of ours."""
    try:
        uuid = UUID(id_)
    except ValueError:
        return None
    if uuid.version != 7 or str(uuid) != id_:
        return None
    return min(EPOCH + timedelta(milliseconds=min(uuid.int >> 80, 10**13)), LATEST)
