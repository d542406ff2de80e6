"""Evaluate: measure a model on the test tables, and write a report."""

from pathlib import Path

from capstan import version
from capstan.catalogue import load_task
from capstan.files import read_tables, write_json
from components.evaluate import report


def evaluate(capstone: str, model: str, test: str, scores: str, html: str) -> dict[str, float]:
    """Return the metrics of the MLflow model `model` on the tables in the folder `test`. Write the HTML report."""
    task = load_task(capstone)
    tables = read_tables(test)
    result = task.evaluate(version.load(Path(model) / version.DATA).model, tables)
    report.write(html, task.TITLE, result, {name: len(frame) for name, frame in tables.items()})
    return write_json({name: float(value) for name, value in result.metrics.items()}, scores)
