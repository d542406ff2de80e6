"""A trained version as files: the model, the schema that it is served by, and the source of its capstone.

    model.pkl      the fitted model
    artifacts/     files that belong to it, one entry per name
    capstone/      the Python files of `pipelines/NAME` as they were when the model was trained
    schema.json    its inputs; the JSON schemas of its requests, predictions and labels; its feature service

A version is loaded with its own source, so a later edit of the capstone does not change how an earlier version reads
requests. The packages `capstan` and `models` come from the process that loads it.
"""

import json
import pickle
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module, invalidate_caches
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from capstan import catalogue
from capstan.capstone import capabilities
from capstan.errors import CapstanError
from capstan.model import Model

if TYPE_CHECKING:
    import pandas as pd

LOADER = "capstan.version"  # MLflow loads a version with this module
DATA = "data/version"  # where MLflow puts the folder `version` in the folder of a model

_importing = threading.RLock()


@dataclass(frozen=True)
class Version:
    """A model, the task module that it was trained by, and its stored schema."""

    model: Model
    task: ModuleType
    schema: dict[str, Any]


def schema_of(name: str, task: ModuleType, model: Model) -> dict[str, Any]:
    """Return the content of a version's schema.json."""
    from pydantic import TypeAdapter

    found: dict[str, Any] = {"capstone": name, "inputs": dict(model.inputs)}
    if "endpoint" in capabilities(task):
        found["request"] = task.Request.model_json_schema()
        found["prediction"] = task.Prediction.model_json_schema(mode="serialization")
    if "features" in capabilities(task):
        found["feature_service"] = task.FEATURE_SERVICE
        found["entity_keys"] = list(task.ENTITY_KEYS)
    if "events" in capabilities(task):
        found["event"] = task.Event.model_json_schema()
    if "labels" in capabilities(task):
        found["actual"] = TypeAdapter(task.Actual).json_schema()
    return found


def save(folder: Path, name: str, task: ModuleType, model: Model) -> None:
    """Write a version's files to a new folder."""
    import cloudpickle

    folder.mkdir(parents=True)
    for key, path in model.artifacts.items():
        target = folder / "artifacts" / key
        target.parent.mkdir(exist_ok=True)
        shutil.copytree(path, target) if Path(path).is_dir() else shutil.copy2(path, target)
    for source in catalogue.modules(name):
        (folder / "capstone").mkdir(exist_ok=True)
        shutil.copy2(source, folder / "capstone" / source.name)
    (folder / "schema.json").write_text(json.dumps(schema_of(name, task, model), indent=2) + "\n")
    (folder / "model.pkl").write_bytes(cloudpickle.dumps(model))


def load(folder: Path | str) -> Version:
    """Return the version whose files are in a folder. Raises CapstanError when it cannot be loaded."""
    folder = Path(folder)
    try:
        schema = json.loads((folder / "schema.json").read_text())
        with _own_source(schema["capstone"], folder / "capstone"):
            task = import_module(f"pipelines.{schema['capstone']}.task")
            with (folder / "model.pkl").open("rb") as file:
                model = pickle.load(file)
    except Exception as error:  # an older version's code may raise anything
        raise CapstanError(f"The model in {folder} cannot be loaded: {type(error).__name__}: {error}") from error
    if model.artifacts:
        model.artifacts = {key: folder / "artifacts" / key for key in model.artifacts}
    return Version(model, task, schema)


@contextmanager
def _own_source(name: str, source: Path) -> Iterator[None]:
    """Import `pipelines.NAME` from a folder inside the block. After it, the name means what it meant before.

    Modules keep what they have imported. An import inside a function that runs later finds the current code.
    """
    package = f"pipelines.{name}"
    with _importing:
        catalogue.add_search_path()
        import pipelines

        saved = {key: sys.modules.pop(key) for key in _modules(package)}
        own = ModuleType(package)
        own.__path__ = [str(source)]
        own.__package__ = package
        had = getattr(pipelines, name, None)
        sys.modules[package] = own
        setattr(pipelines, name, own)
        invalidate_caches()
        try:
            yield
        finally:
            for key in _modules(package):
                del sys.modules[key]
            sys.modules.update(saved)
            if had is not None:
                setattr(pipelines, name, had)
            else:
                delattr(pipelines, name)


def _modules(package: str) -> list[str]:
    """Return the names of a package's modules that are imported. Other threads may import more meanwhile."""
    return [name for name in sys.modules.copy() if name == package or name.startswith(f"{package}.")]


class _Pyfunc:
    """The model as users of MLflow see it: a frame goes in, a frame of predictions comes out."""

    def __init__(self, version: Version):
        self.version = version

    def predict(self, model_input: "pd.DataFrame", params: dict[str, Any] | None = None) -> "pd.DataFrame":
        import pandas as pd

        model = self.version.model
        answer = model.predict_columns({name: model_input[name].tolist() for name in model.inputs})
        return pd.DataFrame({field: list(values) for field, values in answer.items()}, index=model_input.index)


def _load_pyfunc(folder: str) -> _Pyfunc:
    """Return the model. MLflow calls this function of the module that the MLmodel file names."""
    return _Pyfunc(load(folder))
