"""A version's files as an MLflow model: with a signature, an input example and pinned requirements."""

from collections.abc import Collection
from importlib.metadata import version as installed
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from packaging.version import Version

from capstan.contract.capstone import Capstone
from capstan.contract.model import Answer, Model
from capstan.contract.request_check import refusal
from capstan.data.batches import Batches
from capstan.errors import CapstanError
from capstan.versions import version_code

if TYPE_CHECKING:
    import pandas as pd

    from capstan.contract.capstone import Tables

# Of every model, besides its own: what loads it imports them.
REQUIREMENTS = (
    "mlflow",
    "cloudpickle",
    "cryptography",
    "httpx",
    "packaging",
    "pandas",
    "pydantic",
    "pydantic-settings",
)


def save(path: str, files: Path, task: Capstone, model: Model, tables: "Tables") -> None:
    """Save the version whose files are in the folder `files`, called `version`, as an MLflow model.

    It carries the modules of Capstan that load it, for those who have MLflow and not Capstan.
    """
    import mlflow

    example = _example(task, model, tables)
    answer = model.predict_columns({name: example[name].tolist() for name in model.inputs})
    with TemporaryDirectory(prefix="capstan-") as core:
        version_code.copy_core(task.name, Path(core))
        mlflow.pyfunc.save_model(
            path,
            loader_module=version_code.STANDALONE.stem,
            data_path=str(files),
            code_paths=[str(path) for path in sorted(Path(core).iterdir())],
            signature=signature(model, answer, _required(task)),
            input_example=_readable(example, model),
            pip_requirements=requirements(model),
        )


def _type(kind: str) -> Any:
    from mlflow.types.schema import Array, DataType

    return Array(_type(kind.removesuffix("[]"))) if kind.endswith("[]") else DataType[kind]


def signature(model: Model, answer: Answer | None = None, required: Collection[str] = ()) -> Any:
    """Return the MLflow signature of a model. Inputs that are not required may be missing.

    answer: one of the model, whose fields are the outputs.
    """
    from mlflow.models import ModelSignature, infer_signature
    from mlflow.types import ColSpec, Schema

    inputs = Schema([ColSpec(_type(kind), name, required=name in required) for name, kind in model.inputs.items()])
    return ModelSignature(inputs, infer_signature(None, _frame(answer)).outputs if answer else None)


def requirements(model: Model) -> list[str]:
    """Return the packages that a model needs, each with its installed version.

    Of a local build, such as `torch==2.13.0+cpu`, the public version: the index of another machine may not have it.
    """
    packages = dict.fromkeys([*REQUIREMENTS, *model.requirements])
    return [f"{package}=={Version(installed(package)).public}" for package in packages]


def _required(task: Capstone) -> list[str]:
    """Return the fields that every request has. Features may all be missing."""
    if "endpoint" not in task.capabilities:
        return []
    return [name for name, field in task.Request.model_fields.items() if field.is_required()]


def _example(task: Capstone, model: Model, tables: "Tables") -> "pd.DataFrame":
    """Return up to three rows of the model's inputs: from a table that has them all, else from the task's examples."""
    import pandas as pd

    has = task.capabilities
    if "endpoint" in has and "features" not in has:
        requests = [_request(task, number, row) for number, row in enumerate(task.examples(tables))]
        rows = pd.DataFrame([{name: getattr(request, name) for name in model.inputs} for request in requests])
        instants = [name for name, kind in model.inputs.items() if kind == "datetime"]
        # MLflow's instants have no zone; ours are in UTC.
        return rows.assign(**{name: pd.to_datetime(rows[name], utc=True).dt.tz_localize(None) for name in instants})
    for table in (each.head(1_000) if isinstance(each, Batches) else each for each in tables.values()):
        if set(model.inputs) <= set(table.columns):
            numbers = [name for name, kind in model.inputs.items() if kind == "double"]
            rows = table[list(model.inputs)].dropna().head(3)
            rows = table[list(model.inputs)].head(3) if rows.empty else rows
            return rows.astype(dict.fromkeys(numbers, float)).reset_index(drop=True)
    raise CapstanError(
        f"No table that `split` returns has all inputs of the model: {', '.join(model.inputs)}. Add them, or give the "
        "task an endpoint, whose examples have them."
    )


def _readable(example: "pd.DataFrame", model: Model) -> "pd.DataFrame":
    """Return an example that MLflow can read again: of bytes that are missing it cannot."""
    files = [name for name, kind in model.inputs.items() if kind == "binary"]
    whole = example.dropna(subset=files)
    return example.drop(columns=files) if whole.empty else whole


def _request(task: Capstone, number: int, row: dict[str, Any]) -> Any:
    import json

    if refused := refusal(task.Request, row):
        raise CapstanError(
            f"`examples` of pipelines/{task.name}/task.py returned a row, number {number}, that its Request refuses: "
            f"{refused}. Leave out, or give None, what has no value."
        )
    return task.Request.model_validate_json(json.dumps(row, default=str))


def _frame(answer: Answer) -> "pd.DataFrame":
    import numpy as np
    import pandas as pd

    plain = {
        name: [value.tolist() if isinstance(value, np.ndarray) else value for value in values]
        for name, values in answer.items()
    }
    return pd.DataFrame(plain)
