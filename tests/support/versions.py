"""Versions of a capstone's model that a test makes, in the registry of the settings."""

from pathlib import Path
from tempfile import TemporaryDirectory

from capstan import catalogue
from capstan.contract.model import Model
from capstan.settings import settings
from capstan.versions import model_version, registry, version_seal
from components.train.mlflow_model import signature


def register(name: str, model: Model, **tags: str) -> str:
    """Register a model as an accepted version of a capstone, served by its present source; return its number."""
    import mlflow

    mlflow.set_tracking_uri(settings().tracking_uri)
    mlflow.set_experiment(name)
    with TemporaryDirectory() as folder, mlflow.start_run() as run:
        files = Path(folder) / "version"
        model_version.save(files, catalogue.load(name), model)
        logged = mlflow.pyfunc.log_model(
            name="model",
            loader_module=model_version.__name__,
            data_path=str(files),
            signature=signature(model),
            pip_requirements=[],
        )
        seal = version_seal.tags(name, files)
    return registry.create_version(
        name, logged.model_id, run.info.run_id, {"verdict": "accepted"} | seal | tags
    ).version


def edit_source(name: str, number: str, edit) -> str:
    """Register a copy of a version whose stored source was edited; return the copy's number.

    edit: a function of the text of `task.py`.
    """
    import mlflow

    mlflow.set_tracking_uri(settings().tracking_uri)
    mlflow.set_experiment(name)
    with TemporaryDirectory() as folder, mlflow.start_run() as run:
        saved = Path(mlflow.artifacts.download_artifacts(f"models:/{name}/{number}", dst_path=folder))
        task = saved / model_version.DATA / model_version.CODE / "pipelines" / name / "task.py"
        task.write_text(edit(task.read_text()))
        version_seal.write(saved / model_version.DATA)
        tags = {"verdict": "accepted"} | version_seal.tags(name, saved / model_version.DATA)
        model = mlflow.models.Model.load(str(saved))
        logged = mlflow.pyfunc.log_model(
            name="model",
            loader_module=model_version.__name__,
            data_path=str(saved / model_version.DATA),
            signature=model.signature,
            pip_requirements=[],
        )
    return registry.create_version(name, logged.model_id, run.info.run_id, tags).version


def find(name: str, tags: dict[str, str]) -> registry.ModelVersion | None:
    """Return the newest version that carries all these tags, or None."""
    return next((version for version in registry.versions(name) if tags.items() <= version.tags.items()), None)
