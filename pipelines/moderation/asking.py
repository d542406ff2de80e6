"""`python -m pipelines.moderation.asking`: how many labels are needed for the same macro F1, by what is asked next.

It writes `asking.json` into the folder that it is given, and prints the tables. 1,000 tweets by lot are labelled in any
case and choose the levels of the classes. Then labels are asked for in rounds that double their number: of tweets by
lot, of those whose two likeliest classes are closest, or of those that would cost most without a person, as the queue
has it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from capstan.inputs import weights_files
from capstan.settings import settings
from models.encoder import vectors
from models.study import Line, Study, markdown, options, spread
from pipelines.moderation import decisions, reading, task, training
from pipelines.moderation.reading import Read
from pipelines.moderation.scores import Score

FOLDER = Path(__file__).parent
FIRST, ROUNDS, LEVELLED = 250, 5, 1_000
LOT, CLOSE, DEAR = "by lot", "the closest classes", "the dearest without a person"
ASK = decisions.DECISIONS.index("ask")


def urgency(strategy: str, scores: np.ndarray, levels: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return how urgent the label of each tweet is, shape (n,)."""
    if strategy == CLOSE:
        low, high = np.sort(scores + levels, axis=1)[:, -2:].T
        return np.asarray(low - high)
    if strategy == DEAR:
        costs = decisions.expected(decisions.probabilities(scores))
        return np.asarray(np.delete(costs, ASK, axis=1).min(axis=1))
    return random.random(len(scores))


def curve(
    read: Read, shares: np.ndarray, pool: np.ndarray, test: np.ndarray, strategy: str, seed: int
) -> Iterator[Line]:
    """Yield a line per number of labels. pool, test: places of the tweets that may be asked about, and that are not."""
    random = np.random.default_rng(seed)
    order = random.permutation(pool)
    chosen, rest = order[LEVELLED : LEVELLED + FIRST], order[LEVELLED + FIRST :]
    held, said = order[:LEVELLED], shares.argmax(axis=1)
    for _ in range(ROUNDS):
        score = Score(("words", "vectors")).fit(read.at(chosen), shares[chosen])
        levels = decisions.best_levels(score.scores(read.at(held)), said[held])
        guess = decisions.named(score.scores(read.at(test)), levels)
        hate = float((said[chosen] == 0).mean())
        yield {"labels": len(chosen), "macro_f1": decisions.macro_f1(said[test], guess), "hate_asked": hate}
        wanted = np.argsort(-urgency(strategy, score.scores(read.at(rest)), levels, random), kind="stable")
        chosen, rest = np.append(chosen, rest[wanted[: len(chosen)]]), rest[wanted[len(chosen) :]]


def needed(rows: pd.DataFrame, goal: float) -> float:
    """Return at how many labels a curve reaches a goal, between the rounds evenly by the logarithm; NaN where never."""
    curve = rows.groupby("labels")["macro_f1"].mean()
    values = np.maximum.accumulate(curve.to_numpy())
    if values[-1] < goal:
        return float("nan")
    return float(np.exp(np.interp(goal, values, np.log(curve.index.to_numpy(float)))))


def told(labels: float) -> str:
    """Return a number of labels in words."""
    return "not reached" if np.isnan(labels) else f"{labels:,.0f}"


def tables(results: pd.DataFrame) -> str:
    """Return the tables of STUDIES.md."""
    counts = sorted(results["labels"].unique())

    def reached(count: int) -> Callable[[pd.DataFrame], str]:
        return lambda rows: spread(rows.loc[rows["labels"] == count, "macro_f1"])

    columns = {f"{count:,} labels": reached(count) for count in counts}
    goal = results[(results["strategy"] == LOT) & (results["labels"] == counts[-1])]["macro_f1"].mean()
    last = {
        f"labels for {goal:.3f}": lambda rows: (
            "not reached" if np.isnan(made := needed(rows, goal)) else f"{made:,.0f}"
        ),
        "hate among those asked, %": lambda rows: (
            f"{100 * rows[rows['labels'] == counts[-1]]['hate_asked'].mean():.1f}"
        ),
    }
    by = {"macro F1, asked": "strategy"}
    return markdown(results, by, columns) + "\n\n" + markdown(results, {"asked": "strategy"}, last)


def main() -> None:
    """Measure, write and print."""
    given = options(__doc__, FOLDER).parse_args()
    study = Study(given.out / "asking.json", ["strategy", "seed", "labels"])
    loaded, weights = task.load(settings().data_dir), weights_files.fetch_all(task.WEIGHTS)
    texts, shares = loaded["tweets"]["text"].tolist(), training.shares_of(loaded["tweets"])
    read = reading.read(texts, vectors.of(texts, weights))
    pool, test = (part["tweets"]["row"].to_numpy() for part in task.split(loaded))
    for strategy in (LOT, CLOSE, DEAR):
        for seed in range(given.seeds):
            if not study.has(strategy=strategy, seed=seed):
                made = curve(read, shares, pool, test, strategy, seed)
                study.add(*({"strategy": strategy, "seed": seed} | line for line in made))
    print(tables(study.table()))


if __name__ == "__main__":
    main()
