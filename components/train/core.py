"""Train: fit a capstone's model and save it as an MLflow model."""

from importlib.metadata import version
from pathlib import Path

import pandas as pd

from capstan.catalogue import load_task
from capstan.files import digest

REQUIREMENTS = ["mlflow", "lightgbm", "numpy", "pandas", "scikit-learn", "cloudpickle"]


def train(capstone: str, rows: str, model: str, seed: int, workers: int, tune: int) -> str:
    """Save the model fitted on the parquet file `rows` to the folder `model`; return its digest.

    The digest is of the rows and of the fitted model itself: training again to the same result is the same model.
    """
    import mlflow

    task = load_task(capstone)
    frame = pd.read_parquet(rows)
    fitted = task.train(frame, task.INPUTS, seed=seed, workers=workers, tune=tune)
    numbers = [column for column in task.INPUTS if column not in task.CATEGORIES]
    example = frame[task.INPUTS].dropna().head(3).astype(dict.fromkeys(numbers, float)).reset_index(drop=True)
    mlflow.pyfunc.save_model(
        model,
        python_model=fitted,
        signature=_signature(task.INPUTS, task.CATEGORIES),
        input_example=example,
        pip_requirements=[f"{package}=={version(package)}" for package in REQUIREMENTS],
    )
    return digest(Path(rows), Path(model) / "python_model.pkl")


def _signature(inputs: list[str], categories: list[str]):
    """Return the MLflow signature: categories are strings, all else doubles, and any value may be missing."""
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema

    columns = [ColSpec("string" if name in categories else "double", name, required=False) for name in inputs]
    return ModelSignature(Schema(columns), Schema([ColSpec("double")]))
