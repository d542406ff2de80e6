"""What must not become champion: see tests/support/controls.py."""

from capstan.inputs import weights_files
from pipelines.moderation import scores, task, training
from pipelines.moderation.data import CLASSES
from pipelines.moderation.model import ModerationModel
from tests.support.controls import Parts, Tables, cut, shuffled

WEIGHTS = weights_files.fetch_all(task.WEIGHTS)
SETTINGS: dict[str, object] = {"weights": WEIGHTS}


LEARNED, ASKED = 12, 3  # one unit in so many: MiniLM takes 0.01 s of a core for each tweet


def fewer(parts: Parts) -> Parts:
    """Return whole units: a twelfth of those to learn from, and a third of those to test on."""
    past, test = (
        {"tweets": part["tweets"][part["tweets"]["unit"] % each == 0].reset_index(drop=True)}
        for part, each in zip(parts, (LEARNED, ASKED), strict=True)
    )
    return past, test


def without_texts(data: Parts) -> Parts:
    """Return what is left where a broken export has the first three characters of each text."""
    rows = data[0]["tweets"]
    return data[0] | {"tweets": rows.assign(text=rows["text"].str[:3])}, data[1]


CONTROLS = {
    "shuffled judgements": shuffled("tweets", *CLASSES),
    "texts cut off": without_texts,
    "60 tweets": cut("tweets", 60),
}


ROTATING = {"texts cut off"}


def baseline(past: Tables) -> ModerationModel:
    """Return logistic regression on words in the place of the model."""
    return training.fit(past["tweets"], WEIGHTS, scores.simple, seed=0)
