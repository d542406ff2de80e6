"""Evaluate: measure a model on the test tables, and write a report."""

from pathlib import Path

from capstan.data.files import read_tables, write_json
from capstan.versions import model_version
from components.evaluate import report
from components.evaluate import units as by_unit


def evaluate(model: str, test: str, scores: str, units: str, html: str) -> dict[str, float]:
    """Return the metrics of the MLflow model `model` on the tables in the folder `test`. Write the HTML report.

    The folder `units` gets the metrics by sampled unit, for the gate. The version measures itself: it is the code that
    trained it.
    """
    version = model_version.load(Path(model) / model_version.DATA)
    tables = read_tables(test)
    result = version.task.evaluate(version.model, tables)
    report.write(html, version.task.TITLE, result, {name: len(frame) for name, frame in tables.items()})
    by_unit.write(by_unit.of(result), units)
    return write_json({name: float(value) for name, value in result.metrics.items()}, scores)
