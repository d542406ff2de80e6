"""What must not become champion: see tests/support/controls.py."""

from capstan.inputs import weights_files
from pipelines.sentiment import scores, task, training
from pipelines.sentiment.model import SentimentModel
from tests.support.controls import Parts, Tables, cut, shuffled

WEIGHTS = weights_files.fetch_all(task.WEIGHTS)
SETTINGS: dict[str, object] = {"weights": WEIGHTS}


def fewer(parts: Parts) -> Parts:
    """Return whole units, a fourteenth of them: MiniLM takes 0.015 s of a core for each snippet."""
    past, test = (
        {"snippets": rows[rows["unit"] % 14 == 0].reset_index(drop=True)}
        for rows in (parts[0]["snippets"], parts[1]["snippets"])
    )
    return past, test


def without_texts(data: Parts) -> Parts:
    """Return what is left where a broken export has the first three characters of each text."""
    rows = data[0]["snippets"]
    return data[0] | {"snippets": rows.assign(text=rows["text"].str[:3])}, data[1]


CONTROLS = {
    "shuffled valences": shuffled("snippets", "valence"),
    "texts cut off": without_texts,
    "40 snippets": cut("snippets", 40),
}


def baseline(past: Tables) -> SentimentModel:
    """Return ridge regression on MiniLM's vectors in the place of the model."""
    return training.fit(past["snippets"], WEIGHTS, scores.simple, seed=0)
