"""`python -m pipelines.moderation.tune`: strength and stretch of the score, chosen on the tweets to train on alone.

Writes `tune.json` beside this file: the log loss of the annotators' shares and macro F1 at the best levels in three
folds of units, for each setting. The code has the first setting within 0.001 of the least log loss. The tweets that
test the model have no part in it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from capstan.inputs import weights_files
from capstan.settings import settings
from models.encoder import vectors
from models.study import Study, options
from models.tuning import Families, Setting
from pipelines.moderation import decisions, reading, report, task, training
from pipelines.moderation.reading import Read
from pipelines.moderation.scores import Score

FOLDER = Path(__file__).parent
FAMILIES = Families(
    {"softmax": (Score, {"strength": (2.0, 4.0), "stretch": (0.3, 0.6, 1.0)})},
    score="log_loss",
    lowest=True,
    close=0.001,
)


def measured(setting: Setting, read: Read, shares: np.ndarray, units: np.ndarray, seed: int) -> dict[str, float]:
    """Return log loss and macro F1 of tweets by scores that were fitted without their fold."""
    scores, votes = training.out_of_fold(lambda: Score(**setting), read, shares, units, seed)
    guess = decisions.named(votes, decisions.best_levels(votes, shares.argmax(axis=1)))
    return {name: float(column.mean()) for name, column in report.values(shares, scores, guess).items()}


def tables(results: pd.DataFrame) -> str:
    """Return the table of the README."""
    columns = {
        title: (lambda rows, name=name: f"{rows[name].mean():.4f}")
        for title, name in (("log loss", "log_loss"), ("macro F1", "macro_f1"))
    }
    return FAMILIES.table(results, columns)


def main() -> None:
    """Measure, write and print."""
    parser = options(__doc__, FOLDER)
    parser.set_defaults(seeds=1)
    given = parser.parse_args()
    study = Study(given.out / "tune.json", ["family", "setting", "seed"])
    loaded, weights = task.load(settings().data_dir), weights_files.fetch_all(task.WEIGHTS)
    known = vectors.of(loaded["tweets"]["text"].tolist(), weights)
    rows = task.split(loaded)[0]["tweets"]
    read = reading.read(rows["text"].tolist(), known[rows["row"].to_numpy()])
    shares, units = training.shares_of(rows), rows["unit"].to_numpy()
    FAMILIES.measure(study, given.seeds, lambda _family, setting, seed: measured(setting, read, shares, units, seed))
    print(tables(study.table()))


if __name__ == "__main__":
    main()
