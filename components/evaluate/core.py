"""Evaluate: score a model on the test set and show it in a report."""

import pandas as pd

from capstan.catalogue import load_task
from capstan.files import write_json
from components.evaluate import metrics, report


def evaluate(capstone: str, model: str, test: str, scores: str, html: str) -> dict[str, float]:
    """Return the metrics of the MLflow model `model` on the parquet file `test`; write the HTML report."""
    import mlflow

    task = load_task(capstone)
    rows = pd.read_parquet(test)
    probability = mlflow.pyfunc.load_model(model).unwrap_python_model().predict(None, rows)
    result = metrics.score(rows[task.LABEL].to_numpy(), probability)
    slices = {column: metrics.by_slice(rows, task.LABEL, probability, column) for column in task.SLICES}
    report.write(html, task, rows, probability, result, slices)
    return write_json(result, scores)
