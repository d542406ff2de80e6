"""A summary of one sentence: candidates out of the text, and a ranker that was trained on their ROUGE.

A candidate is a sentence, a part of one between two clauses, or the title where there is one. The ranker is boosted
trees over place, length, nearness to the whole and to the title, and over what ridge regression says of its words.
Source of the task: Cachola et al., "TLDR" (2020).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise, product
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.sparse import csr_array

from models.linear.ridge import Ridge
from models.metrics import rouge
from models.text.hashed_tfidf import Tfidf, counted

if TYPE_CHECKING:
    import lightgbm

WIDTH = 2**16
PENALTY = 3.0
FOLDS = 5
MOST = 60  # sentences of a text that may become its summary
FEWEST = 6  # words of a part of a sentence
STARTS, ENDS = 3, 6  # places of a sentence where a part may start and end, at most
OPENING = re.compile(
    r"^(?:(?:in (?:this|our) (?:paper|work|study|article)|here|to this end|towards? this (?:end|goal)|specifically|"
    r"in particular|more specifically|however|moreover|furthermore|additionally|in addition|therefore|thus|finally|"
    r"to address (?:this|these)[^,]{0,40}|motivated by (?:this|these)[^,]{0,40}|in contrast|further|also|consequently|"
    r"as a result|hence|overall|first|second|in summary|to (?:do so|overcome this)[^,]{0,30}),? )+",
    re.IGNORECASE,
)
CLOSING = re.compile(
    r",? (?:which|where|while|whereas|thereby|thus|such as|leading to|resulting in|allowing|enabling|without|so that|"
    r"including|demonstrating|showing|achieving|outperforming|in order to|because|since|by (?=\w+ing)|"
    r"and (?=we |show))|[;:]|,(?= (?:and|but|or|a|an|the) )"
)
INNER = re.compile(
    r"(?:,|;|:|\band|\bthat|\bwhich) (?=(?:we|this (?:paper|work)|our) )|(?<=,) (?=(?:a|an|the|it) )", re.IGNORECASE
)
BRACKETS = re.compile(r"\s*(?:\([^()]*\)|\[[^\[\]]*\])")
CUES = (
    r"\bwe (?:propose|introduce|present|develop|describe|study|investigate)\b",
    r"\bwe (?:show|demonstrate|find|prove)\b",
    r"\bthis (?:paper|work|article|study)\b", r"\b(?:in|our) (?:this )?(?:paper|work)\b", r"\bnovel\b|\bnew\b",
    r"\b(?:state-of-the-art|outperform|improve)", r"\bhowever\b|\bbut\b", r"\bwe\b|\bour\b", r"\d",
    r"\bexperiments?\b|\bempirical", r"https?:|code", r"^(?:this|these|it|they|such)\b",
)  # fmt: skip


class Candidate(NamedTuple):
    """Words that may be the summary, the number of the sentence that they come from, and what was cut."""

    text: str
    sentence: int
    cut: int  # 0 nothing, 1 opening or brackets, 2 its end too, 3 its begin, 4 both, 5 the title


def candidates(sentences: Sequence[str], title: str = "", cuts: bool = True) -> list[Candidate]:
    """Return the sentences of a text, with `cuts` their parts, and its title, each text once."""
    by_text: dict[str, Candidate] = {}
    for number, sentence in enumerate(sentences[:MOST]):
        by_text.setdefault(sentence, Candidate(sentence, number, 0))
        for text, cut in parts(sentence) if cuts else ():
            by_text.setdefault(text, Candidate(text, number, cut))
    if title:
        by_text.setdefault(title, Candidate(title, 0, 5))
    return list(by_text.values())


def parts(sentence: str) -> list[tuple[str, int]]:
    """Return the parts of a sentence that are long enough, and what was cut."""
    whole = BRACKETS.sub("", OPENING.sub("", sentence)).strip()
    starts = [0, *(match.end() for match in INNER.finditer(whole))][: STARTS + 1]
    ends = [len(whole), *(match.start() for match in CLOSING.finditer(whole))][: ENDS + 1]
    pieces = []
    for start, end in product(starts, ends):
        text = _capital(whole[start:end].strip(" ,;:."))
        if len(text.split()) >= FEWEST:
            pieces.append((f"{text}.", 1 + (end < len(whole)) + 2 * (start > 0)))
    return pieces


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def target(text: str, summaries: Sequence[str]) -> float:
    """Return how good a candidate is: the mean of ROUGE-1 and ROUGE-2, F, each with the nearest reference."""
    return (rouge.best(summaries, text, 1).f + rouge.best(summaries, text, 2).f) / 2


def runs(text: str) -> list[str]:
    """Return words and pairs of words."""
    found = rouge.words(text)
    return found + [f"{first} {second}" for first, second in pairwise(found)]


class Ranker:
    """Gives each candidate of a text the ROUGE that it may have. The mean of some boostings, each by another seed."""

    def __init__(
        self, trees: int = 250, leaves: int = 15, bags: int = 5, rate: float = 0.04, seed: int = 0, cuts: bool = True
    ):
        """trees, leaves, rate: of each boosting. bags: how many. cuts: whether sentences may be shortened."""
        self.trees, self.leaves, self.bags, self.rate, self.seed, self.cuts = trees, leaves, bags, rate, seed, cuts

    def fit(self, texts: Sequence[Sequence[str]], summaries: Sequence[Sequence[str]], titles: Sequence[str]) -> Ranker:
        """Return it, fitted. texts: the sentences of each. summaries: the references of each. titles: "" for none."""
        import lightgbm

        found = self.found(texts, titles)
        paper = np.repeat(np.arange(len(found)), [len(each) for each in found])
        goal = np.array(
            [target(candidate.text, summaries[place]) for place, each in enumerate(found) for candidate in each]
        )
        self.tfidf = Tfidf().fit(counted((runs(" ".join(text)) for text in texts), WIDTH))
        rows = self.words(found)
        self.ridge = Ridge(PENALTY).fit(rows, goal)
        table = np.column_stack([out_of_fold(rows, goal, paper, self.seed), self.table(texts, titles, found, rows)])
        settings = {
            "objective": "regression", "num_leaves": self.leaves, "learning_rate": self.rate, "min_data_in_leaf": 30,
            "feature_fraction": 0.5, "bagging_fraction": 0.6, "bagging_freq": 1, "verbosity": -1,
            "num_threads": 1, "deterministic": True, "force_row_wise": True,
        }  # fmt: skip
        self.boosters: list[lightgbm.Booster] = [
            lightgbm.train(settings | {"seed": self.bags * self.seed + bag}, lightgbm.Dataset(table, goal), self.trees)
            for bag in range(self.bags)
        ]
        return self

    def found(self, texts: Sequence[Sequence[str]], titles: Sequence[str]) -> list[list[Candidate]]:
        """Return the candidates of each text."""
        return [candidates(text, title, self.cuts) for text, title in zip(texts, titles, strict=True)]

    def words(self, found: Sequence[Sequence[Candidate]]) -> csr_array:
        """Return TF-IDF of the words of each candidate."""
        return self.rows(candidate.text for each in found for candidate in each)

    def rows(self, texts: Iterable[str]) -> csr_array:
        """Return TF-IDF of words and pairs of words."""
        return self.tfidf.transform(counted(map(runs, texts), WIDTH))

    def scores(self, texts: Sequence[Sequence[str]], titles: Sequence[str]) -> list[list[tuple[Candidate, float]]]:
        """Return the candidates of each text with their scores, the best first."""
        found = self.found(texts, titles)
        if not any(found):
            return [[] for _ in texts]
        rows = self.words(found)
        table = np.column_stack([self.ridge.predict(rows), self.table(texts, titles, found, rows)])
        scores = np.mean([booster.predict(table, num_threads=1) for booster in self.boosters], axis=0).tolist()
        ends = np.cumsum([0, *map(len, found)]).tolist()
        return [
            sorted(zip(each, scores[a:b], strict=True), key=lambda pair: -pair[1])
            for each, a, b in zip(found, ends, ends[1:], strict=False)
        ]

    def best(self, texts: Sequence[Sequence[str]], titles: Sequence[str]) -> list[str]:
        """Return the summary of each text, "" for one without sentences."""
        return [each[0][0].text if each else "" for each in self.scores(texts, titles)]

    def table(
        self,
        texts: Sequence[Sequence[str]],
        titles: Sequence[str],
        found: Sequence[Sequence[Candidate]],
        rows: csr_array,
    ) -> np.ndarray:
        """Return what the trees read besides the words, shape (candidates, columns). rows: of the candidates."""
        ends = np.cumsum([0, *map(len, found)]).tolist()
        return np.concatenate([
            np.column_stack([self._of_text(text, each, rows[a:b]), self._of_title(title, each, rows[a:b])])
            for text, title, each, a, b in zip(texts, titles, found, ends, ends[1:], strict=False) if each
        ])  # fmt: skip

    def _of_title(self, title: str, found: Sequence[Candidate], own: csr_array) -> np.ndarray:
        """Return what each candidate shares with the title: weighed words, words, and pairs of words."""
        alike = (own @ self.rows([title]).T).toarray()[:, 0]
        words = rouge.words(title)
        single, pairs = set(words), set(pairwise(words))
        rows = []
        for candidate, value in zip(found, alike.tolist(), strict=True):
            own = rouge.words(candidate.text)
            shared, double = len(single.intersection(own)), len(pairs.intersection(pairwise(own)))
            shares = shared / max(len(single), 1), shared / max(len(set(own)), 1), double / max(len(pairs), 1)
            rows.append([value, *shares, double, len(words)])
        return np.array(rows, float)

    def _of_text(self, text: Sequence[str], found: Sequence[Candidate], own: csr_array) -> np.ndarray:
        sentences = text[:MOST]
        rows = self.rows(sentences)
        alike = (own @ rows.T).toarray()
        centre = np.asarray(rows.sum(axis=0)).ravel()
        length = np.sqrt(np.square(centre).sum())  # not `norm`: the threads of BLAS would cost more than they do
        near = own @ (centre / max(length, 1e-9))
        alone = np.array([candidate.sentence for candidate in found])
        others = (alike.sum(axis=1) - alike[np.arange(len(found)), alone]) / max(len(sentences) - 1, 1)
        counts = Counter(word for sentence in sentences for word in set(rouge.words(sentence)))
        table = []
        for place, candidate in enumerate(found):
            words = rouge.words(candidate.text)
            whole = rouge.words(sentences[candidate.sentence])
            shared = sum(counts[word] > 1 for word in set(words)) / max(len(set(words)), 1)
            table.append([
                candidate.sentence, candidate.sentence / len(sentences), len(sentences) - candidate.sentence,
                len(sentences), candidate.cut, len(words), len(words) / max(len(whole), 1), shared, near[place],
                others[place], alike[place, 0], alike[place, -1],
                alike[place].max(initial=0, where=np.arange(len(sentences)) != candidate.sentence),
                *(bool(re.search(cue, candidate.text, re.IGNORECASE)) for cue in CUES),
            ])  # fmt: skip
        return np.array(table, float)


def out_of_fold(rows: csr_array, goal: np.ndarray, paper: np.ndarray, seed: int) -> np.ndarray:
    """Return what ridge regression says of the words of each candidate, without having seen its text, shape (n,).

    goal, paper: how good each candidate is, and the number of its text, shape (n,). seed: of the folds.
    """
    fold = np.random.default_rng(seed).permutation(paper.max() + 1)[paper] % FOLDS
    predictions = np.zeros(len(goal))
    for number in np.unique(fold):
        held = fold == number
        predictions[held] = Ridge(PENALTY).fit(rows[~held], goal[~held]).predict(rows[held])
    return predictions


def scored(written: Sequence[str], summaries: Sequence[Sequence[str]]) -> np.ndarray:
    """Return ROUGE-1, ROUGE-2 and ROUGE-L of each summary, F with the nearest reference, shape (n, 3)."""
    return np.array(
        [
            [
                rouge.best(known, summary, 1).f,
                rouge.best(known, summary, 2).f,
                max(rouge.longest(ref, summary).f for ref in known),
            ]
            for summary, known in zip(written, summaries, strict=True)
        ]
    ).reshape(-1, 3)
