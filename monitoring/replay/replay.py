"""The loop: features arrive, predictions are asked for, labels become known; each at its time, in order."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from capstan.contract.capstone import EVENT_TIMESTAMP, LABEL_KNOWN_AT, Capstone, outcome_of
from capstan.profile import profile
from feature_repo.store import materialized, open_store
from monitoring.replay import state
from monitoring.replay.arrivals import Arrivals
from monitoring.replay.client import Client
from monitoring.replay.past import Past
from monitoring.replay.state import State, Waiting
from predictions import reader

if TYPE_CHECKING:
    import pandas as pd

HOUR = timedelta(hours=1)  # simulated time advances by no more
BATCH = 1_000  # labels that the endpoint takes at once


@dataclass
class Replay:
    """A replay of a past, from where `state` is. `seconds` has the time that each part took."""

    capstone: str
    task: Capstone
    past: Past
    state: State
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    features: int = 0  # rows that were written
    repeated: int = 0  # requests that had to be sent again

    def run(self, after_hour: Callable[[datetime], None] = lambda _now: None, speed: float = 0) -> None:
        """Replay up to the end. after_hour: is called after each simulated hour, with what time it is then.

        It is called again for the hour in which a replay was killed. speed: simulated seconds per second; 0 is as fast
        as it goes. Raises CapstanError, and may be called again then.
        """
        with self._timed("preparation"):
            profile().storage().remove(materialized(self.capstone))  # the next run has to write its own state again
            store = open_store(self.capstone)
            arrivals = Arrivals(store, self.past.features, self.state.now, self.state.end)
            answered = self._answered()
        began, from_ = time.monotonic(), self.state.now
        with Client(self.capstone) as client:
            for now, rows in _moments(self.past.rows, self.state.now, self.state.end):
                if speed:
                    time.sleep(max(0.0, (now - from_).total_seconds() / speed - (time.monotonic() - began)))
                with self._timed("features"):
                    arrivals.write(now)
                with self._timed("predictions"):
                    self._predict(client, rows, answered)
                if now in (_hour(now), self.state.end):
                    with self._timed("labels"):
                        self._tell(client, now)
                    with self._timed("checks"):
                        after_hour(now)
                    self.state.now, self.state.saved_at = now, datetime.now(UTC)
                    state.write(self.capstone, self.state)
            self.features, self.repeated = arrivals.written, client.repeated

    def _predict(self, client: Client, rows: "pd.DataFrame", answered: dict[str, list[str]]) -> None:
        """Ask for the predictions of one moment, and note when their labels will be known.

        answered: the ids of what a replay that was killed has asked for already, by request.
        """
        requests = {row: self.past.requests[row] for row in rows.index}
        ids = {}
        if answered:
            ids = {row: known.pop() for row, request in requests.items() if (known := answered.get(self._key(request)))}
        open_ = [row for row in requests if row not in ids]
        for start in range(0, len(open_), BATCH):
            asked = open_[start : start + BATCH]
            answers = client.predict([requests[row] for row in asked])
            ids |= {row: answer["prediction_id"] for row, answer in zip(asked, answers, strict=True)}
        label, target = self._label, outcome_of(self.task).target
        for row, value, known_at in zip(rows.index, rows[target], rows[LABEL_KNOWN_AT], strict=True):
            if value == value and known_at == known_at:  # neither is missing
                sent = label.dump_python(label.validate_python(value), mode="json")
                self.state.waiting.append(Waiting(known_at.to_pydatetime(), ids[row], sent))
        self.state.predictions += len(rows)

    def _tell(self, client: Client, now: datetime) -> None:
        """Send the labels that are known by now."""
        known = [waiting for waiting in self.state.waiting if waiting.known_at <= now]
        for start in range(0, len(known), BATCH):
            client.tell(
                [
                    {
                        "prediction_id": waiting.prediction_id,
                        "label": waiting.label,
                        "known_at": waiting.known_at.isoformat(),
                    }
                    for waiting in known[start : start + BATCH]
                ]
            )
        self.state.labels += len(known)
        self.state.waiting = [waiting for waiting in self.state.waiting if waiting.known_at > now]

    def _answered(self) -> dict[str, list[str]]:
        """Return the ids of what was asked for after the state was kept, by a replay that was killed, by request."""
        log = reader.read(self.capstone, self.state.saved_at)
        log = log[(log["prediction_time"] > self.state.now) & (log["variant"] != "shadow")]
        ids = defaultdict(list)
        for inputs, id_ in zip(log["inputs"], log["prediction_id"], strict=True):
            ids[self._key(inputs)].append(id_)
        return dict(ids)

    def _key(self, request: dict[str, Any]) -> str:
        """Return a request as the log has it."""
        key: str = self.task.Request.model_validate(request).model_dump_json()
        return key

    @cached_property
    def _label(self) -> TypeAdapter[Any]:
        return TypeAdapter(self.task.Actual)

    @contextmanager
    def _timed(self, part: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[part] += time.perf_counter() - began


def _moments(rows: "pd.DataFrame", after: datetime, end: datetime) -> Iterator[tuple[datetime, "pd.DataFrame"]]:
    """Yield each prediction time with its rows, and each full hour, in order; the last one is `end`."""
    groups = {moment.to_pydatetime(): some for moment, some in rows.groupby(EVENT_TIMESTAMP) if moment > after}
    hours = [_hour(after) + HOUR * n for n in range(1, int((end - _hour(after)) / HOUR) + 1)]
    nothing = rows.head(0)
    for moment in sorted({*groups, *hours, end}):
        yield moment, groups.get(moment, nothing)


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
