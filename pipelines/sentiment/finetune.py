"""`python -m pipelines.sentiment.finetune`: what MiniLM gains where its upper layers learn as well, and what it costs.

It writes `finetune.json` into the folder that it is given. So many of the snippets to train on are learned from, and so
many of the others are asked, of each source evenly: on one core, all of them for an epoch would take ten minutes.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pandas as pd

from capstan.inputs import weights_files
from capstan.settings import settings
from models.encoder import fine_tuning, minilm, vectors
from models.encoder.fine_tuning import Plan
from models.study import Line, Study, markdown, options, spread
from pipelines.sentiment import reading, report, task
from pipelines.sentiment.data import SOURCES
from pipelines.sentiment.scores import Score

FOLDER = Path(__file__).parent
LEARNED, ASKED = 4_000, 1_500
PLANS = {"upper three layers": Plan()}


def some(rows: pd.DataFrame, count: int) -> pd.DataFrame:
    """Return so many snippets, as many of each source."""
    return pd.concat(
        [rows[rows["source"] == source].sample(count // len(SOURCES), random_state=0) for source in SOURCES]
    )


def line(rows: pd.DataFrame, made: np.ndarray) -> Line:
    """Return r of each source, and their mean."""
    found = report.by_source(rows["valence"].to_numpy(), made, rows["source"].to_numpy())
    return found | {"mean": float(np.mean(list(found.values())))}


def tables(results: pd.DataFrame) -> str:
    """Return the table of STUDIES.md."""
    shown = {name: (lambda rows, name=name: spread(rows[name])) for name in ("mean", *SOURCES)}
    seconds = {"processor time of the training, s": lambda rows: spread(rows["seconds"], digits=0)}
    return markdown(results, {"method": "method"}, shown | seconds)


def main() -> None:
    """Measure, write and print."""
    parser = options(__doc__, FOLDER)
    parser.set_defaults(seeds=1)
    given = parser.parse_args()
    study = Study(given.out / "finetune.json", ["method", "seed"])
    loaded, weights = task.load(settings().data_dir), weights_files.fetch_all(task.WEIGHTS)
    whole = vectors.of(loaded["snippets"]["text"].tolist(), weights)
    rows = dict(zip(("past", "held"), (part["snippets"] for part in task.split(loaded)), strict=True))
    past, held = some(rows["past"], LEARNED), some(rows["held"], ASKED)
    valence = past["valence"].to_numpy()
    reads = [
        reading.read(part["text"].tolist(), part["source"].tolist(), weights, whole[part["row"].to_numpy()])
        for part in (past, held)
    ]
    for name, score in {"MiniLM, ridge": Score(("vectors",), by_source=False), "all of it, served": Score()}.items():
        begun = time.process_time()
        made = score.fit(reads[0], valence).predict(reads[1])
        study.add({"method": name, "seed": 0} | line(held, made) | {"seconds": time.process_time() - begun})
    start = minilm.shared(weights)
    for seed in range(given.seeds):
        for name, plan in PLANS.items():
            if not study.has(method=name, seed=seed):
                begun = time.process_time()
                tuned = fine_tuning.tune(start, past["text"].tolist(), reads[0].vectors, valence, plan, seed)
                seconds = time.process_time() - begun
                made = fine_tuning.predict(tuned, start, held["text"].tolist())
                study.add({"method": name, "seed": seed} | line(held, made) | {"seconds": seconds})
    print(tables(study.table()))


if __name__ == "__main__":
    main()
