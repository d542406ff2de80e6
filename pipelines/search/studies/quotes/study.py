"""Does an answer of quotes name the sentences that decide a claim?

SciFact names the sentences of the cited abstracts that support or contradict each claim. Logistic regression over the
figures of `quoting.py` learns from every second claim to train on, and refuses a tenth of those of which a deciding
sentence was read. Then each claim to test on is answered once, and once more without the papers that it cites.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import cache

import numpy as np

from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table, ranged
from data_sets import scifact
from pipelines.search import quoting
from pipelines.search.studies import rankings
from pipelines.search.studies.rankings import Rankings, indexed

REFUSED = 0.1  # of the claims to train on of which a deciding sentence is read


@dataclass(frozen=True)
class Reading:
    """What is read for some claims: the figures of each sentence, and whether it decides the claim; a row for each."""

    rows: list[np.ndarray]
    decides: list[np.ndarray]

    def best(self, probability: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """Return the highest probability of each claim."""
        return np.array([probability(rows).max() for rows in self.rows])

    def first(self, probability: Callable[[np.ndarray], np.ndarray], count: int) -> np.ndarray:
        """Return whether any of the `count` best sentences of each claim decides it."""
        pairs = zip(self.rows, self.decides, strict=True)
        return np.array(
            [1.0 * right[np.argsort(-probability(rows), kind="stable")[:count]].any() for rows, right in pairs]
        )


WAYS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "nearest sentence": lambda rows: rows[:, 0],
    "most of the rare words": lambda rows: rows[:, 2] + 1e-3 * rows[:, 0],
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
    sentences = rankings.vectors([text for each in texts.values() for text in each])
    vectors = dict(zip(texts, np.split(sentences, ends), strict=True))
    claims = rankings.vectors(ranked.claims.texts)
    rows, decides = [], []
    for place, key, numbers in zip(range(0, len(claims), step), keys, first.tolist(), strict=True):
        rareness = quoting.Rareness(index, ranked.queries[place])
        near = [vectors[number] @ claims[place] for number in numbers]
        shares = [np.array(list(map(rareness.share, texts[number]))) for number in numbers]
        rows.append(quoting.figures(near, shares, [float(ranked.meanings[place, number]) for number in numbers]))
        right = [
            np.isin(np.arange(len(texts[number])), list(reasons.get((key, data.keys[number]), ())))
            for number in numbers
        ]
        decides.append(np.concatenate(right))
    return Reading(rows, decides)


def learned(past: Reading) -> quoting.Settings:
    """Return the weights and the least probability, rounded as the code has them."""
    from sklearn.linear_model import LogisticRegression

    rows, truth = np.concatenate(past.rows), np.concatenate(past.decides)
    scale = rows.std(axis=0)
    model = LogisticRegression(max_iter=2_000).fit(rows / scale, truth)
    weights = tuple(round(float(weight), 2) for weight in model.coef_[0] / scale)
    fitted = quoting.Settings(weights, round(float(model.intercept_[0]), 2))
    best = past.best(lambda rows: quoting.probabilities(rows, fitted))[[decides.any() for decides in past.decides]]
    return quoting.Settings(fitted.weights, fitted.intercept, round(float(np.quantile(best, REFUSED)), 2))


@cache
def chosen() -> quoting.Settings:
    """Return what is learned."""
    return learned(reading(rankings.papers(), "train", reasons(), out=False, step=2))


@cache
def reasons() -> scifact.Reasons:
    """Return the sentences that decide the claims."""
    return scifact.reasons(settings().data_dir)


def learning() -> Line:
    """Return the weights and the least probability."""
    return asdict(chosen())


def quotes() -> Iterator[Line]:
    """Yield how often the quotes decide a claim to test on, and which share of the claims is refused."""
    from sklearn.metrics import roc_auc_score

    data, settings = rankings.papers(), chosen()
    test, without = (reading(data, "test", reasons(), out) for out in (False, True))
    decided = np.array([sentences.any() for sentences in test.decides])
    keys = {claim for claim, _ in reasons()}
    undecided = np.array([key not in keys for key in data.claims["test"].keys])

    def likely(rows: np.ndarray) -> np.ndarray:
        return quoting.probabilities(rows, settings)

    for what, way in ({"learned probability": likely} | WAYS).items():
        line: Line = {"what": what, "claims": int(decided.sum())}
        for name, count in (("first", 1), ("three", quoting.MOST)):
            line |= rankings.interval(name, test.first(way, count)[decided])
        yield line
    best, alone = test.best(likely), without.best(likely)
    kinds = {
        "decided by what is read": best[decided],
        "the papers that it cites taken out": alone[decided],
        "cited papers do not decide it": best[undecided],
    }
    for what, values in kinds.items():
        line = {"part": "refused", "what": what, "claims": len(values)}
        line |= rankings.interval("share", 1.0 * (values < settings.least))
        if values is not kinds["decided by what is read"]:
            truth = np.repeat([1, 0], [int(decided.sum()), len(values)])
            line["auc"] = float(roc_auc_score(truth, np.concatenate([best[decided], values])))
        yield line


CLAIMS = {"claims": lambda rows: f"{rows['claims'].iloc[0]:.0f}"}
STUDY = Study(
    measures=[Measure(learning, seeds=0), Measure(quotes, seeds=0)],
    tables=[
        Table(
            {"quotes by": "what"},
            CLAIMS | {"the first decides": ranged("first", 3), "any of three does": ranged("three", 3)},
            "quotes",
        ),
        Table({"claims to test on": "what"}, CLAIMS | {"refused": ranged("share", 3)}, "refused"),
    ],
    files=lambda data_dir: scifact.files(data_dir) | scifact.evidence(data_dir),
)
