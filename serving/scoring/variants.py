"""The variants of a capstone: the model versions that the registry's aliases point to, loaded and ready to score."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType

import numpy as np
from pydantic import BaseModel

from capstan import registry
from capstan.errors import CapstanError
from capstan.settings import settings
from serving.scoring.features import FeatureTransformer, Report

ALIASES = ("champion", "challenger")


@dataclass(frozen=True)
class Variant:
    """One model version under the alias it answers to. Immutable: a request keeps the variant it started with."""

    alias: str
    version: str
    run_id: str
    model: object
    columns: tuple[str, ...]
    transformer: FeatureTransformer | None
    defaults: Mapping[str, object] | None = None  # what features are taken to be when the online store fails

    def transform(self, requests: Sequence[BaseModel]) -> tuple[dict[str, list], list[Report]]:
        """Return the model's columns, n values each, and n reports. Without a feature service they are the fields."""
        if self.transformer is None:
            features, reports = {}, [Report() for _ in requests]
        else:
            features, reports = self.transformer.transform(requests)
        return self._with_fields(features, requests), reports

    def fall_back(self, requests: Sequence[BaseModel]) -> tuple[dict[str, list], list[Report]]:
        """Return what `transform` does, by the defaults and without the online store."""
        names, n = self.transformer.features, len(requests)
        missing, given = [k for k in names if k not in self.defaults], [k for k in names if k in self.defaults]
        features = {name: [self.defaults.get(name)] * n for name in names}
        return self._with_fields(features, requests), [Report(missing=missing, defaults=given) for _ in requests]

    def _with_fields(self, features: dict[str, list], requests: Sequence[BaseModel]) -> dict[str, list]:
        fields = [name for name in self.columns if name not in features]
        return features | {name: [getattr(request, name) for request in requests] for name in fields}

    @property
    def explains(self) -> bool:
        """Whether the model has the optional method `explain_columns`."""
        return callable(getattr(self.model, "explain_columns", None))

    def predict(self, columns: dict[str, list]) -> np.ndarray:
        """Return n scores. The model's own fast path: pyfunc's schema check alone would cost a millisecond."""
        return np.asarray(self.model.predict_columns(columns), dtype=np.float64)

    def explain(self, columns: dict[str, list]) -> tuple[np.ndarray, np.ndarray]:
        """Return base, shape (n,), and contributions, shape (n, len(self.columns)), in log-odds."""
        base, contributions = self.model.explain_columns(columns)
        return np.asarray(base, dtype=np.float64), np.asarray(contributions, dtype=np.float64)


def load_variants(
    name: str,
    task: ModuleType,
    open_store: Callable[[], object],
    held: dict[str, Variant],
    aliases: Sequence[str] = ALIASES,
) -> dict[str, Variant]:
    """Return the variants whose alias is set, alias -> variant. A version that is held already is not loaded again.

    Raises CapstanError when the registry does not answer or a model cannot serve.
    """
    loaded = {}
    for alias in aliases:
        found = registry.by_alias(name, alias)
        if found is None:
            continue
        same = [v for v in held.values() if (v.version, v.run_id) == (found.version, found.run_id)]
        model, columns = (same[0].model, same[0].columns) if same else _load_model(name, found.version)
        transformer, defaults = None, getattr(task, "FEATURE_DEFAULTS", None)
        if task.FEATURE_SERVICE:
            transformer = FeatureTransformer(open_store(), task.FEATURE_SERVICE, task.Request, columns)
        if defaults and (unknown := sorted(set(defaults) - set(transformer.features if transformer else ()))):
            raise CapstanError(f"FEATURE_DEFAULTS of {name!r} names {unknown}, which its feature service lacks.")
        known = set(task.Request.model_fields) | set(transformer.features if transformer else ())
        if lacking := [column for column in columns if column not in known]:
            raise CapstanError(
                f"Version {found.version} of {name!r} needs the columns {lacking}, which neither its feature service "
                f"({task.FEATURE_SERVICE}) nor its request has."
            )
        loaded[alias] = Variant(alias, found.version, found.run_id, model, columns, transformer, defaults)
    return loaded


def _load_model(name: str, version: str) -> tuple[object, tuple[str, ...]]:
    import mlflow

    mlflow.set_tracking_uri(settings().tracking_uri)
    try:
        pyfunc = mlflow.pyfunc.load_model(f"models:/{name}/{version}")
        model = pyfunc.unwrap_python_model()
    except (mlflow.MlflowException, OSError) as error:
        raise CapstanError(f"Version {version} of {name!r} cannot be loaded: {error}") from error
    if not callable(getattr(model, "predict_columns", None)) or pyfunc.metadata.signature is None:
        raise CapstanError(f"Version {version} of {name!r} cannot serve: it needs `predict_columns` and a signature.")
    return model, tuple(pyfunc.metadata.signature.inputs.input_names())
