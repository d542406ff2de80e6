"""What must not become champion: see tests/support/controls.py."""

from pipelines.spam import training
from pipelines.spam.model import SpamModel
from pipelines.spam.scores import Simple
from tests.support.controls import Parts, Tables, cut, shuffled

SETTINGS: dict[str, object] = {}


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
    """Return naive Bayes in the place of the support vector machine."""
    return training.fit(past["messages"], Simple, seed=0)
