"""What must not become champion: see tests/support/controls.py."""

from capstan.inputs import weights_files
from pipelines.spam import task, training
from pipelines.spam.model import SpamModel
from pipelines.spam.studies.tune.rivals import Rival
from tests.support.controls import Parts, Tables, cut, shuffled

SETTINGS: dict[str, object] = {"weights": weights_files.fetch_all(task.WEIGHTS)}


def fewer(parts: Parts) -> Parts:
    """Return every other message of both parts: MiniLM takes 0.003 s of a core for each."""
    past, test = ({"messages": part["messages"].iloc[::2].reset_index(drop=True)} for part in parts)
    return past, test


def turned(data: Parts) -> Parts:
    """Return what is left where somebody calls every third spam message ham."""
    rows = data[0]["messages"]
    spam = rows["spam"].where((rows["spam"] == 0) | (rows["number"] % 3 != 0), 0.0)
    return data[0] | {"messages": rows.assign(spam=spam)}, data[1]


CONTROLS = {
    "shuffled labels": shuffled("messages", "spam"),
    "every third spam message called ham": turned,
    "100 messages": cut("messages", 100),
}


def baseline(past: Tables) -> SpamModel:
    """Return the strongest simple rival, `LinearSVC` with MiniLM, alone: it decides on messages of today, too."""
    rows = past["messages"]
    return training.of(rows, Rival, Rival.counts(rows["text"].tolist()), seed=0, weights={})
