"""A trained version as files: the model, the schema that it is served by, and its code.

    model.pkl      the fitted model
    artifacts/     files that belong to it, one entry per name
    code/          what its task imports of `pipelines/`, `models/`, `data_sets/` and `kernels/`, as it was when the
                   model was trained
    SHA256SUMS     the digests of all of these: see `capstan.versions.version_seal`
    schema.json    its inputs; the JSON schemas of its requests, predictions and labels; some requests as examples; its
                   feature service; the names of the weights that it reads, whose checksums are in its code: see
                   `capstan.inputs.weights_files`

A version is loaded with its own code, so a later edit of the capstone, or of what capstones share, does not change how
an earlier version reads requests and answers them. The package `capstan` comes from the process that loads it; where
the process has none, MLflow finds the copy that it keeps with the version.
"""

import copy
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module, invalidate_caches
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from capstan.contract.capstone import Capstone, capstone_of
from capstan.contract.model import Model
from capstan.errors import CapstanError
from capstan.inputs import weights_files
from capstan.versions import version_code, version_seal
from capstan.versions.version_code import PACKAGES, VersionCode

if TYPE_CHECKING:
    import pandas as pd

DATA = "data/version"  # where MLflow puts the folder `version` in the folder of a model
CODE, SCHEMA = "code", "schema.json"
EXAMPLES, EXAMPLE_CHARACTERS = 5, 100_000
_CACHES = Lock()  # two threads that invalidate them at once may both delete an entry, and the second fails


@dataclass(frozen=True)
class Version:
    """A model, the capstone as it was when the model was trained, and its stored schema."""

    model: Model
    task: Capstone
    schema: dict[str, Any]


def schema_of(task: Capstone, model: Model) -> dict[str, Any]:
    """Return the content of a version's schema.json."""
    from pydantic import TypeAdapter

    schema: dict[str, Any] = {"capstone": task.name, "inputs": dict(model.inputs)}
    if "endpoint" in task.capabilities:
        schema["request"] = task.Request.model_json_schema()
        schema["examples"] = []
        schema["prediction"] = task.Prediction.model_json_schema(mode="serialization")
    if "features" in task.capabilities:
        schema["feature_service"] = task.FEATURE_SERVICE
        schema["entity_keys"] = list(task.ENTITY_KEYS)
    if "events" in task.capabilities:
        schema["event"] = task.Event.model_json_schema()
    if "labels" in task.capabilities:
        schema["actual"] = TypeAdapter(task.Actual).json_schema()
    if model.weight_files:
        schema["weights"] = _stated(task, model)
    return schema


def save(folder: Path, task: Capstone, model: Model) -> None:
    """Write a version's files to a new folder."""
    import cloudpickle

    folder.mkdir(parents=True)
    for key, path in model.artifacts.items():
        target = folder / "artifacts" / key
        target.parent.mkdir(exist_ok=True)
        shutil.copytree(path, target) if Path(path).is_dir() else shutil.copy2(path, target)
    version_code.copy(task.name, folder / CODE)
    (folder / SCHEMA).write_text(json.dumps(schema_of(task, model), indent=2) + "\n")
    if model.weight_files:
        model = copy.copy(model)
        model.weight_files = {}  # a version does not depend on where the files were
    (folder / "model.pkl").write_bytes(cloudpickle.dumps(model))
    version_seal.write(folder)


def add_examples(folder: Path, examples: Sequence[Mapping[str, Any]]) -> None:
    """Add to a version's files the requests that its page offers."""
    schema = json.loads((folder / SCHEMA).read_text()) | {"examples": _short(examples)}
    (folder / SCHEMA).write_text(json.dumps(schema, indent=2) + "\n")
    version_seal.write(folder)


def load(folder: Path | str, name: str = "", registered: Mapping[str, str] | None = None) -> Version:
    """Return the version whose files are in a folder. Raises CapstanError when it cannot be loaded.

    name, registered: its capstone and its tags in the registry, where it comes from there. Raises DamagedVersion
    before any of its code runs, when the files are not those that were saved.
    """
    folder = Path(folder)
    try:
        version_seal.check(folder, name, registered)
    except CapstanError as error:
        raise type(error)(f"The model in {folder} cannot be loaded: {error}") from error
    try:
        schema = json.loads((folder / SCHEMA).read_text())
        with _CACHES:
            invalidate_caches()
        code = _code_of(folder, schema["capstone"])
        with code.active():
            task = import_module(f"pipelines.{schema['capstone']}.task")
        with (folder / "model.pkl").open("rb") as file:
            model = code.unpickle(file)
    except Exception as error:  # an older version's code may raise anything
        raise CapstanError(f"The model in {folder} cannot be loaded: {type(error).__name__}: {error}") from error
    if model.artifacts:
        model.artifacts = {key: folder / "artifacts" / key for key in model.artifacts}
    capstone = capstone_of(schema["capstone"], task)
    if names := schema.get("weights"):
        model.weight_files = weights_files.fetch_all({name: capstone.WEIGHTS[name] for name in names})
    return Version(model, capstone, schema)


def _short(examples: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the first examples as JSON, as many as are offered and as a page can read quickly."""
    kept: list[dict[str, Any]] = []
    for example in examples[:EXAMPLES]:
        text = json.dumps(example, default=str)
        if len(text) <= EXAMPLE_CHARACTERS:
            kept.append(json.loads(text))
    return kept


def _stated(task: Capstone, model: Model) -> list[str]:
    """Return the names of the weights that a model reads."""
    names = sorted(model.weight_files)
    if unknown := [name for name in names if name not in task.WEIGHTS]:
        raise CapstanError(f"The model reads the weights {', '.join(unknown)}. Add them to WEIGHTS of its task.")
    return names


def _code_of(folder: Path, name: str) -> VersionCode:
    """Return the code of the version in a folder."""
    if (folder / CODE).is_dir():
        return VersionCode({package: folder / CODE / package for package in PACKAGES})
    # Registered before versions carried all their code: the capstone's own files alone, flat.
    return VersionCode({"pipelines": folder / "pipelines", f"pipelines.{name}": folder / "capstone"})


class _Pyfunc:
    """The model as users of MLflow see it: a frame goes in, a frame of predictions comes out."""

    def __init__(self, version: Version):
        self.version = version

    def predict(self, model_input: "pd.DataFrame", params: dict[str, Any] | None = None) -> "pd.DataFrame":
        import pandas as pd

        model, missing = self.version.model, [None] * len(model_input)
        columns = {name: model_input[name].tolist() if name in model_input else missing for name in model.inputs}
        answer = model.predict_columns(columns)
        return pd.DataFrame({field: list(values) for field, values in answer.items()}, index=model_input.index)


def _load_pyfunc(folder: str) -> _Pyfunc:
    """Return the model. MLflow calls this function of the module that the MLmodel file names."""
    return _Pyfunc(load(folder))
