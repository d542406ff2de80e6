"""The contract of a capstone: the names that its `task.py` defines, and `Capstone`, the object made of them.

A task is a plain module, `pipelines/NAME/task.py`. Every task defines what `Task` lists. A capability is optional, but
never partial: a task defines all names of `Contract`, `Features`, `Endpoint`, `Labels` and so on, or none of them. A
name that has a value here is optional by itself. `capstan.catalogue.load` checks all of it and returns the `Capstone`.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import FrozenInstanceError, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Protocol, cast

from capstan.contract.bounds import Bound
from capstan.contract.checks import Checks
from capstan.contract.circle import Circle
from capstan.contract.evaluation import Evaluation
from capstan.contract.feature_window import FeatureWindow
from capstan.contract.model import Model
from capstan.contract.resources import Limits, Resources
from capstan.contract.weights import Weights
from capstan.errors import CapstanError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from evidently.guardrails.core import GuardrailBase
    from pandera.pandas import DataFrameSchema
    from pydantic import BaseModel

    Tables = dict[str, pd.DataFrame]

EVENT_TIMESTAMP = "event_timestamp"  # the column of the prediction time, by Feast's convention
LABEL_KNOWN_AT = "label_known_at"  # the column of the instant at which a row's label was known
TRAINING_SET = "training_set"  # the table that `split` gets when a task has features

# Every answer carries these next to the fields of the prediction.
RESERVED = {"id", "model_name", "model_version", "variant", "prediction_id", "features", "defaults"}
RESERVED |= {"missing_features", "expired_features", "future_features"}
RESERVED |= {"base", "contributions", "explained", "unit"}  # of an explanation

NONE: Mapping[str, Any] = MappingProxyType({})


class Task(Protocol):
    """What every task defines."""

    TITLE: str  # one line, for people
    THRESHOLDS: dict[str, Bound]  # the gate; the first metric also decides against the champion
    # Table to train on -> the column with its label, where that is not the target of OUTCOME.
    LABEL_COLUMNS: Mapping[str, str] = NONE
    FAMILIES: Sequence[str] = ()  # the optional libraries of pyproject.toml that it needs, such as ("torch", "tables")
    RESOURCES: Resources = Resources()  # what its steps, its endpoint and its Ray workers get on a cluster
    LIMITS: Limits = Limits()  # what a request may take
    WEIGHTS: Mapping[str, Weights] = NONE  # the weights that `train` gets as `weights`, a mapping from name to path
    # The files that `load` reads, by name, where their home is a download: a cluster gets them, its pods no other.
    files: "Callable[[Path | None], dict[str, Path]] | None" = None
    count: "Callable[[Tables], dict[str, float]] | None" = None  # figures of the raw tables, shown with the run

    def load(self, data_dir: Path | None) -> "Tables":
        """Return the raw tables, from `data_dir` if it has them, else from their original source."""

    def split(self, tables: "Tables", **parameters: Any) -> "tuple[Tables, Tables]":
        """Return the tables to train on and those to test on.

        With features, `tables` holds the table `training_set`, the entity rows with their features, and the tables
        that CARRIED names. Otherwise it holds the tables of `load`, without the rows that break the contract. It may
        take parameters with defaults, such as a date, from the pipeline.
        """

    def train(self, tables: "Tables", **parameters: Any) -> Model:
        """Return a fitted model. It may take parameters with defaults, such as `seed`, from the pipeline."""

    def evaluate(self, model: Model, tables: "Tables") -> Evaluation:
        """Return the metrics on some tables, and the sections of the report."""


class Contract(Protocol):
    """A data contract. Rows that break it are set aside."""

    CONTRACT_LIMIT: float  # the share of rows that may break the contract before the run fails

    def contracts(self) -> "dict[str, DataFrameSchema]":
        """Return the contract of each table."""


class Features(Protocol):
    """Features from Feast, which `pipelines/NAME/features.py` defines."""

    FEATURE_SERVICE: str
    ENTITY_KEYS: list[str]
    FEATURE_DEFAULTS: Mapping[str, Any] = NONE  # what the endpoint uses when the online store does not answer
    CARRIED: Sequence[str] = ()  # tables that `split` gets next to the training set, such as a catalogue
    STREAMED: bool = False  # `split` and `train` also take the training set as `Batches`: it is, where Ray joins it
    FEATURE_WINDOW: FeatureWindow | None = None  # the raw rows that a feature row is made of; None: it may be of any

    def entity_rows(self, tables: "Tables") -> "pd.DataFrame":
        """Return one row per prediction: entity keys, `event_timestamp`, request data and label.

        With `label_known_at`, the instant at which the label was known, a run may be as of an instant.
        """

    def feature_tables(self, tables: "Tables") -> "Tables":
        """Return the rows behind each feature view, by the view's name."""


