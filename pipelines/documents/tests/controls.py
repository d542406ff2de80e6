"""What must not become champion: see tests/support/controls.py."""

from capstan.inputs import weights_files
from pipelines.documents import task, training
from pipelines.documents.model import DocumentsModel
from tests.support.controls import Parts, Tables, cut, shuffled

WEIGHTS = weights_files.fetch_all(task.WEIGHTS)
SETTINGS: dict[str, object] = {"weights": WEIGHTS}
KEPT = {"messages": 10, "sentences": 8, "papers": 6}


def fewer(data: Parts) -> Parts:
    """Return so many rows that each difference is clear."""
    past, test = (
        {name: rows.iloc[:: KEPT[name]].reset_index(drop=True) for name, rows in part.items()} for part in data
    )
    return past, test


def without_names(data: Parts) -> Parts:
    """Return what is left where a broken export has no tags."""
    rows = data[0]["sentences"]
    tags = rows["tags"].str.replace(r"[BI]-\S+", "O", regex=True)
    return data[0] | {"sentences": rows.assign(tags=tags)}, data[1]


CONTROLS = {
    "shuffled groups": shuffled("messages", "group"),
    "shuffled summaries": shuffled("papers", "summaries"),
    "no tags": without_names,
    "10 abstracts": cut("papers", 10),
}
ROTATING = {"no tags", "shuffled groups"}


def baseline(past: Tables) -> DocumentsModel:
    """Return the baselines alone in the place of the model."""
    return training.fit_baselines(past, WEIGHTS)
