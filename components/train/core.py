"""Train: fit a capstone's model and save it as an MLflow model."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from capstan.catalogue import load
from capstan.contract.arguments import PARAMETERS, coerce_parameters, defaults
from capstan.data.files import digest, read_json, read_tables, write_json
from capstan.inputs import weights_files
from capstan.profile import profile
from capstan.versions import model_version
from components.train.mlflow_model import save

HISTORY = "history.json"  # what the training recorded, next to the version


def train(capstone: str, tables: str, model: str, parameters: dict[str, Any] | None = None, weights: str = "") -> str:
    """Fit the model on the tables in the folder `tables`, and save it to the folder `model`. Return its digest.

    With a parameter `workers` over 0, which RESOURCES of the task may set, a cluster trains on Ray workers in pods of
    their own. The digest covers the tables, the fitted model and the capstone's source. The same result gives the same
    digest. weights: the folder that the step `fetch-weights` left; "" takes them from the cache.
    Raises CapstanError for a parameter that the task's `train` does not have.
    """
    task = load(capstone)
    workers = task.RESOURCES.workers
    chosen = coerce_parameters(capstone, task.train, ({"workers": workers} if workers else {}) | (parameters or {}))
    if not profile().fit_on_ray(capstone, tables, model, chosen):
        fit(capstone, tables, model, chosen, weights)
    of_split = Path(tables) / PARAMETERS
    earlier = read_json(of_split) if of_split.is_file() else {}
    write_json(earlier | defaults(task.train) | chosen, Path(model) / PARAMETERS)
    return digest(Path(tables), Path(model) / model_version.DATA)


def fit(capstone: str, tables: str, model: str, parameters: dict[str, Any], weights: str = "") -> None:
    """Fit the model in this process, or on the Ray cluster that it belongs to."""
    task = load(capstone)
    data = read_tables(tables)
    if task.WEIGHTS:
        paths = weights_files.read_folder(weights) if weights else weights_files.fetch_all(task.WEIGHTS)
        parameters = parameters | {"weights": paths}
    fitted = task.train(data, **parameters)
    with TemporaryDirectory(prefix="capstan-version-") as folder:
        files = Path(folder) / "version"
        model_version.save(files, task, fitted)
        save(model, files, task, fitted, data)
    if fitted.history:
        write_json({"rounds": [dict(line) for line in fitted.history]}, Path(model) / HISTORY)
