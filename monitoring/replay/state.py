"""Where a replay is: kept every simulated hour, so that one that was killed goes on."""

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import orjson

from capstan.profile import profile


class Waiting(NamedTuple):
    """A prediction whose label is not known yet: when it will be, and what it is, as JSON."""

    known_at: datetime
    prediction_id: str
    label: object


@dataclass
class State:
    """A replay of some time by some first champion. All that happened up to `now` is done.

    began_at, saved_at: when it began, and when this was kept, on the clock on the wall.
    """

    start: datetime
    end: datetime
    version: str
    now: datetime
    began_at: datetime
    saved_at: datetime
    waiting: list[Waiting] = field(default_factory=list)
    predictions: int = 0
    labels: int = 0


def read(capstone: str) -> State | None:
    """Return where the last replay of a capstone is, or None."""
    content = profile().storage().read(_key(capstone))
    if content is None:
        return None
    fields = orjson.loads(content)
    for name in ("start", "end", "now", "began_at", "saved_at"):
        fields[name] = datetime.fromisoformat(fields[name])
    fields["waiting"] = [Waiting(datetime.fromisoformat(known_at), *rest) for known_at, *rest in fields["waiting"]]
    return State(**fields)


def first(start: datetime, end: datetime, version: str) -> State:
    """Return where a replay begins: before all that happens at `start`."""
    began = datetime.now(UTC)
    return State(start, end, version, start - timedelta.resolution, began, began)


def write(capstone: str, state: State) -> None:
    """Keep where a replay is, in one step."""
    profile().storage().write(_key(capstone), orjson.dumps(asdict(state), default=list))


def _key(capstone: str) -> str:
    return f"replay/{capstone}.json"
