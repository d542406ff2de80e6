"""Events: what an entity does changes its features in the online store, so that the next prediction knows it.

The events of a capstone are read, applied and written one after the other, so that none of this process is lost. That
does not reach other processes: of two events of one entity that two replicas get at the same instant, one may be lost.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel

from capstan.errors import CapstanError, InvalidRow, Unavailable
from serving import threads
from serving.scoring.variants import Variant


class EventSink:
    """Applies the events of one variant's task, and pushes what they make of the features."""

    def __init__(self, variant: Variant):
        from feast import FeatureStore

        assert variant.transformer
        # Its own store: threads that share a connection of Python's sqlite3 may take each other's parameters.
        self.variant, self.store = variant, FeatureStore(config=variant.transformer.store.config)
        self.task = variant.loaded.task
        source = self.task.PUSH_SOURCE
        views: list[Any] = [
            v for v in self.store.list_all_feature_views() if getattr(_stream(v), "name", None) == source
        ]
        if len(views) != 1:
            raise CapstanError(f"The push source {source!r} of {variant.name!r} feeds {len(views)} views; expected 1.")
        [self.view] = views
        self.keys = [column.name for column in self.view.entity_columns]
        self.features = [feature.name for feature in self.view.features]
        if lacking := [key for key in self.keys if key not in self.task.Event.model_fields]:
            raise CapstanError(f"Event of {variant.name!r} lacks {lacking}, by which its features are stored.")

    async def apply(self, events: Sequence[BaseModel]) -> list[dict[str, Any]]:
        """Apply events, one after the other; return the keys and the new features of each entity that they are of.

        They are written together: all of them, or none. Raises InvalidRow, and Unavailable when the online store fails.
        """
        writer = threads.pool("events", self.variant.name)  # one thread: the events of a capstone wait for each other
        return await asyncio.get_running_loop().run_in_executor(writer, self._write, events)

    def _write(self, events: Sequence[BaseModel]) -> list[dict[str, Any]]:
        import sqlite3

        import pandas as pd
        from redis.exceptions import RedisError

        of_events = [tuple(getattr(event, key) for key in self.keys) for event in events]
        source = self.view.batch_source
        times = [name for name in (source.timestamp_field, source.created_timestamp_column) if name]
        try:
            known = self._read(list(dict.fromkeys(of_events)))
            for number, (entity, event) in enumerate(zip(of_events, events, strict=True)):
                known[entity] = self._after(event, known[entity], number)
            entities = [dict(zip(self.keys, entity, strict=True)) for entity in known]
            now = dict.fromkeys(times, datetime.now(UTC))
            rows = [keys | features | now for keys, features in zip(entities, known.values(), strict=True)]
            self.store.push(self.task.PUSH_SOURCE, pd.DataFrame(rows))
        except (OSError, sqlite3.Error, RedisError) as error:
            problem = str(error)
        else:
            return [keys | {"features": features} for keys, features in zip(entities, known.values(), strict=True)]
        raise Unavailable(f"The online store does not answer: {problem}")  # see FeatureTransformer._read

    def _read(self, entities: Sequence[tuple[Any, ...]]) -> dict[tuple[Any, ...], dict[str, Any]]:
        """Return the features of each entity."""
        names = [f"{self.view.name}:{feature}" for feature in self.features]
        asked = [dict(zip(self.keys, entity, strict=True)) for entity in entities]
        known = self.store.get_online_features(names, asked).to_dict()
        return {entity: {name: known[name][row] for name in self.features} for row, entity in enumerate(entities)}

    def _after(self, event: BaseModel, features: dict[str, Any], row: int) -> dict[str, Any]:
        """Return the features of an entity after an event. Raises InvalidRow, which names the event's row."""
        try:
            after = self.task.apply(self.variant.model, event, features)
        except InvalidRow as error:
            raise InvalidRow(error.message, row, error.field) from None
        return {name: after[name] for name in self.features}


def _stream(view: Any) -> Any:
    return getattr(view, "stream_source", None)
