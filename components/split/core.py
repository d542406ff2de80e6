"""Split: by time, so that the test set lies in the future of what was learned."""

import pandas as pd

from capstan.catalogue import load_task
from capstan.errors import CapstanError
from capstan.files import write_json, write_table


def split(capstone: str, training_set: str, train: str, test: str, metrics: str) -> dict[str, float]:
    """Write the labelled rows before the task's TEST_FROM to `train`, the others to `test`; count both.

    Rows that have no label are left out of both, and counted.
    """
    task = load_task(capstone)
    rows = pd.read_parquet(training_set)
    labelled = rows[rows[task.LABEL].notna()]
    later = labelled[task.EVENT_TIMESTAMP] >= task.TEST_FROM
    counts = {"unlabelled_rows": len(rows) - len(labelled)}
    for name, path, part in [("train", train, labelled[~later]), ("test", test, labelled[later])]:
        if part[task.LABEL].nunique() < 2:
            raise CapstanError(
                f"The {name} set has {len(part)} labelled rows and fewer than two classes; its border is "
                f"{task.TEST_FROM}. Give it data on both sides, or move TEST_FROM in pipelines/{capstone}/task.py."
            )
        write_table(part, path)
        counts |= {f"{name}_rows": len(part), f"{name}_positive_share": float(part[task.LABEL].mean())}
    return write_json(counts, metrics)
