"""Is the valence closer to that of people than VADER's, in each source?

Pearson r of each source and method, on snippets that no method has seen: the snippets to test on, with intervals over
units, and five other divisions, drawn at random.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import numpy as np
import pandas as pd

from capstan.inputs import weights_files
from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table, ranged, spread
from models.encoder import vectors
from pipelines.sentiment import reading, report, task, training
from pipelines.sentiment.data import SOURCES
from pipelines.sentiment.reading import Read
from pipelines.sentiment.scores import Score, simple
from pipelines.sentiment.sources import Guess

PUBLISHED = {"tweet": 0.881, "amazon": 0.565, "movie": 0.451, "nyt": 0.492}  # Hutto and Gilbert (2014), table 4
VADER, RULES, SERVED = "VADER", "its lexicon, our rules", "all of it, served"
UNSAID = "served, the source not stated"
METHODS: dict[str, Callable[[], Score]] = {
    "words and pairs, TF-IDF": lambda: Score(("runs",), 1.0, by_source=False),
    "learned lexicon with rules": lambda: Score(("ruled",), by_source=False),
    "MiniLM, ridge": simple,
    "all of it, not by source": lambda: Score(by_source=False),
    "by source, without MiniLM": lambda: Score(("level", "ruled", "runs", "sums")),
    "by source, without the lexicon": lambda: Score(("level", "ruled", "runs", "vectors")),
    SERVED: Score,
}
REPEATS = 1_000
SAID = ("stated", "not stated")  # of a source


def vader(texts: list[str]) -> np.ndarray:
    """Return the compound of VADER, of its own package, shape (n,)."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    analyzer = SentimentIntensityAnalyzer()
    return np.array([analyzer.polarity_scores(text)["compound"] for text in texts])


def answers(
    texts: list[str], read: Read, valence: np.ndarray, past: np.ndarray, held: np.ndarray
) -> dict[str, np.ndarray]:
    """Return what each method says of the held snippets, shape (held,). Those that learn have learned from `past`."""
    by_method = {VADER: vader([texts[place] for place in held]), RULES: read.sums[held, 0]}
    known, asked = read.at(past), read.at(held)
    for name, score in METHODS.items():
        fitted = score().fit(known, valence[past])
        by_method[name] = fitted.predict(asked)
    guess = Guess().fit(known)
    return by_method | {UNSAID: fitted.predict(asked._replace(sources=guess.shares(asked)))}


def lines(rows: pd.DataFrame, by_method: dict[str, np.ndarray], seed: int) -> Iterator[Line]:
    """Yield a line per method and source: r, what it has more than VADER's, and their 95 % intervals over units.

    rows: the held snippets. The same units are drawn for each method, so that differences are paired.
    """
    for source in SOURCES:
        places = np.flatnonzero((rows["source"] == source).to_numpy())
        valence, units = (
            rows["valence"].to_numpy()[places],
            np.unique(rows["unit"].to_numpy()[places], return_inverse=True)[1],
        )
        drawn = np.random.default_rng(seed)
        counts = [np.bincount(drawn.integers(units.max() + 1, size=units.max() + 1), minlength=units.max() + 1)[units]
                  for _ in range(REPEATS)]  # fmt: skip
        sampled = {
            name: np.array([weighted_r(valence, predicted[places], count) for count in counts])
            for name, predicted in by_method.items()
        }
        for name, predicted in by_method.items():
            r, simple_r = (float(np.corrcoef(valence, each[places])[0, 1]) for each in (predicted, by_method[VADER]))
            line: Line = {"source": source, "method": name, "snippets": len(places), "units": int(units.max() + 1)}
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


@cache
def known() -> tuple[pd.DataFrame, Read]:
    """Return all snippets, and what is read of them."""
    rows, weights = task.load(settings().data_dir)["snippets"], weights_files.fetch_all(task.WEIGHTS)
    texts = rows["text"].tolist()
    return rows, reading.read(texts, rows["source"].tolist(), weights, vectors.of(texts, weights))


def measured(past: np.ndarray, held: np.ndarray, seed: int) -> Iterator[Line]:
    """Yield the lines of each method, which learned from `past`, on the held snippets."""
    rows, read = known()
    valence, sources = rows["valence"].to_numpy(), rows["source"].to_numpy()[held]
    by_method = answers(rows["text"].tolist(), read, valence, past, held)
    metrics = {name: report.values(valence[held], predicted, sources) for name, predicted in by_method.items()}
    for line in lines(rows.iloc[held], by_method, seed):
        yield line | {"mean_r": float(metrics[line["method"]]["r"].mean())}


def test() -> Iterator[Line]:
    """Yield r on the snippets to test on."""
    past, held = (part["snippets"]["row"].to_numpy() for part in task.split({"snippets": known()[0]}))
    yield from measured(past, held, seed=0)


def division(seed: int) -> Iterator[Line]:
    """Yield r in another division."""
    yield from measured(*divisions(known()[0]["unit"].to_numpy(), seed), seed)


def covered(seed: int) -> Iterator[Line]:
    """Yield the share of the snippets of another division that lie within their intervals, and the mean width."""
    rows, read = known()
    past, held = divisions(rows["unit"].to_numpy(), seed)
    model, asked = training.of_read(rows.iloc[past], read.at(past), {}, Score, seed), rows.iloc[held]
    sources = asked["source"].to_numpy()
    stated, unstated = report.both(model, read.at(held), sources.tolist())
    for line in report.intervals(asked["valence"].to_numpy(), stated, unstated, sources).to_dict("records"):
        yield {str(name): value for name, value in line.items()}


def of(source: str, show: Callable[[pd.DataFrame], str]) -> Callable[[pd.DataFrame], str]:
    """Return what shows the lines of one source."""
    return lambda rows: show(rows[rows["source"] == source])


def number(name: str) -> Callable[[pd.DataFrame], str]:
    """Return what shows a measure over the divisions."""
    return lambda rows: spread(rows[name], digits=3)


def with_published(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the lines after those of the paper."""
    paper = [
        {"method": "VADER, published, on all snippets", "source": source, "r": r} for source, r in PUBLISHED.items()
    ]
    return pd.concat([pd.DataFrame(paper), rows])


def tested(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the lines on the snippets to test on."""
    return lines[lines["part"] == "test"]


def columns(show: Callable[[pd.DataFrame], str]) -> dict[str, Callable[[pd.DataFrame], str]]:
    """Return a column for each source."""
    return {source: of(source, show) for source in SOURCES}


STUDY = Study(
    measures=[Measure(test, seeds=0), Measure(division), Measure(covered)],
    tables=[
        Table({"r on the snippets to test on": "method"}, columns(ranged("r", 3)), "test", with_published),
        Table(
            {"more than VADER": "method"}, columns(ranged("more", 3)), rows=lambda lines: lines[lines["part"] == "test"]
        ),
        Table(
            {"r in five other divisions": "method"},
            columns(lambda rows: f"{rows['r'].mean():.3f} ({rows['r'].min():.3f} to {rows['r'].max():.3f})"),
            "division",
        ),
        Table(
            {"intervals of 90 %": "source"},
            {
                name: number(name)
                for name in ("within, stated", "within, not stated", "width, stated", "width, not stated")
            },
            "covered",
        ),
    ],
)
