"""Evidently reports: drift of the inputs and the prediction, and how good the model still is."""

from pathlib import Path

import pandas as pd

from capstan.catalogue import load_task
from capstan.files import whole

# Evidently's tests take minutes on a million rows and tell the same from a sample.
SAMPLE_ROWS = 20_000


def report(capstone: str, model: str, name: str, reference: str, current: str, html: Path) -> None:
    """Compare the parquet file `current` with `reference` through the MLflow model in the folder `model`.

    The report goes to the workspace and, last, to the file `html`.
    """
    import mlflow
    from evidently import Report
    from evidently.presets import ClassificationPreset, DataDriftPreset

    from monitoring import workspace

    task = load_task(capstone)
    predictor = mlflow.pyfunc.load_model(model).unwrap_python_model()
    now, then = (_dataset(task, predictor, pd.read_parquet(path)) for path in (current, reference))
    run = Report([DataDriftPreset(), ClassificationPreset()], include_tests=True).run(now, then, name=name)
    workspace.add(capstone, task.TITLE, name, run)
    with whole(html) as partial:
        run.save_html(str(partial))


def _dataset(task, predictor, rows: pd.DataFrame):
    from evidently import BinaryClassification, DataDefinition, Dataset

    rows = rows.sample(min(SAMPLE_ROWS, len(rows)), random_state=0).reset_index(drop=True)
    numbers = [column for column in task.INPUTS if column not in task.CATEGORIES]
    frame = rows[task.INPUTS].astype(dict.fromkeys(numbers, float))
    frame[task.LABEL] = rows[task.LABEL].astype(int)
    frame["probability"] = predictor.predict(None, rows)
    definition = DataDefinition(
        classification=[BinaryClassification(target=task.LABEL, prediction_probas="probability")],
        categorical_columns=[*task.CATEGORIES, task.LABEL],
        numerical_columns=[*numbers, "probability"],
    )
    return Dataset.from_pandas(frame, data_definition=definition)
