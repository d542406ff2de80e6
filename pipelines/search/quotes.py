"""`python -m pipelines.search.quotes`: does an answer of quotes name the sentences that decide a claim?

SciFact names the sentences of the cited abstracts that support or contradict each claim. Logistic regression over the
figures of `quoting.py` learns from every second claim to train on, and refuses a tenth of those of which a deciding
sentence was read. Then each claim to test on is answered once, and once more without the papers that it cites. Writes
`quotes.json` beside this file: whether the first quote decides the claim, and what is refused.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from capstan.settings import settings
from data_sets import scifact
from models.study import Line, Study, markdown, options, read
from pipelines.search import embedding, quoting
from pipelines.search.compare import interval
from pipelines.search.rankings import Rankings, indexed

FOLDER = Path(__file__).parent
TIMED = 20
REFUSED = 0.1  # of the claims to train on of which a deciding sentence is read
LEARNED, NEAREST, WORDS = "learned chance", "nearest sentence", "most of the rare words"
DECIDED, OUT, OPEN = "decided by what is read", "the papers that it cites taken out", "cited papers do not decide it"


@dataclass(frozen=True)
class Reading:
    """What is read for some claims: the figures of each sentence, and whether it decides the claim; a row for each."""

    rows: list[np.ndarray]
    decides: list[np.ndarray]

    def best(self, chance: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """Return the highest chance of each claim."""
        return np.array([chance(rows).max() for rows in self.rows])

    def first(self, chance: Callable[[np.ndarray], np.ndarray], count: int) -> np.ndarray:
        """Return whether any of the `count` best sentences of each claim decides it."""
        pairs = zip(self.rows, self.decides, strict=True)
        return np.array([1.0 * right[np.argsort(-chance(rows), kind="stable")[:count]].any() for rows, right in pairs])


WAYS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    NEAREST: lambda rows: rows[:, 0],
    WORDS: lambda rows: rows[:, 2] + 1e-3 * rows[:, 0],
}


def reading(data: scifact.SciFact, part: str, reasons: scifact.Reasons, out: bool, step: int = 1) -> Reading:
    """Return what is read for the claims of a part. out: without the papers that each cites. step: 2 is every other."""
    ranked, index = Rankings(data, part), indexed(data, "fields")
    scores = ranked.served.copy()
    if out:
        for row, own in zip(scores, ranked.claims.relevant, strict=True):
            row[own] = -np.inf
    scores, keys = scores[::step], ranked.claims.keys[::step]
    first = np.argsort(-scores, axis=1, kind="stable")[:, : quoting.PAPERS]
    texts = {number: quoting.divided(data.texts[number]) for number in np.unique(first).tolist()}
    ends = np.cumsum([len(each) for each in texts.values()])[:-1]
    sentences = embedding.vectors([text for each in texts.values() for text in each])
    vectors = dict(zip(texts, np.split(sentences, ends), strict=True))
    claims = embedding.vectors(ranked.claims.texts)
    rows, decides = [], []
    for at, key, numbers in zip(range(0, len(claims), step), keys, first.tolist(), strict=True):
        rareness = quoting.Rareness(index, ranked.queries[at])
        near = [vectors[number] @ claims[at] for number in numbers]
        shares = [np.array(list(map(rareness.share, texts[number]))) for number in numbers]
        rows.append(quoting.figures(near, shares, [float(ranked.meanings[at, number]) for number in numbers]))
        right = [np.isin(np.arange(len(texts[one])), list(reasons.get((key, data.keys[one]), ()))) for one in numbers]
        decides.append(np.concatenate(right))
    return Reading(rows, decides)


def learned(past: Reading) -> quoting.Settings:
    """Return the weights and the least chance, rounded as the code has them."""
    from sklearn.linear_model import LogisticRegression

    rows, truth = np.concatenate(past.rows), np.concatenate(past.decides)
    scale = rows.std(axis=0)
    model = LogisticRegression(max_iter=2_000).fit(rows / scale, truth)
    weights = tuple(round(float(one), 2) for one in model.coef_[0] / scale)
    made = quoting.Settings(weights, round(float(model.intercept_[0]), 2))
    best = past.best(lambda rows: quoting.chances(rows, made))[[one.any() for one in past.decides]]
    return quoting.Settings(made.weights, made.intercept, round(float(np.quantile(best, REFUSED)), 2))


def seconds(data: scifact.SciFact) -> float:
    """Return the processor time of an answer, the mean of the first TIMED claims to test on."""
    ranked, index, encoder = Rankings(data, "test"), indexed(data, "fields"), embedding.encoder()
    encoder.embed(ranked.claims.texts[:1])
    first = np.argsort(-ranked.served[:TIMED], axis=1, kind="stable")[:, : quoting.PAPERS].tolist()
    began = time.process_time()
    for at, numbers in enumerate(first):
        rareness, texts = quoting.Rareness(index, ranked.queries[at]), [data.texts[number] for number in numbers]
        quoting.answer(ranked.claims.texts[at], rareness, texts, ranked.meanings[at, numbers].tolist(), encoder.embed)
    return (time.process_time() - began) / TIMED


def tables(results: pd.DataFrame) -> str:
    """Return the tables of STUDIES.md."""

    def cell(name: str) -> Callable[[pd.DataFrame], str]:
        return lambda rows: "{:.3f} ({:.3f} to {:.3f})".format(
            *(rows[part].iloc[0] for part in (name, f"{name}_low", f"{name}_high"))
        )

    def number(rows: pd.DataFrame) -> str:
        return f"{rows['claims'].iloc[0]:.0f}"

    said, refused = (results[results["part"] == part] for part in ("quotes", "refused"))
    columns = {"claims": number, "the first decides": cell("first"), "any of three does": cell("three")}
    return "\n\n".join(
        [
            markdown(said, {"quotes by": "what"}, columns),
            markdown(refused, {"claims to test on": "what"}, {"claims": number, "refused": cell("share")}),
        ]
    )


def record() -> quoting.Settings:
    """Return what was chosen."""
    table = read(FOLDER / "quotes.json")
    line = table[table["part"] == "chosen"].iloc[0]
    return quoting.Settings(tuple(line["weights"]), float(line["intercept"]), float(line["least"]))


def main() -> None:
    """Measure, write and print."""
    from sklearn.metrics import roc_auc_score

    given = options(__doc__, FOLDER).parse_args()
    study = Study(given.out / "quotes.json", ["part", "what"])
    data, reasons = scifact.load(settings().data_dir), scifact.reasons(settings().data_dir)
    made = learned(reading(data, "train", reasons, out=False, step=2))
    study.add({"part": "chosen", "what": LEARNED} | vars(made) | {"seconds": round(seconds(data), 2)})
    test, without = (reading(data, "test", reasons, out) for out in (False, True))
    decided = np.array([one.any() for one in test.decides])
    keys = {claim for claim, _ in reasons}
    undecided = np.array([key not in keys for key in data.claims["test"].keys])

    def chance(rows: np.ndarray) -> np.ndarray:
        return quoting.chances(rows, made)

    for what, way in ({LEARNED: chance} | WAYS).items():
        line: Line = {"part": "quotes", "what": what, "claims": int(decided.sum())}
        for name, count in (("first", 1), ("three", quoting.MOST)):
            line |= interval(name, test.first(way, count)[decided], 0.0)
        study.add(rounded(line))
    best, alone = test.best(chance), without.best(chance)
    for what, values in ((DECIDED, best[decided]), (OUT, alone[decided]), (OPEN, best[undecided])):
        line = {"part": "refused", "what": what, "claims": len(values)}
        line |= interval("share", 1.0 * (values < made.least), 0.0)
        truth = np.repeat([1, 0], [int(decided.sum()), len(values)])
        line |= {} if what == DECIDED else {"auc": float(roc_auc_score(truth, np.concatenate([best[decided], values])))}
        study.add(rounded(line))
    print(tables(study.table()))


def rounded(line: dict[str, Any]) -> Line:
    """Return a line with numbers of four digits."""
    return {key: round(value, 4) if isinstance(value, float) else value for key, value in line.items()}


if __name__ == "__main__":
    main()
