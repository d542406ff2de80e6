"""Names in a text: a tag for each token, by conditional random fields over what is seen at it, and over LSTMs.

Tags are BIO: `B-person` begins a person, `I-person` goes on with it. Source of what is seen: Ratinov and Roth, "Design
Challenges and Misconceptions in Named Entity Recognition" (2009).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import chain, pairwise
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from models.linear.softmax import Block, Softmax
from models.tagging.bilstm_crf import BiLSTMCRF
from models.tagging.crf import CRF

RIDGE, STRETCH, STEPS = 0.3, 0.5, 80
HIDDEN, EPOCHS = 100, 8  # of the LSTMs
SEEN = 2  # sentences' tokens that have a column, at least
OUTSIDE = "O"
Tokens = Sequence[str]


class Entity(NamedTuple):
    """A name: its first token, the one behind its last, and its kind."""

    start: int
    end: int
    kind: str


def entities(tags: Sequence[str]) -> list[Entity]:
    """Return the names that tags say, as `conlleval` reads them: an `I-` after another kind begins one."""
    made: list[Entity] = []
    kind, start = "", 0
    for place, tag in enumerate([*tags, OUTSIDE]):
        own = tag[2:]
        if kind and (tag[0] != "I" or own != kind):
            made.append(Entity(start, place, kind))
            kind = ""
        if not kind and own:
            kind, start = own, place
    return made


def shape(word: str) -> str:
    """Return a word with each run of capitals as X, of small letters as x, of digits as 9."""
    return re.sub(r"9+", "9", re.sub(r"x+", "x", re.sub(r"X+", "X", _signs(word))))


def _signs(word: str) -> str:
    return "".join("X" if s.isupper() else "x" if s.isalpha() else "9" if s.isdigit() else s for s in word)


def own(word: str) -> list[str]:
    """Return what is seen of a word alone."""
    small = word.lower()
    made = [f"w={small}", f"s={shape(word)}", f"d={_signs(word)[:6]}"]
    made += [f"p{size}={small[:size]}" for size in (2, 3, 4)] + [f"e{size}={small[-size:]}" for size in (1, 2, 3, 4)]
    return made


def seen(sentence: Tokens) -> list[list[str]]:
    """Return what is seen at each token of a sentence: itself, two tokens before and behind, and where it stands."""
    alone = [own(word) for word in sentence]
    small, shapes = [word.lower() for word in sentence], [shape(word) for word in sentence]
    loud = sum(word.isupper() for word in sentence) > len(sentence) / 2
    made = []
    for place, features in enumerate(alone):
        row = [*features, "all", f"first={place == 0}", f"loud={loud},{shapes[place]}"]
        for step in (-2, -1, 1, 2):
            there = place + step
            inside = 0 <= there < len(sentence)
            row += [f"w{step}={small[there] if inside else ''}", f"s{step}={shapes[there] if inside else ''}"]
        before, behind = (shapes[one] if 0 <= one < len(shapes) else "" for one in (place - 1, place + 1))
        row += [f"s-1,0={before},{shapes[place]}", f"s0,1={shapes[place]},{behind}"]
        row += [f"w-1,s0={small[place - 1] if place else ''},{shapes[place]}"]
        made.append(row)
    return made


CASES = 7


def case(words: Tokens) -> np.ndarray:
    """Return what MiniLM does not see of each word, as it reads small letters alone: 0 or 1, (tokens, CASES)."""
    return np.array([
        [
            word[:1].isupper(), word.isupper() and len(word) > 1, any(map(str.isupper, word[1:])), word.islower(),
            any(map(str.isdigit, word)), word[:1] in "@#", place == 0,
        ]
        for place, word in enumerate(words)
    ], np.float32)  # fmt: skip


class Columns:
    """The columns of what is seen at two tokens or more of the sentences that were learned from."""

    def __init__(self, rows: Sequence[Sequence[str]]):
        counts = Counter(chain.from_iterable(rows))
        self.places = {name: at for at, name in enumerate(name for name, count in counts.items() if count >= SEEN)}

    def matrix(self, rows: Sequence[Sequence[str]]) -> csr_array:
        """Return 1 where something is seen, shape (tokens, columns)."""
        found = [[self.places[name] for name in row if name in self.places] for row in rows]
        ends = np.concatenate([[0], np.cumsum([len(row) for row in found])])
        places = np.fromiter(chain.from_iterable(found), np.int64, ends[-1])
        return csr_array((np.ones(len(places)), places, ends), shape=(len(rows), len(self.places)))


class Read(NamedTuple):
    """Sentences as tokens, and a vector for each token, (tokens, width), sentence after sentence. None is empty."""

    sentences: Sequence[Tokens]
    vectors: np.ndarray

    @property
    def lengths(self) -> list[int]:
        """Return the tokens of each sentence."""
        return [len(one) for one in self.sentences]


class Tagger:
    """A conditional random field over all that is seen, and over the vectors.

    ridge, steps: of the field. stretch: of the vectors, whose columns have the variance 1 before; 0 leaves them out.
    """

    def __init__(self, ridge: float = RIDGE, stretch: float = STRETCH, steps: int = STEPS):
        self.ridge, self.stretch, self.steps = ridge, stretch, steps

    def fit(self, read: Read, tags: Sequence[Tokens]) -> Tagger:
        """Return it, fitted."""
        self.tags = sorted({tag for one in tags for tag in one})
        self.columns = Columns(self.rows(read.sentences))
        if self.stretch:
            self.middle, self.scale = read.vectors.mean(axis=0), np.maximum(read.vectors.std(axis=0), 1e-6)
        numbers = np.array([self.tags.index(tag) for one in tags for tag in one])
        self.learn(self.blocks(read), read.lengths, numbers)
        return self

    def learn(self, blocks: list[Block], lengths: list[int], numbers: np.ndarray) -> None:
        """Learn from the tokens of sentences. numbers: of their tags."""
        self.crf = CRF(len(self.tags), self.ridge, self.steps).fit(blocks, numbers, lengths)

    def rows(self, sentences: Sequence[Tokens]) -> list[list[str]]:
        """Return what is seen at each token, sentence after sentence."""
        return [row for one in sentences for row in seen(one)]

    def blocks(self, read: Read) -> list[Block]:
        """Return the columns of the tokens: what is seen, and the vectors."""
        made: list[Block] = [self.columns.matrix(self.rows(read.sentences))]
        if self.stretch:
            made.append(self.stretch * (read.vectors - self.middle) / self.scale)
        return made

    def predict(self, read: Read) -> list[list[str]]:
        """Return the tags of each token."""
        return [tags for tags, _ in self.sure(read)]

    def sure(self, read: Read) -> list[tuple[list[str], list[float]]]:
        """Return the tags of each token, and how likely each of them is."""
        if not read.sentences:
            return []
        numbers, chances = self.best(self.blocks(read), read.lengths)
        each = chances[np.arange(len(numbers)), numbers].tolist()
        named = [self.tags[number] for number in numbers]
        ends = np.cumsum([0, *read.lengths]).tolist()
        return [(named[a:b], each[a:b]) for a, b in pairwise(ends)]

    def best(self, blocks: list[Block], lengths: list[int]) -> tuple[np.ndarray, np.ndarray]:
        """Return the number of the tag of each token, and how likely each tag is."""
        return self.crf.predict(blocks, lengths), self.crf.marginals(blocks, lengths)


class Recurrent(Tagger):
    """A BiLSTM-CRF over the vectors and the case of each word. It is served."""

    def __init__(self, hidden: int = HIDDEN, epochs: int = EPOCHS, seed: int = 0):
        super().__init__(stretch=1)
        self.hidden, self.epochs, self.seed = hidden, epochs, seed

    def rows(self, sentences: Sequence[Tokens]) -> list[list[str]]:
        """Return nothing: no word has a column of its own."""
        return [[] for one in sentences for _ in one]

    def blocks(self, read: Read) -> list[Block]:
        """Return the vectors and the case of each word."""
        return [*super().blocks(read)[1:], np.concatenate([case(one) for one in read.sentences])]

    def learn(self, blocks: list[Block], lengths: list[int], numbers: np.ndarray) -> None:
        """Learn from the tokens of sentences."""
        network = BiLSTMCRF(len(self.tags), self.hidden, epochs=self.epochs, seed=self.seed)
        self.network = network.fit(np.hstack(blocks), numbers, lengths)

    def best(self, blocks: list[Block], lengths: list[int]) -> tuple[np.ndarray, np.ndarray]:
        """Return the number of the tag of each token, and how likely each tag is."""
        return self.network.read(np.hstack(blocks), lengths)


class Alone(Tagger):
    """The strong simple one: softmax regression of each token by itself, on what is seen of its own word."""

    def __init__(self) -> None:
        super().__init__(stretch=0)

    def rows(self, sentences: Sequence[Tokens]) -> list[list[str]]:
        """Return what is seen of each word."""
        return [own(word) for one in sentences for word in one]

    def learn(self, blocks: list[Block], lengths: list[int], numbers: np.ndarray) -> None:
        """Learn from the tokens, with the strength of scikit-learn."""
        self.softmax = Softmax(tolerance=1e-4).fit(blocks, np.eye(len(self.tags))[numbers])

    def best(self, blocks: list[Block], lengths: list[int]) -> tuple[np.ndarray, np.ndarray]:
        """Return the likeliest tag of each token, and how likely each tag is."""
        from scipy.special import softmax

        chances = np.asarray(softmax(self.softmax.scores(blocks), axis=1))
        return chances.argmax(axis=1), chances


def hits(true: Sequence[Tokens], made: Sequence[Tokens]) -> np.ndarray:
    """Return of each sentence how many names are right, said, and there, shape (n, 3): kind and both ends count."""
    found = [(set(entities(one)), set(entities(other))) for one, other in zip(true, made, strict=True)]
    return np.array([(len(one & other), len(other), len(one)) for one, other in found], float).reshape(-1, 3)


def f1(counts: np.ndarray) -> float:
    """Return the F1 of names. counts: as `hits` returns them."""
    right, said, there = counts.sum(axis=0)
    return float(2 * right / max(said + there, 1))
