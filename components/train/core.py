"""Train: fit a capstone's model and save it as an MLflow model."""

import inspect
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

from capstan import version
from capstan.catalogue import load_task
from capstan.errors import CapstanError
from capstan.files import digest, read_tables
from capstan.profile import profile
from components.train.mlflow_model import save


def train(capstone: str, tables: str, model: str, parameters: dict[str, Any] | None = None) -> str:
    """Fit the model on the tables in the folder `tables`, and save it to the folder `model`. Return its digest.

    With a parameter `workers` over 0, a cluster trains on Ray workers in pods of their own. The digest covers the
    tables, the fitted model and the capstone's source. The same result gives the same digest.
    Raises CapstanError for a parameter that the task's `train` does not have.
    """
    chosen = typed(capstone, load_task(capstone), parameters or {})
    if not profile().fit_on_ray(capstone, tables, model, chosen):
        fit(capstone, tables, model, chosen)
    return digest(Path(tables), Path(model) / version.DATA)


def fit(capstone: str, tables: str, model: str, parameters: dict[str, Any]) -> None:
    """Fit the model in this process, or on the Ray cluster that it belongs to."""
    task = load_task(capstone)
    data = read_tables(tables)
    fitted = task.train(data, **parameters)
    with TemporaryDirectory(prefix="capstan-version-") as folder:
        files = Path(folder) / "version"
        version.save(files, capstone, task, fitted)
        save(model, files, task, fitted, data)


def typed(capstone: str, task: ModuleType, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return parameters of a task's `train` with the types of their defaults.

    KFP passes numbers inside a dict as text or as doubles. Raises CapstanError for a parameter that `train` lacks, or
    a value that does not fit.
    """
    known = dict(list(inspect.signature(task.train).parameters.items())[1:])
    if unknown := sorted(set(parameters) - set(known)):
        raise CapstanError(
            f"`train` of pipelines/{capstone}/task.py has no parameter {', '.join(unknown)}. It has: "
            f"{', '.join(known) or 'none'}."
        )
    return {name: _as(known[name].default, name, value) for name, value in parameters.items()}


def _as(default: object, name: str, value: Any) -> Any:
    if isinstance(value, str) and not isinstance(default, str):
        try:
            value = json.loads(value.lower() if isinstance(default, bool) else value)
        except ValueError:
            raise CapstanError(f"The parameter {name} is {value!r}; expected a {type(default).__name__}.") from None
    if isinstance(default, int) and isinstance(value, float) and value.is_integer():
        return type(default)(value)
    return value
