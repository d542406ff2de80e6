"""What must not become champion: see tests/support/controls.py."""

from collections.abc import Callable

import numpy as np

from capstan import weights_files
from pipelines.documents import task, training
from pipelines.documents.model import DocumentsModel
from tests.support.controls import Parts, Tables, cut

WEIGHTS = weights_files.fetch_all(task.WEIGHTS)
SETTINGS: dict[str, object] = {"weights": WEIGHTS}
KEPT = {"messages": 10, "sentences": 10, "papers": 10}


def fewer(data: Parts) -> Parts:
    """Return so many rows as the small run has."""
    past, test = ({name: rows.iloc[:: KEPT[name]].reset_index(drop=True) for name, rows in one.items()} for one in data)
    return past, test


def _mixed(table: str, column: str) -> Callable[[Parts], Parts]:
    def changed(data: Parts) -> Parts:
        rows = data[0][table]
        return data[0] | {table: rows.assign(**{column: np.random.default_rng(0).permutation(rows[column])})}, data[1]

    return changed


def without_names(data: Parts) -> Parts:
    """Return what is left where a broken export has no tags."""
    rows = data[0]["sentences"]
    tags = rows["tags"].str.replace(r"[BI]-\S+", "O", regex=True)
    return data[0] | {"sentences": rows.assign(tags=tags)}, data[1]


CONTROLS = {
    "shuffled groups": _mixed("messages", "group"),
    "summaries of other abstracts": _mixed("papers", "summaries"),
    "no tags": without_names,
    "10 abstracts": cut("papers", 10),
}
ROTATING = {"summaries of other abstracts", "no tags"}


def baseline(past: Tables) -> DocumentsModel:
    """Return the simple methods alone in the place of the model."""
    return training.fit_simple(past, WEIGHTS)
