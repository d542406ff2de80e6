"""The interface of a model over named columns. This module imports no machine learning library."""

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np

Columns = Mapping[str, Sequence[Any]]
Answer = Mapping[str, "Sequence[Any] | np.ndarray"]


@dataclass(frozen=True)
class Explanation:
    """What each input adds to one field of a prediction, for n rows and k inputs.

    base: shape (n,). contributions: shape (n, k), in the order of the model's inputs. Their sum with the base is the
    explained value in `unit`: with "log-odds", 1 / (1 + exp(-sum)) is the field; with "value", the sum is the field.
    features: of inputs whose values the model replaced, such as by what a request asks with "if", those that it used.
    """

    field: str
    base: "np.ndarray"
    contributions: "np.ndarray"
    unit: str = "value"
    features: Columns | None = None


class Engine(Protocol):
    """Makes many streams at a time, as a language model does that batches between tokens. One thread calls it.

    It may define `numbers()`, which returns what it counts, such as pages, name -> number. They become the metric
    `capstan_engine` after each step, which has to be quick.
    """

    def admit(self, columns: Columns) -> Hashable:
        """Begin a stream for the columns of one row; return its handle. An error fails this stream alone."""

    def step(self) -> Iterable[tuple[Hashable, Mapping[str, Any] | Exception | None]]:
        """Advance all streams; return (handle, event) pairs.

        An event is a part, field -> part; None, which ends a stream; or an exception, which fails it alone.
        """

    def cancel(self, handle: Hashable) -> None:
        """End a stream that nobody reads any more. Not called for one that ended or failed."""


class Model(ABC):
    """A fitted model.

    Attributes:
        inputs: the columns that the model takes and the MLflow type of each: "double", "long", "string", "boolean",
            "binary" or "datetime", with "[]" for each level of a list. A feature service or the fields of the request
            supply them, by name.
        requirements: the PyPI packages that the model needs when it is loaded. Capstan pins their versions.
        artifacts: files and folders of the model that are not in its pickle, by name. Capstan stores them, and sets
            this attribute to their new paths when it loads the model.
        weight_files: the paths of those of WEIGHTS that the model reads, by name. A version stores their checksums, and
            Capstan sets this attribute to their paths when it loads the model. All versions share the files.
        history: what the training recorded, metric -> value, a line for each round. The version's MLflow run has
            them, by step. Leave it out of the pickle where it is large.
        steady: whether every row takes about as long, as in trees and linear models. The endpoint calls a steady model
            that is fast without a thread, which saves 0.1 ms.

    A model may define four more methods. `explain_columns(columns)` returns an `Explanation`; the endpoint then
    answers `:explain`. `stream(columns)` takes the columns of one row and yields parts of its prediction, field ->
    part; the endpoint then answers `generate` and `generate_stream`. The parts of a text field add up to the whole, and
    those of a list whose field has `json_schema_extra={"x-parts-add-up": True}`.
    `engine()` returns an `Engine`, which makes many streams together; the endpoint then needs no `stream`.
    `chat(messages)` returns the fields of the request that continues a conversation: `prompt`, and what else the
    conversation asks for, such as a list `stop`. A message has a `role` ("system", "developer", "user" or "assistant"),
    its `content`, and perhaps a `name`. It raises InvalidRow for a conversation that the model cannot take. OpenAI's
    `chat/completions` is then answered.
    """

    inputs: Mapping[str, str]
    requirements: Sequence[str] = ()
    artifacts: Mapping[str, Path] = MappingProxyType({})
    weight_files: Mapping[str, Path] = MappingProxyType({})
    history: Sequence[Mapping[str, float]] = ()
    steady: bool = False

    @abstractmethod
    def predict_columns(self, columns: Columns) -> Answer:
        """Return the fields of the task's `Prediction`, n values each, for columns of n values.

        A value may be a number, a text, a list, an array or a dict. A missing input is None or NaN. Threads may call it
        side by side: `LIMITS.predictions` of the task says how many. One that takes seconds calls
        `capstan.contract.cancellation.check()` between its parts, which ends it when nobody waits for it any more.
        """

    if TYPE_CHECKING:

        def explain_columns(self, columns: Columns) -> Explanation:
            """Return what each input adds to the prediction."""

        def stream(self, columns: Columns) -> Iterator[dict[str, Any]]:
            """Yield the prediction of one row part by part."""

        def engine(self) -> Engine:
            """Return what makes the predictions of many rows part by part, together."""

        def chat(self, messages: Sequence[Mapping[str, str]]) -> Mapping[str, Any]:
            """Return the fields of the request that continues a conversation."""
