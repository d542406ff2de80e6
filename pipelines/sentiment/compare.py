"""`python -m pipelines.sentiment.compare`: Pearson r of each source and method, on snippets that no method has seen.

It writes `compare.json` into the folder that it is given, and prints the tables: the snippets to test on, with
intervals over units; five other divisions, dealt by lot; and the part of each block of the score.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from capstan.inputs import weights_files
from capstan.settings import settings
from models.encoder import vectors
from models.study import Line, Study, markdown, options
from pipelines.sentiment import reading, report, task
from pipelines.sentiment.data import SOURCES
from pipelines.sentiment.reading import Read
from pipelines.sentiment.scores import Score, simple

FOLDER = Path(__file__).parent
PUBLISHED = {"tweet": 0.881, "amazon": 0.565, "movie": 0.451, "nyt": 0.492}  # Hutto and Gilbert (2014), table 4
VADER, RULES, SERVED = "VADER", "its lexicon, our rules", "all of it, served"
UNSAID = "served, the source not said"
METHODS: dict[str, Callable[[], Score]] = {
    "words and pairs, TF-IDF": simple,
    "learned lexicon with rules": lambda: Score(("ruled",), by_source=False),
    "MiniLM, ridge": lambda: Score(("vectors",), by_source=False),
    "all of it, not by source": lambda: Score(by_source=False),
    "by source, without MiniLM": lambda: Score(("level", "ruled", "runs", "sums")),
    "by source, without the lexicon": lambda: Score(("level", "ruled", "runs", "vectors")),
    SERVED: Score,
}
REPEATS, DIVISIONS = 1_000, 5


def vader(texts: list[str]) -> np.ndarray:
    """Return the compound of VADER, of its own package, shape (n,)."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    analyzer = SentimentIntensityAnalyzer()
    return np.array([analyzer.polarity_scores(text)["compound"] for text in texts])


def answers(
    texts: list[str], read: Read, valence: np.ndarray, past: np.ndarray, held: np.ndarray
) -> dict[str, np.ndarray]:
    """Return what each method says of the held snippets, shape (held,). Those that learn have learned from `past`."""
    made = {VADER: vader([texts[place] for place in held]), RULES: read.sums[held, 0]}
    known, asked = read.at(past), read.at(held)
    for name, score in METHODS.items():
        fitted = score().fit(known, valence[past])
        made[name] = fitted.predict(asked)
    return made | {UNSAID: fitted.predict(asked._replace(sources=0 * asked.sources))}


def lines(rows: pd.DataFrame, made: dict[str, np.ndarray], seed: int) -> Iterator[Line]:
    """Yield a line per method and source: r, what is more than VADER's, and their 95 % intervals over units.

    rows: the held snippets. The same units are drawn for each method, so that differences are paired.
    """
    for source in SOURCES:
        at = np.flatnonzero((rows["source"] == source).to_numpy())
        valence, units = rows["valence"].to_numpy()[at], np.unique(rows["unit"].to_numpy()[at], return_inverse=True)[1]
        drawn = np.random.default_rng(seed)
        counts = [np.bincount(drawn.integers(units.max() + 1, size=units.max() + 1), minlength=units.max() + 1)[units]
                  for _ in range(REPEATS)]  # fmt: skip
        sampled = {
            name: np.array([weighted_r(valence, one[at], count) for count in counts]) for name, one in made.items()
        }
        for name, one in made.items():
            r, simple_r = (float(np.corrcoef(valence, each[at])[0, 1]) for each in (one, made[VADER]))
            line: Line = {"source": source, "method": name, "snippets": len(at), "units": int(units.max() + 1)}
            line |= interval("r", r, sampled[name]) | interval("more", r - simple_r, sampled[name] - sampled[VADER])
            yield line


def interval(title: str, value: float, sampled: np.ndarray) -> Line:
    """Return a value with the 95 % percentile interval of what was sampled."""
    low, high = np.quantile(sampled, [0.025, 0.975])
    return {title: value, f"{title}_low": float(low), f"{title}_high": float(high)}


def weighted_r(one: np.ndarray, other: np.ndarray, weights: np.ndarray) -> float:
    """Return Pearson r where each row counts so often. Shapes (n,)."""
    total = weights.sum()
    first, second = one - weights @ one / total, other - weights @ other / total
    return float((weights * first) @ second / np.sqrt(((weights * first) @ first) * ((weights * second) @ second)))


def divisions(units: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the places to learn from and to hold out: a random quarter of the units."""
    held = np.random.default_rng(seed).permutation(units.max() + 1)[units] % task.TEST_SHARE == 0
    return np.flatnonzero(~held), np.flatnonzero(held)


def tables(results: pd.DataFrame) -> str:
    """Return the tables of the README."""
    test, lots = (results[results["part"] == part] for part in ("test", "division"))

    def cell(source: str, title: str, whole: bool) -> Callable[[pd.DataFrame], str]:
        def shown(rows: pd.DataFrame) -> str:
            line = rows[rows["source"] == source].iloc[0]
            text = f"{line[title]:.3f}"
            return f"{text} ({line[f'{title}_low']:.3f} to {line[f'{title}_high']:.3f})" if whole else text

        return shown

    def ranged(source: str) -> Callable[[pd.DataFrame], str]:
        def shown(rows: pd.DataFrame) -> str:
            values = rows[rows["source"] == source]["r"]
            return f"{values.mean():.3f} ({values.min():.3f} to {values.max():.3f})"

        return shown

    made = [
        markdown(
            test, {"r on the snippets to test on": "method"}, {one: cell(one, "r", whole=True) for one in SOURCES}
        ),
        markdown(test, {"more than VADER": "method"}, {one: cell(one, "more", whole=True) for one in SOURCES}),
    ]
    if len(lots):
        made.append(markdown(lots, {"r in five other divisions": "method"}, {one: ranged(one) for one in SOURCES}))
    head, rule, *rows = made[0].split("\n")
    published = " | ".join(f"{PUBLISHED[source]:.3f}" for source in SOURCES)
    made[0] = "\n".join([head, rule, f"| VADER, published, on all snippets | {published} |", *rows])
    return "\n\n".join(made)


def main() -> None:
    """Measure, write and print."""
    given = options(__doc__, FOLDER).parse_args()
    study = Study(given.out / "compare.json", ["part", "seed", "source", "method"])
    loaded, weights = task.load(settings().data_dir), weights_files.fetch_all(task.WEIGHTS)
    rows = loaded["snippets"]
    texts, valence, units = rows["text"].tolist(), rows["valence"].to_numpy(), rows["unit"].to_numpy()
    read = reading.read(texts, rows["source"].tolist(), weights, vectors.of(texts, weights))
    past, held = (part["snippets"]["row"].to_numpy() for part in task.split(loaded))
    cases = [("test", 0, past, held)] + [("division", seed, *divisions(units, seed)) for seed in range(given.seeds)]
    for part, seed, known, asked in cases:
        if not study.has(part=part, seed=seed):
            made = answers(texts, read, valence, known, asked)
            metrics = {
                name: report.values(valence[asked], one, rows["source"].to_numpy()[asked]) for name, one in made.items()
            }
            study.add(
                *(
                    {"part": part, "seed": seed} | line | {"mean_r": float(metrics[line["method"]]["r"].mean())}
                    for line in lines(rows.iloc[asked], made, seed)
                )
            )
    print(tables(study.table()))


if __name__ == "__main__":
    main()
