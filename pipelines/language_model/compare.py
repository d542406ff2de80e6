"""`python -m pipelines.language_model.compare`: the ladder of models, over seeds, each after the same time.

It writes `compare.json` into the folder that it is given, and prints the tables; what is there is not measured again.
Each network learns for three minutes; `--minutes 15` adds a longer time, `--only` takes some of the rungs, `--first`
tests on the first tenth of the text in place of the last. Lines have a `part`, "counted" or "trained", and of that
tenth "counted, first" or "trained, first".
"""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from capstan.settings import settings
from data_sets.plays import to_bytes
from models.study import Line, Study, markdown, options, spread
from pipelines.language_model import task
from pipelines.language_model.ladder import rungs

KEYS = ["part", "rung", "minutes", "seed"]
MINUTES = 3.0


FIRST = ", first"  # of a part, where the first tenth is the test


def texts(first: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Return the text to learn from, and the one to test on: the last tenth, or the first."""
    learned, test = (to_bytes(part["lines"]) for part in task.split(task.load(settings().data_dir)))
    whole = np.concatenate([learned, test])
    return (whole[len(test) :], whole[: len(test)]) if first else (learned, test)


def measure(study: Study, names: Sequence[str], minutes: float, seeds: int, first: bool = False) -> None:
    """Add what is not measured yet: counts, then each network, a seed after the other."""
    text, test = texts(first)
    counted, trained = (part + FIRST * first for part in ("counted", "trained"))
    for name in ("bigrams", *rungs.ORDERS):
        if not study.has(part=counted, rung=name):
            study.add(blank(counted, name) | rungs.counted(name, text, test) | where())
    learned = torch.from_numpy(text.copy())
    for seed in range(seeds):
        for name in names:
            if not study.has(part=trained, rung=name, minutes=minutes, seed=seed):
                made = rungs.trained(rungs.RUNGS[name], learned, test, 60 * minutes, seed, f"{name} {minutes}")
                study.add(blank(trained, name, minutes, seed) | made | where())


def blank(part: str, rung: str, minutes: float | None = None, seed: int | None = None) -> Line:
    """Return the fields that name a line."""
    return {"part": part, "rung": rung, "minutes": minutes, "seed": seed}


def where() -> Line:
    """Return the machine and the day."""
    cores = len(os.sched_getaffinity(0))
    return {"machine": f"{cores} cores, {platform.machine()}", "day": datetime.now(UTC).date().isoformat()}


def tables(results: pd.DataFrame) -> str:
    """Return the tables of the README: a row for each rung and time, of the last tenth and of the first."""
    first = results["part"].str.endswith(FIRST)
    return "\n\n".join(table(rows) for rows in (results[~first], results[first]) if len(rows))


def table(results: pd.DataFrame) -> str:
    """Return the table of one test text."""
    shown = {
        "nats per byte": lambda rows: spread(rows["nats"], middle="median"),
        "bits per byte": lambda rows: spread(rows["nats"], 1 / np.log(2), middle="median"),
        "seconds": lambda rows: spread(rows["seconds"], digits=0, middle="median"),
        "weights": lambda rows: "" if rows["weights"].isna().any() else f"{rows['weights'].median():,.0f}",
        "seeds": lambda rows: "" if rows["seed"].isna().any() else f"{rows['seed'].nunique()}",
    }
    return markdown(results.assign(minutes=results["minutes"].map("{:g}".format).replace("nan", "")),
                    {"rung": "rung", "minutes": "minutes"}, shown)  # fmt: skip


def main() -> None:
    """Measure, print and write."""
    parser = options(__doc__, Path(__file__).parent)
    parser.add_argument("--minutes", type=float, default=MINUTES)
    parser.add_argument("--only", nargs="+", choices=list(rungs.RUNGS), default=list(rungs.RUNGS), metavar="RUNG")
    parser.add_argument("--first", action="store_true", help="test on the first tenth, and learn from the others")
    given = parser.parse_args()
    study = Study(given.out / "compare.json", KEYS)
    measure(study, given.only, given.minutes, given.seeds, given.first)
    print(tables(study.table()))


if __name__ == "__main__":
    main()
