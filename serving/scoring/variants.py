"""The variants of a capstone: the model versions that have a role, loaded and ready to score."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from capstan.contract.model import Model
from capstan.errors import CapstanError
from capstan.versions import registry
from capstan.versions.model_version import Version
from capstan.versions.version_cache import HeldFiles
from capstan.versions.version_code import todays
from serving.errors import one_line
from serving.schema.rows import Row
from serving.scoring.features import FeatureTransformer, Report

if TYPE_CHECKING:
    from feast import FeatureStore

log = logging.getLogger("serving")


class NoEndpoint(CapstanError):
    """The version's task has no endpoint, so there is nothing to serve."""


@dataclass(frozen=True)
class Variant:
    """One model version in its role. Immutable: a request keeps the variant that it started with."""

    name: str  # of the capstone
    role: str
    version: str
    loaded: Version
    transformer: FeatureTransformer | None = None
    defaults: Mapping[str, Any] | None = None  # what features are taken to be when the online store fails
    files: HeldFiles | None = None  # go with the last variant that needs them

    @cached_property
    def model(self) -> Model:
        """The fitted model."""
        return self.loaded.model

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The inputs of the model."""
        return tuple(self.model.inputs)

    @cached_property
    def label(self) -> str:
        """The version's name in messages."""
        return f"Version {self.version} of {self.name!r}"

    @cached_property
    def _fields(self) -> tuple[str, ...]:
        known = set(self.transformer.features) if self.transformer else set()
        return tuple(column for column in self.columns if column not in known)

    def fields(self, rows: Sequence[Row]) -> dict[str, list[Any]]:
        """Return the columns that are fields of the request, n values each."""
        requests = [vars(row.request) for row in rows]
        if len(requests) == 1:  # as most are: a comprehension for each column would take three times as long
            return {name: [requests[0][name]] for name in self._fields}
        return {name: [request[name] for request in requests] for name in self._fields}

    def fall_back(self, rows: Sequence[Row]) -> tuple[dict[str, list[Any]], list[Report]]:
        """Return the model's columns and n reports by the defaults, without the online store."""
        names, defaults = self.transformer.features if self.transformer else [], self.defaults or {}
        report = [name for name in names if name not in defaults], [name for name in names if name in defaults]
        features = {name: [defaults.get(name)] * len(rows) for name in names}
        return features | self.fields(rows), [Report(missing=report[0], defaults=report[1]) for _ in rows]

    @cached_property
    def explains(self) -> bool:
        """Whether the model has the optional method `explain_columns`."""
        return callable(getattr(self.model, "explain_columns", None))

    @cached_property
    def streams(self) -> bool:
        """Whether the model has the optional method `engine` or `stream`."""
        return self.batches_streams or callable(getattr(self.model, "stream", None))

    @cached_property
    def chats(self) -> bool:
        """Whether it streams, and the model has the optional method `chat`."""
        return self.streams and callable(getattr(self.model, "chat", None))

    @cached_property
    def predicts(self) -> bool:
        """Whether it answers whole predictions, by `:predict` and `infer`."""
        return not self.loaded.task.STREAMS_ONLY

    @cached_property
    def batches_streams(self) -> bool:
        """Whether the model has the optional method `engine`."""
        return callable(getattr(self.model, "engine", None))


OpenStore = Callable[[str], "FeatureStore"]  # of a capstone, by its name


def load_variants(
    name: str, wanted: Mapping[str, str], open_store: OpenStore, held: Mapping[str, Variant]
) -> tuple[dict[str, Variant], dict[str, str]]:
    """Return the variants of some roles, and why others could not be loaded, both by role.

    `wanted` maps a role to a version. Each role loads by itself. The model of a version that is `held` is not loaded
    again. A champion that cannot be replaced stays. Raises NoEndpoint.
    """
    loaded: dict[str, Variant] = {}
    unloadable: dict[str, str] = {}
    for role, version in wanted.items():
        try:
            same = next((v for v in [*held.values(), *loaded.values()] if v.version == version), None)
            variant = load_variant(name, role, version, open_store, same)
            if variant.batches_streams and not same:
                variant.model.engine()  # so that the model makes its network now: the first stream would wait for it
            loaded[role] = variant
        except NoEndpoint:
            raise
        except Exception as error:
            unloadable[role] = str(error) or type(error).__name__
            if not isinstance(error, CapstanError):
                log.exception("%s: version %s, the %s, cannot be loaded", name, version, role)
            kept = held.get(role)
            if kept and (kept.version == version or role == "champion"):
                loaded[role] = kept
    return loaded, unloadable


def load_variant(
    name: str,
    role: str,
    version: str,
    open_store: OpenStore,
    same: Variant | None = None,
    transformer: type[FeatureTransformer] = FeatureTransformer,
) -> Variant:
    """Return a version, ready to score. same: one that is loaded already. transformer: what reads features.

    Raises CapstanError where it cannot be loaded, NoEndpoint where it is not made to answer.
    """
    if same:
        loaded, files = same.loaded, same.files
    else:
        loaded, files = _download(name, version)
    task, service = loaded.task, loaded.schema.get("feature_service")
    if "request" not in loaded.schema:
        raise NoEndpoint(f"Version {version} of {name!r} has no endpoint: its task has no Request and Prediction.")
    columns = tuple(loaded.model.inputs)
    with todays():  # Feast imports the functions of on-demand views by name
        reader = transformer(open_store(name), service, task.Request, columns) if service else None
    features = set(reader.features if reader else ())
    defaults = task.FEATURE_DEFAULTS
    if unknown := sorted(set(defaults) - features):
        raise CapstanError(f"FEATURE_DEFAULTS of {name!r} names {unknown}, which its feature service lacks.")
    if lacking := [column for column in columns if column not in features | set(task.Request.model_fields)]:
        raise CapstanError(
            f"Version {version} of {name!r} needs the columns {lacking}, which neither its feature service ({service}) "
            "nor its request has."
        )
    variant = Variant(name, role, version, loaded, reader, defaults, files)
    if not (variant.predicts or variant.streams):
        raise CapstanError(f"STREAMS_ONLY of {name!r} leaves no way to ask: its model has no `engine` and no `stream`.")
    return variant


def _download(name: str, version: str) -> tuple[Version, HeldFiles]:
    try:
        return registry.open_version(name, version)
    except CapstanError as error:
        raise CapstanError(one_line(str(error)).replace("cannot be downloaded", "cannot be loaded", 1)) from error
