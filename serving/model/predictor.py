"""One variant as it is served: it reads rows and answers by its own schemas, and scores in batches."""

import weakref
from collections.abc import Mapping, Sequence
from typing import Any

from capstan.settings import settings
from predictions import ids
from serving import limits, metrics
from serving.labels.decoder import LabelDecoder
from serving.model.inference import Inference
from serving.model.tensor_types import input_types, output_types
from serving.schema.answers import AnswerSchema
from serving.schema.rows import Row, RowDecoder
from serving.scoring.batching import Batcher
from serving.scoring.engine import EngineLoop
from serving.scoring.events import EventSink
from serving.scoring.explanations import Explained, explain
from serving.scoring.scorer import Scorer
from serving.scoring.streams import Parts, PartStream
from serving.scoring.variants import Variant


class Predictor:
    """Predicts rows with one variant. Its schemas are those that were stored with the version."""

    def __init__(self, variant: Variant):
        self.variant = variant
        task, schema = variant.loaded.task, variant.loaded.schema
        self.request_schema, self.prediction_schema = schema["request"], schema["prediction"]
        self.examples = schema.get("examples", [])  # older versions have none
        self.inputs, self.outputs = input_types(self.request_schema), output_types(self.prediction_schema)
        self.scalar_inputs = not any(tensor.dims or tensor.json for tensor in self.inputs.values())
        guards = task.guards() if "guards" in task.capabilities else {}
        self.decoder = RowDecoder(task.Request, task.LIMITS.pixels, guards)
        self.answers = AnswerSchema(task.Prediction, variant.label)
        self.title: str = task.TITLE
        self.keys: list[str] = list(schema.get("entity_keys") or task.Request.model_fields)
        self.labels = (variant.name, variant.version, variant.role)
        self.scorer = Scorer(variant.name, variant)
        self.batcher = self._batcher(task.LIMITS.predictions)
        self.engine = self._engine(task.LIMITS.streams) if variant.batches_streams else None
        self.event_schema: dict[str, object] | None = schema.get("event")
        self.events = EventSink(variant) if self.event_schema else None
        self.event_decoder = RowDecoder(task.Event, task.LIMITS.pixels) if self.event_schema else None
        self.actual_schema: dict[str, Any] | None = schema.get("actual")
        self.label_decoder = LabelDecoder(task, self.keys) if self.actual_schema else None

    def _batcher(self, most: int) -> Batcher:
        sizes = metrics.batch_requests.labels(*self.labels).observe, metrics.batch_rows.labels(*self.labels).observe
        batcher = Batcher(self.scorer.score, settings().batch_rows, limits.BATCH_DELAY, *sizes, most)
        # Weakly, or the gauge of a version that was replaced would keep its model in memory.
        held = weakref.ref(batcher)
        metrics.batch_waiting.labels(*self.labels).set_function(lambda: alive.waiting if (alive := held()) else 0)
        return batcher

    def _engine(self, most: int) -> EngineLoop:
        labels = self.labels

        def report(numbers: Mapping[str, float]) -> None:
            for counted, number in numbers.items():
                metrics.engine.labels(*labels, counted).set(number)

        return EngineLoop(self.variant.model.engine, most, report)

    async def predict(self, rows: list[Row]) -> Inference:
        """Look up the rows' features and predict them, together with those of other requests."""
        scored = await self.batcher.predict(rows)
        predictions = self.answers.rows(scored.predictions, len(rows))
        return Inference(self.variant, rows, scored.columns, scored.reports, predictions, [ids.new() for _ in rows])

    def stream(self, columns: dict[str, list[Any]]) -> Parts:
        """Return the stream of one row: of the model's engine, or of a generator in its own thread."""
        if self.engine:
            return self.engine.stream(columns)
        return PartStream(lambda: self.variant.model.stream(columns))

    async def explain(self, rows: Sequence[Row]) -> tuple[Inference, Explained]:
        """Explain the predictions of rows. Raises NotImplementedError where the model does not."""
        columns, reports = await self.scorer.features(rows)
        explained = await explain(self.variant, self.answers, columns, len(rows))
        return Inference(self.variant, list(rows), columns, reports, explained.predictions, []), explained