class Endpoint(Protocol):
    """An endpoint. `Request` and `Prediction` are pydantic models of one row.

    A request may have a method `prediction_time()`, which returns an instant in UTC. The prediction uses nothing that
    became known later. Without it, the prediction time is now.
    """

    Request: "type[BaseModel]"
    Prediction: "type[BaseModel]"
    STREAMS_ONLY: bool = False  # answer by `generate` and `generate_stream` alone, where a whole answer takes too long

    def examples(self, tables: "Tables") -> list[dict[str, Any]]:
        """Return up to three rows of the test tables as the JSON that a client would send."""


@dataclass(frozen=True)
class Outcome:
    """Which columns of the signals hold the label and the prediction, and the kind of the prediction."""

    kind: Literal["binary", "multiclass", "regression"]
    target: str
    prediction: str


class Monitoring(Protocol):
    """Signals to watch for drift."""

    OUTCOME: Outcome | None = None  # set it when the signals hold a label
    CHECKS: Checks = Checks()  # what differs from the defaults of the checks, such as a threshold
    # Signals of logged requests and their predictions, a row each, that are no field of them: the length of a text.
    # The third parameter, the model, may be left out.
    live_signals: "Callable[..., pd.DataFrame] | None" = None

    def signals(self, model: Model, tables: "Tables") -> "pd.DataFrame":
        """Return one row per prediction. Columns are scalars: numbers, texts, booleans."""


class Events(Protocol):
    """Events that change what is known of an entity, so that the next prediction knows it. `Event` is a pydantic model.

    It needs features, whose entity keys are fields of the event, and an endpoint, which takes the events.
    """

    Event: "type[BaseModel]"
    PUSH_SOURCE: str  # Feast's push source, which feeds one view
    # What an event is alerted of, in words, or None: `alarm(model, event, features)`, with the features after it.
    alarm: "Callable[[Model, BaseModel, dict[str, Any]], str | None] | None" = None

    def apply(self, model: Model, event: "BaseModel", features: dict[str, Any]) -> dict[str, Any]:
        """Return the features of the view after an event, from those before it: None for what is not known.

        Raises InvalidRow for an event that cannot be.
        """


class Labels(Protocol):
    """Labels: what turned out to be true. `Actual` is the type of one: bool, float, a Literal, a pydantic model."""

    Actual: Any
    ACTUAL_DELAY: timedelta | None = None  # a label that is known later than this after its prediction is late
    # The target of OUTCOME in a label, where a label holds more, such as the highest of a day's values.
    target_of: "Callable[[Any], Any] | None" = None


class Guards(Protocol):
    """What the endpoint refuses. It needs an endpoint."""

    def guards(self) -> "Mapping[str, GuardrailBase]":
        """Return Evidently's guardrails over the texts of a request, by the names that errors have.

        A text is a field with `json_schema_extra={"contentMediaType": "text/plain"}`. Of `WordsPresence`, the modes
        that forbid each of some words are "excludes" and "all".
        """


