"""A summary of one sentence: candidates out of the text, and a ranker that was trained on their ROUGE.

A candidate is a sentence, or a sentence without its opening ("In this paper,"), brackets or closing clause. The ranker
is boosted trees over place, length and nearness to the whole, and over what ridge regression says of its words.
Sources: Cachola et al., "TLDR" (2020), for the task; Mihalcea and Tarau, "TextRank" (2004), for the nearness to the
other sentences.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.sparse import csr_array

from models import rouge
from models.hashed_tfidf import Tfidf, counted
from models.ridge import Ridge

if TYPE_CHECKING:
    import lightgbm

WIDTH = 2**16
PENALTY = 3.0
FOLDS = 5
MOST = 60  # sentences of a text that may become its summary
OPENING = re.compile(
    r"^(?:(?:in (?:this|our) (?:paper|work|study|article)|here|to this end|towards? this (?:end|goal)|specifically|"
    r"in particular|more specifically|however|moreover|furthermore|additionally|in addition|therefore|thus|finally|"
    r"to address (?:this|these)[^,]{0,40}|motivated by (?:this|these)[^,]{0,40}|in contrast|further|also|consequently|"
    r"as a result|hence|overall|first|second|in summary|to (?:do so|overcome this)[^,]{0,30}),? )+",
    re.IGNORECASE,
)
CLOSING = re.compile(
    r",? (?:which|where|while|whereas|thereby|thus|such as|leading to|resulting in|allowing|enabling|without|so that|"
    r"including|demonstrating|showing|achieving|outperforming|in order to|because|since|by (?=\w+ing)|and (?=we |show))"
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
    cut: int  # 0 nothing, 1 the opening or brackets, 2 the closing clause too


def candidates(sentences: Sequence[str], cuts: bool = True) -> list[Candidate]:
    """Return the sentences of a text and, with `cuts`, what is left of them when they are cut, each text once."""
    made: dict[str, Candidate] = {}
    for number, sentence in enumerate(sentences[:MOST]):
        if not cuts:
            made.setdefault(sentence, Candidate(sentence, number, 0))
            continue
        shorter = BRACKETS.sub("", OPENING.sub("", sentence)).strip()
        texts = [(sentence, 0), (_capital(shorter), 1)]
        texts += [(_capital(shorter[: match.start()]).rstrip(" ,;") + ".", 2) for match in CLOSING.finditer(shorter)]
        for text, cut in texts:
            if cut == 0 or len(text.split()) >= 6:
                made.setdefault(text, Candidate(text, number, cut))
    return list(made.values())


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def target(text: str, summaries: Sequence[str]) -> float:
    """Return how good a candidate is: the mean of ROUGE-1 and ROUGE-2, F, each with the nearest reference."""
    return (rouge.best(summaries, text, 1).f + rouge.best(summaries, text, 2).f) / 2


def runs(text: str) -> list[str]:
    """Return words and pairs of words."""
    found = rouge.words(text)
    return found + [f"{one} {other}" for one, other in pairwise(found)]


class Ranker:
    """Gives each candidate of a text the ROUGE that it may have."""

    def __init__(self, trees: int = 250, leaves: int = 15, rate: float = 0.04, seed: int = 0, cuts: bool = True):
        """trees, leaves, rate, seed: of the boosting. cuts: whether sentences may be shortened."""
        self.trees, self.leaves, self.rate, self.seed, self.cuts = trees, leaves, rate, seed, cuts

    def fit(self, texts: Sequence[Sequence[str]], summaries: Sequence[Sequence[str]]) -> Ranker:
        """Return it, fitted. texts: the sentences of each. summaries: the references of each."""
        import lightgbm

        found = [candidates(one, self.cuts) for one in texts]
        paper = np.repeat(np.arange(len(found)), [len(one) for one in found])
        goal = np.array([target(one.text, summaries[at]) for at, each in enumerate(found) for one in each])
        self.tfidf = Tfidf().fit(counted((runs(" ".join(one)) for one in texts), WIDTH))
        rows = self.words(found)
        self.ridge = Ridge(PENALTY).fit(rows, goal)
        table = np.column_stack([out_of_fold(rows, goal, paper, self.seed), self.table(texts, found)])
        settings = {
            "objective": "regression", "num_leaves": self.leaves, "learning_rate": self.rate, "min_data_in_leaf": 30,
            "feature_fraction": 0.7, "bagging_fraction": 0.8, "bagging_freq": 1, "seed": self.seed, "verbosity": -1,
            "num_threads": 1, "deterministic": True, "force_row_wise": True,
        }  # fmt: skip
        self.booster: lightgbm.Booster = lightgbm.train(settings, lightgbm.Dataset(table, goal), self.trees)
        return self

    def words(self, found: Sequence[Sequence[Candidate]]) -> csr_array:
        """Return TF-IDF of the words of each candidate."""
        return self.tfidf.transform(counted((runs(one.text) for each in found for one in each), WIDTH))

    def scores(self, texts: Sequence[Sequence[str]]) -> list[list[tuple[Candidate, float]]]:
        """Return the candidates of each text with their scores, the best first."""
        found = [candidates(one, self.cuts) for one in texts]
        if not any(found):
            return [[] for _ in texts]
        table = np.column_stack([self.ridge.predict(self.words(found)), self.table(texts, found)])
        scores = np.asarray(self.booster.predict(table, num_threads=1)).tolist()
        ends = np.cumsum([0, *map(len, found)]).tolist()
        return [
            sorted(zip(each, scores[a:b], strict=True), key=lambda pair: -pair[1])
            for each, a, b in zip(found, ends, ends[1:], strict=False)
        ]

    def best(self, texts: Sequence[Sequence[str]]) -> list[str]:
        """Return the summary of each text, "" for one without sentences."""
        return [each[0][0].text if each else "" for each in self.scores(texts)]

    def nearness(self, text: Sequence[str]) -> np.ndarray:
        """Return how much each sentence shares with all of a text, shape (sentences,)."""
        rows = self.tfidf.transform(counted((runs(one) for one in text), WIDTH))
        return np.asarray((rows @ rows.T).sum(axis=1)).ravel()

    def table(self, texts: Sequence[Sequence[str]], found: Sequence[Sequence[Candidate]]) -> np.ndarray:
        """Return what the trees look at beside the words, shape (candidates, columns)."""
        return np.concatenate([self._of_text(text, each) for text, each in zip(texts, found, strict=True) if each])

    def _of_text(self, text: Sequence[str], found: Sequence[Candidate]) -> np.ndarray:
        sentences = text[:MOST]
        rows = self.tfidf.transform(counted((runs(one) for one in sentences), WIDTH))
        own = self.tfidf.transform(counted((runs(one.text) for one in found), WIDTH))
        alike = (own @ rows.T).toarray()
        centre = np.asarray(rows.sum(axis=0)).ravel()
        near = own @ (centre / max(np.linalg.norm(centre), 1e-9))
        alone = np.array([one.sentence for one in found])
        others = (alike.sum(axis=1) - alike[np.arange(len(found)), alone]) / max(len(sentences) - 1, 1)
        counts = Counter(word for one in sentences for word in set(rouge.words(one)))
        made = []
        for place, one in enumerate(found):
            words = rouge.words(one.text)
            whole = rouge.words(sentences[one.sentence])
            shared = sum(counts[word] > 1 for word in set(words)) / max(len(set(words)), 1)
            made.append([
                one.sentence, one.sentence / len(sentences), len(sentences) - one.sentence, len(sentences), one.cut,
                len(words), len(words) / max(len(whole), 1), shared, near[place], others[place], alike[place, 0],
                alike[place, -1], alike[place].max(initial=0, where=np.arange(len(sentences)) != one.sentence),
                *(bool(re.search(cue, one.text, re.IGNORECASE)) for cue in CUES),
            ])  # fmt: skip
        return np.array(made, float)


def out_of_fold(rows: csr_array, goal: np.ndarray, paper: np.ndarray, seed: int) -> np.ndarray:
    """Return what ridge regression says of the words of each candidate, without having seen its text, shape (n,).

    goal, paper: how good each candidate is, and the number of its text, shape (n,). seed: of the folds.
    """
    fold = np.random.default_rng(seed).permutation(paper.max() + 1)[paper] % FOLDS
    said = np.zeros(len(goal))
    for number in np.unique(fold):
        held = fold == number
        said[held] = Ridge(PENALTY).fit(rows[~held], goal[~held]).predict(rows[held])
    return said


def scored(made: Sequence[str], summaries: Sequence[Sequence[str]]) -> np.ndarray:
    """Return ROUGE-1, ROUGE-2 and ROUGE-L of each summary, F with the nearest reference, shape (n, 3)."""
    return np.array(
        [
            [rouge.best(known, one, 1).f, rouge.best(known, one, 2).f, max(rouge.longest(ref, one).f for ref in known)]
            for one, known in zip(made, summaries, strict=True)
        ]
    ).reshape(-1, 3)
