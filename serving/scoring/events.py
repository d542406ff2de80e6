"""Events: what an entity does changes its features in the online store, so that the next prediction knows it.

The events of a capstone are read, applied and written one after the other, so that none of this process is lost. That
does not reach other processes: of two events of one entity that two replicas get at the same instant, one may be lost.
"""

import asyncio
import math
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel

from capstan.contract.client import sent_by
from capstan.errors import CapstanError, InvalidRow, Unavailable
from feature_repo.online_rows import OnlineRows
from serving import threads
from serving.scoring.alarms import Alarms
from serving.scoring.variants import Variant

RECOUNT_SECONDS = 60  # after which entities that were erased make room


class EventSink:
    """Applies the events of one variant's task, and writes what they make of the features."""

    def __init__(self, variant: Variant):
        from feast import FeatureStore

        assert variant.transformer
        self.variant, store = variant, FeatureStore(config=variant.transformer.store.config)
        self.task, self.alarms = variant.loaded.task, Alarms(variant.name)
        source = self.task.PUSH_SOURCE
        views: list[Any] = [v for v in store.list_all_feature_views() if getattr(_stream(v), "name", None) == source]
        if len(views) != 1:
            raise CapstanError(f"The push source {source!r} of {variant.name!r} feeds {len(views)} views; expected 1.")
        # A connection of its own: threads that share one of Python's sqlite3 may take each other's parameters.
        self.rows = OnlineRows(store, views[0])
        self.most, self._count, self._counted_at = self.task.LIMITS.entities, 0, -math.inf
        if lacking := [key for key in self.rows.keys if key not in self.task.Event.model_fields]:
            raise CapstanError(f"Event of {variant.name!r} lacks {lacking}, by which its features are stored.")

    async def apply(self, events: Sequence[BaseModel], client: str = "") -> list[dict[str, Any]]:
        """Apply events, one after the other; return the keys and the new features of each entity that they are of.

        client: the name of its token, "" without one. They are written together: all of them, or none. Raises
        InvalidRow, and Unavailable when the online store fails or an alert cannot be kept.
        """
        writer = threads.pool("events", self.variant.name)  # one thread: the events of a capstone wait for each other
        return await asyncio.get_running_loop().run_in_executor(writer, self._write, events, client)

    def _write(self, events: Sequence[BaseModel], client: str) -> list[dict[str, Any]]:
        import sqlite3

        from redis.exceptions import RedisError

        of_events = [tuple(getattr(event, key) for key in self.rows.keys) for event in events]
        try:
            known, alarms = self.rows.read(list(dict.fromkeys(of_events))), list[str]()
            new = [entity for entity, features in known.items() if all(each is None for each in features.values())]
            if new:
                self._make_sure_of_room(len(new), of_events.index(new[0]))
            for number, (entity, event) in enumerate(zip(of_events, events, strict=True)):
                with sent_by(client):
                    known[entity] = self._after(event, known[entity], number)
                    if self.task.alarm and (message := self.task.alarm(self.variant.model, event, known[entity])):
                        alarms.append(message)
            self._alert(alarms)  # first: when this process is killed between the two, the client sends again
            self.rows.write(known, datetime.now(UTC))
            self._count += len(new)
        except (OSError, sqlite3.Error, RedisError) as error:
            problem = str(error)
        else:
            return [
                dict(zip(self.rows.keys, entity, strict=True)) | {"features": after} for entity, after in known.items()
            ]
        raise Unavailable(f"The online store does not answer: {problem}")  # see FeatureTransformer._read

    def _make_sure_of_room(self, new: int, row: int) -> None:
        """Raises InvalidRow where the store has no room for new entities. row: of the first of them."""
        late = time.monotonic() - self._counted_at > RECOUNT_SECONDS
        if self._counted_at == -math.inf or (self._count + new > self.most and late):
            self._count, self._counted_at = self.rows.count(), time.monotonic()
        if self._count + new > self.most:
            raise InvalidRow(
                f"the online store keeps {self.most:,} entities of {self.variant.name!r} and has no room for another. "
                f"Send events of known ones, or have the operator erase some with `capstan erase`",
                row,
                self.rows.keys[0],
            )

    def _alert(self, alarms: list[str]) -> None:
        """Alert. Events whose alert cannot be kept are refused, so that none is lost."""
        try:
            self.alarms.report(alarms)
        except (CapstanError, OSError) as error:
            raise Unavailable(f"An alert cannot be kept, so none of its events is: {error}") from error

    def _after(self, event: BaseModel, features: dict[str, Any], row: int) -> dict[str, Any]:
        """Return the features of an entity after an event. Raises InvalidRow, which names the event's row."""
        try:
            after = self.task.apply(self.variant.model, event, features)
        except InvalidRow as error:
            raise InvalidRow(error.message, row, error.field) from None
        return {name: after[name] for name in self.rows.features}


def _stream(view: Any) -> Any:
    return getattr(view, "stream_source", None)