class Retraining(Protocol):
    """Versions that are retrained on what is known by then, and promoted or rolled back by live labels."""

    CIRCLE: Circle = Circle()  # when, and how a new version gets the requests
    # How wrong each answer was, shape (n,), lower is better: of logged predictions and their labels, as JSON has them.
    # By default that of OUTCOME. Versions are compared by it.
    losses: "Callable[[list[dict[str, Any]], list[Any]], np.ndarray] | None" = None

    def parameters_at(self, moment: datetime) -> dict[str, str]:
        """Return the parameters of a run that knows only what was known at an instant."""


class Replay(Protocol):
    """A past that `capstan replay` sends through the endpoint as if live. `entity_rows` says when labels were known."""

    def requests(self, rows: "pd.DataFrame") -> list[dict[str, Any]]:
        """Return some entity rows as the JSON that a client would send."""


CAPABILITIES = {
    "contract": Contract,
    "features": Features,
    "endpoint": Endpoint,
    "monitoring": Monitoring,
    "events": Events,
    "labels": Labels,
    "guards": Guards,
    "retraining": Retraining,
    "replay": Replay,
}


class Capstone(Task, Contract, Features, Endpoint, Monitoring, Events, Labels, Guards, Retraining, Replay, Protocol):
    """A capstone: every name that its task defines, and the contract's value of each optional one that it leaves out.

    It is frozen. A name of a capability that it does not have raises AttributeError.
    """

    name: str
    stated: frozenset[str]  # the names of the contract that its task defines
    capabilities: frozenset[str]
    watches_with_model: bool  # whether `live_signals` takes the model


def capstone_of(name: str, task: ModuleType) -> Capstone:
    """Return the capstone of a task, complete or not."""
    values: dict[str, Any] = {}
    for protocol in (Task, *CAPABILITIES.values()):
        values |= {part: vars(protocol)[part] for part in parts(protocol)[1]}
    known = values.keys() | {part for protocol in (Task, *CAPABILITIES.values()) for part in parts(protocol)[0]}
    stated = {part: getattr(task, part) for part in known if hasattr(task, part)}
    has = {key for key, protocol in CAPABILITIES.items() if not stated.keys().isdisjoint(parts(protocol)[0])}
    described: dict[str, Any] = {"name": name, "stated": frozenset(stated), "capabilities": frozenset(has)}
    live = stated.get("live_signals")
    described["watches_with_model"] = live is not None and len(inspect.signature(live).parameters) > 2
    return cast(Capstone, _Loaded(values | stated | described))


def outcome_of(capstone: Capstone) -> Outcome:
    """Return the outcome of a capstone. Raises CapstanError when its task states none."""
    if capstone.OUTCOME is None:
        raise CapstanError(f"pipelines/{capstone.name}/task.py has no OUTCOME. See docs/adding-a-capstone.md.")
    return capstone.OUTCOME


def parts(protocol: type) -> tuple[list[str], list[str]]:
    """Return the names that a protocol requires, and those that are optional."""
    values = protocol.__annotations__
    functions = [key for key, value in vars(protocol).items() if inspect.isfunction(value) and not key.startswith("_")]
    required = [key for key in values if key not in vars(protocol)] + functions
    return required, [key for key in values if key in vars(protocol)]


class _Loaded:
    """The values behind a `Capstone`."""

    def __init__(self, values: dict[str, Any]):
        vars(self).update(values)

    def __getattr__(self, key: str) -> NoReturn:
        raise AttributeError(f"pipelines/{vars(self).get('name')}/task.py has no {key}.")

    def __setattr__(self, key: str, value: Any) -> NoReturn:
        raise FrozenInstanceError(f"cannot assign to {key} of a capstone")

    def __delattr__(self, key: str) -> NoReturn:
        raise FrozenInstanceError(f"cannot delete {key} of a capstone")
