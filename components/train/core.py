"""Train: fit a capstone's model and save it as an MLflow model."""

from importlib.metadata import version
from pathlib import Path

import pandas as pd

from capstan.catalogue import load_task
from capstan.files import digest, source_digest

REQUIREMENTS = ["mlflow", "lightgbm", "numpy", "pandas", "scikit-learn", "cloudpickle"]


def train(capstone: str, rows: str, model: str, seed: int, workers: int, tune: int) -> str:
    """Save the model fitted on the parquet file `rows` to the folder `model`; return its digest.

    The digest is of everything the model came from: rows, code, versions and parameters. Equal digests, equal models.
    """
    import mlflow

    task = load_task(capstone)
    frame = pd.read_parquet(rows)
    fitted = task.train(frame, task.INPUTS, seed=seed, workers=workers, tune=tune)
    example = frame[task.INPUTS].dropna().head(3).reset_index(drop=True)
    mlflow.pyfunc.save_model(
        model,
        python_model=fitted,
        signature=mlflow.models.infer_signature(example, fitted.predict(None, example)),
        input_example=example,
        pip_requirements=[f"{package}=={version(package)}" for package in REQUIREMENTS],
    )
    return digest(Path(rows), source_digest(capstone), f"{seed} {tune}")
