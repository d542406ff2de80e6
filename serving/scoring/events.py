"""Events: what an entity does changes its features in the online store, so that the next prediction knows it.

The events of a capstone are read, applied and written one after the other, so that none of this process is lost. That
does not reach other processes: of two events of one entity that two replicas get at the same instant, one may be lost.
"""

import asyncio
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel

from capstan.errors import CapstanError, Unavailable
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

    async def apply(self, event: BaseModel) -> dict[str, Any]:
        """Apply an event; return the keys of its entity and the new features.

        Raises InvalidRow, and Unavailable when the online store fails.
        """
        writer = threads.pool("events", self.variant.name)  # one thread: the events of a capstone wait for each other
        return await asyncio.get_running_loop().run_in_executor(writer, self._write, event)

    def _write(self, event: BaseModel) -> dict[str, Any]:
        import sqlite3

        import pandas as pd
        from redis.exceptions import RedisError

        entity = {key: getattr(event, key) for key in self.keys}
        names = [f"{self.view.name}:{feature}" for feature in self.features]
        source = self.view.batch_source
        try:
            known = self.store.get_online_features(names, [entity]).to_dict()
            after = self.task.apply(self.variant.model, event, {name: known[name][0] for name in self.features})
            row = entity | {name: after[name] for name in self.features}
            times = [name for name in (source.timestamp_field, source.created_timestamp_column) if name]
            row |= dict.fromkeys(times, datetime.now(UTC))
            self.store.push(self.task.PUSH_SOURCE, pd.DataFrame([row]))
        except (OSError, sqlite3.Error, RedisError) as error:
            problem = str(error)
        else:
            return {**entity, "features": {name: after[name] for name in self.features}}
        raise Unavailable(f"The online store does not answer: {problem}")  # see FeatureTransformer._read


def _stream(view: Any) -> Any:
    return getattr(view, "stream_source", None)
