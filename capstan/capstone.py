"""The contract of a capstone: the names that its `task.py` defines.

A task is a plain module, `pipelines/NAME/task.py`. Every task defines what `Task` lists. A capability is optional, but
never partial: a task defines all names of `Contract`, `Features`, `Endpoint`, `Labels` and so on, or none of them. A
name that has a value here is optional by itself.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING, Any, Literal, Protocol

from capstan.bounds import Bound
from capstan.checks import Checks
from capstan.circle import Circle
from capstan.errors import CapstanError
from capstan.evaluation import Evaluation
from capstan.model import Model
from capstan.resources import Limits, Resources
from capstan.resources import problems as resource_problems

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from pandera.pandas import DataFrameSchema
    from pydantic import BaseModel

    Tables = dict[str, pd.DataFrame]

EVENT_TIMESTAMP = "event_timestamp"  # the column of the prediction time, by Feast's convention
LABEL_KNOWN_AT = "label_known_at"  # the column of the instant at which a row's label was known
TRAINING_SET = "training_set"  # the table that `split` gets when a task has features

# Every answer carries these beside the fields of the prediction.
RESERVED = {"id", "model_name", "model_version", "variant", "prediction_id", "features", "defaults"}
RESERVED |= {"missing_features", "expired_features", "future_features"}
RESERVED |= {"base", "contributions", "explained", "unit"}  # of an explanation

NONE: Mapping[str, Any] = MappingProxyType({})


class Task(Protocol):
    """What every task defines."""

    TITLE: str  # one line, for people
    THRESHOLDS: dict[str, Bound]  # the gate; the first metric also decides against the champion
    FAMILIES: Sequence[str] = ()  # the optional libraries of pyproject.toml that it needs, such as ("torch", "tables")
    RESOURCES: Resources = Resources()  # what its steps, its endpoint and its Ray workers get on a cluster
    LIMITS: Limits = Limits()  # what a request may take
    INPUT_GROUPS: Mapping[str, list[str]] = NONE  # the inputs by origin, to measure what each group is worth
    # The files that `load` reads, by name, where their home is a download: a cluster gets them, its pods no other.
    files: "Callable[[Path | None], dict[str, Path]] | None" = None
    count: "Callable[[Tables], dict[str, float]] | None" = None  # figures of the raw tables, shown with the run

    def load(self, data_dir: Path | None) -> "Tables":
        """Return the raw tables, from `data_dir` if it has them, else from their original source."""

    def split(self, tables: "Tables") -> "tuple[Tables, Tables]":
        """Return the tables to train on and those to test on.

        With features, `tables` holds the table `training_set`, the entity rows with their features, and the tables
        that CARRIED names. Otherwise it holds the tables of `load`, without the rows that break the contract. It may
        take more parameters with defaults, such as a date, from the pipeline.
        """

    def train(self, tables: "Tables") -> Model:
        """Return a fitted model. It may take more parameters with defaults, such as `seed`, from the pipeline."""

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
    CARRIED: Sequence[str] = ()  # tables that `split` gets beside the training set, such as a catalogue

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
    CHECKS: Checks | None = None  # what differs from the defaults of the checks, such as a threshold
    # Signals of logged requests and their predictions, a row each, that are no field of them: the length of a text.
    live_signals: "Callable[[pd.DataFrame, pd.DataFrame], pd.DataFrame] | None" = None

    def signals(self, model: Model, tables: "Tables") -> "pd.DataFrame":
        """Return one row per prediction. Columns are scalars: numbers, texts, booleans."""


class Events(Protocol):
    """Events that change what is known of an entity, so that the next prediction knows it. `Event` is a pydantic model.

    It needs features, whose entity keys are fields of the event, and an endpoint, which takes the events.
    """

    Event: "type[BaseModel]"
    PUSH_SOURCE: str  # Feast's push source, which feeds one view

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


class Retraining(Protocol):
    """Versions that are trained anew on what is known by then, and promoted or rolled back by live labels."""

    CIRCLE: Circle | None = None  # when, and how a new version gets the requests
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
    "retraining": Retraining,
    "replay": Replay,
}
NEEDS = {"events": ("features", "endpoint"), "labels": ("endpoint",)}
NEEDS |= {"retraining": ("monitoring", "labels"), "replay": ("features", "retraining")}


def capabilities(task: ModuleType) -> set[str]:
    """Return the capabilities that a task has."""
    return {name for name, protocol in CAPABILITIES.items() if any(hasattr(task, part) for part in _parts(protocol)[0])}


def check(task: ModuleType, name: str) -> None:
    """Raise CapstanError with everything that is missing from a task or wrong with it."""
    problems = [f"it lacks {', '.join(missing)}" for missing in [_missing(task, Task)] if missing]
    for capability in sorted(capabilities(task)):
        if missing := _missing(task, CAPABILITIES[capability]):
            problems.append(f"its {capability} capability is incomplete: it lacks {', '.join(missing)}")
    for capability, protocol in CAPABILITIES.items():
        alone = [part for part in _parts(protocol)[1] if hasattr(task, part)]
        if alone and capability not in capabilities(task):
            problems.append(f"{', '.join(alone)} needs the {capability} capability")
    for capability, needed in NEEDS.items():
        if capability in capabilities(task) and (lacking := sorted(set(needed) - capabilities(task))):
            problems.append(f"its {capability} capability needs {' and '.join(lacking)}")
    problems = problems or _wrong(task)
    if problems:
        raise CapstanError(
            f"pipelines/{name}/task.py is not complete: {'; '.join(problems)}. "
            "See capstan/capstone.py for what each name is."
        )


def _missing(task: ModuleType, protocol: type) -> list[str]:
    return [part for part in _parts(protocol)[0] if not hasattr(task, part)]


def _parts(protocol: type) -> tuple[list[str], list[str]]:
    """Return the names that a protocol requires, and those that are optional."""
    values = protocol.__annotations__
    functions = [key for key, value in vars(protocol).items() if inspect.isfunction(value) and not key.startswith("_")]
    required = [key for key in values if key not in vars(protocol)] + functions
    return required, [key for key in values if key in vars(protocol)]


def _wrong(task: ModuleType) -> list[str]:
    problems = []
    if isinstance(getattr(task, "FAMILIES", ()), str):
        problems.append('FAMILIES is a tuple of names, such as ("torch",)')
    problems += resource_problems(task)
    if not task.THRESHOLDS or not all(isinstance(bound, Bound) for bound in task.THRESHOLDS.values()):
        problems.append("THRESHOLDS maps a metric to at_least(...) or at_most(...), at least one")
    for schema in ("Request", "Prediction", "Event"):
        fields = getattr(getattr(task, schema, None), "model_fields", None)
        if hasattr(task, schema) and fields is None:
            problems.append(f"{schema} is not a pydantic model")
        elif schema == "Prediction" and fields is not None and (taken := sorted(RESERVED & set(fields))):
            problems.append(f"Prediction may not have the fields {', '.join(taken)}: every answer has its own")
    problems += _unlike(task)
    if hasattr(task, "Actual") and not _is_type(task.Actual):
        problems.append("Actual is not a type that pydantic can read, such as bool, float or a model")
    if not isinstance(getattr(task, "ACTUAL_DELAY", None), timedelta | None):
        problems.append("ACTUAL_DELAY is not a timedelta")
    return problems


def _unlike(task: ModuleType) -> list[str]:
    """Return why the outcome cannot be found in the answers: what was predicted and what became true need two names."""
    outcome: Outcome | None = getattr(task, "OUTCOME", None)
    answered, asked = (getattr(getattr(task, name, None), "model_fields", {}) for name in ("Prediction", "Request"))
    if outcome is None or not answered:
        return []
    problems = []
    if outcome.prediction not in answered:
        problems.append(f"the prediction of OUTCOME, {outcome.prediction}, is no field of Prediction")
    if outcome.target in answered or outcome.target in asked:
        problems.append(f"the target of OUTCOME, {outcome.target}, is a field of the endpoint: give the label another")
    return problems


def _is_type(annotation: Any) -> bool:
    from pydantic import TypeAdapter
    from pydantic.errors import PydanticUserError

    try:
        TypeAdapter(annotation).json_schema()
    except (PydanticUserError, NameError):
        return False
    return True
