"""Versions of a capstone's model that a test makes, in the registry of the settings."""

from pathlib import Path
from tempfile import TemporaryDirectory

from capstan import catalogue, registry, version
from capstan.model import Model
from capstan.settings import settings
from components.train.mlflow_model import signature


def register(name: str, model: Model, **tags: str) -> str:
    """Register a model as an accepted version of a capstone, served by its present source; return its number."""
    import mlflow

    mlflow.set_tracking_uri(settings().tracking_uri)
    mlflow.set_experiment(name)
    with TemporaryDirectory() as folder, mlflow.start_run() as run:
        files = Path(folder) / "version"
        version.save(files, name, catalogue.load_task(name), model)
        logged = mlflow.pyfunc.log_model(
            name="model",
            loader_module=version.LOADER,
            data_path=str(files),
            signature=signature(model),
            pip_requirements=[],
        )
    return registry.create_version(name, logged.model_id, run.info.run_id, {"verdict": "accepted"} | tags).version


def edit_source(name: str, number: str, edit) -> str:
    """Register a copy of a version whose stored source was edited; return the copy's number.

    edit: a function of the text of `task.py`.
    """
    import mlflow

    mlflow.set_tracking_uri(settings().tracking_uri)
    mlflow.set_experiment(name)
    with TemporaryDirectory() as folder, mlflow.start_run() as run:
        saved = Path(mlflow.artifacts.download_artifacts(f"models:/{name}/{number}", dst_path=folder))
        task = saved / version.DATA / "capstone" / "task.py"
        task.write_text(edit(task.read_text()))
        found = mlflow.models.Model.load(str(saved))
        logged = mlflow.pyfunc.log_model(
            name="model",
            loader_module=version.LOADER,
            data_path=str(saved / version.DATA),
            signature=found.signature,
            pip_requirements=[],
        )
    return registry.create_version(name, logged.model_id, run.info.run_id, {"verdict": "accepted"}).version
