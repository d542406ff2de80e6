"""`python -m pipelines.sentiment.tune`: penalty and stretch of the score, chosen on the snippets to train on alone.

Writes `tune.json` beside this file: r, the mean of the sources, and the error in five folds of units, for each setting.
The code has the setting with the highest r. The snippets that test the model have no part in it.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from capstan.inputs import weights_files
from capstan.settings import settings
from models.encoder import vectors
from models.study import Study, markdown, options, spread
from models.tuning import Families, Setting
from pipelines.sentiment import reading, report, task, training
from pipelines.sentiment.reading import Read
from pipelines.sentiment.scores import Score

FOLDER = Path(__file__).parent
FAMILIES = Families(
    {"ridge": (Score, {"penalty": (0.5, 1.0, 2.0, 4.0, 8.0), "stretch": (0.0, 0.5, 1.0, 2.0)})}, score="r"
)


def measured(setting: Setting, read: Read, rows: pd.DataFrame, seed: int) -> dict[str, float]:
    """Return r and error of snippets by scores that were fitted without their fold."""
    valence, sources = rows["valence"].to_numpy(), rows["source"].to_numpy()
    made = training.out_of_fold(lambda: Score(**setting), read, valence, rows["unit"].to_numpy(), seed)
    return {name: float(column.mean()) for name, column in report.values(valence, made, sources).items()}


def tables(results: pd.DataFrame) -> str:
    """Return the table of STUDIES.md."""
    columns = {title: (lambda rows, title=title: spread(rows[title], digits=4)) for title in ("r", "mae")}
    return markdown(results, {"family": "family", "setting": "setting"}, columns)


def past() -> tuple[pd.DataFrame, Read]:
    """Return the snippets to train on, and what is read of them."""
    loaded, weights = task.load(settings().data_dir), weights_files.fetch_all(task.WEIGHTS)
    texts = loaded["snippets"]["text"].tolist()
    rows = task.split(loaded)[0]["snippets"]
    made = vectors.of(texts, weights)[rows["row"].to_numpy()]
    return rows, reading.read(rows["text"].tolist(), rows["source"].tolist(), weights, made)


def main() -> None:
    """Measure, write and print."""
    parser = options(__doc__, FOLDER)
    parser.set_defaults(seeds=1)
    given = parser.parse_args()
    study = Study(given.out / "tune.json", ["family", "setting", "seed"])
    rows, read = past()
    FAMILIES.measure(study, given.seeds, lambda _family, setting, seed: measured(setting, read, rows, seed))
    print(tables(study.table()))


if __name__ == "__main__":
    main()
