"""An index that is read: a snapshot of the latest commit. It stays what it is while a writer goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.retrieval import manifest, phrases, wand
from models.retrieval.queries import Query
from models.retrieval.scoring import Bm25f, Statistics, Term, TermScore
from models.retrieval.segment import Document, Segment

TRIES = 10


@dataclass(frozen=True)
class Hit:
    """A document that was found. place: the number of its segment, and its own number in there."""

    key: str
    score: float
    place: tuple[int, int]


class Index:
    """Opens the folder of an index. Raises FileNotFoundError where there is none, DamagedError where it is damaged."""

    def __init__(self, folder: Path):
        for left in reversed(range(TRIES)):
            self.manifest = manifest.read(folder)
            try:
                self._open(folder)
                break
            except FileNotFoundError:  # a writer has merged since
                if not left:
                    raise

    def _open(self, folder: Path) -> None:
        self.segments = [Segment(folder / name) for name, _ in self.manifest.segments]
        self.alive = [
            manifest.alive(folder, deleted, len(part.keys))
            for part, (_, deleted) in zip(self.segments, self.manifest.segments, strict=True)
        ]
        sums = sum(
            (part.lengths[:, alive].sum(axis=1) for part, alive in zip(self.segments, self.alive, strict=True)),
            np.zeros(len(self.manifest.fields)),
        )
        self.statistics = Statistics(len(self), sums / max(len(self), 1))

    def __len__(self) -> int:
        return int(sum(alive.sum() for alive in self.alive))

    def having(self, term: str) -> int:
        """Return how many documents that are not deleted have a term."""
        total = 0
        for part, alive in zip(self.segments, self.alive, strict=True):
            if term in part.numbers:
                total += int(part.frequency(term) if alive.all() else alive[part.postings(term)[0]].sum())
        return total

    def scores(self, query: Query, scoring: Bm25f) -> list[TermScore]:
        """Return what scores each term of a query that any document has."""
        counted = ((term, self.having(term.text)) for term in query.terms)
        return [TermScore(term, scoring, self.statistics, having) for term, having in counted if having]

    def search(self, query: Query, k: int = 10, scoring: Bm25f | None = None, exhaustive: bool = False) -> list[Hit]:
        """Return the k best documents, the best first; of equal scores, the one that was added first.

        exhaustive: score all that have a term. The result is the same.
        """
        return self.counted_search(query, k, scoring or Bm25f(), exhaustive)[0]

    def counted_search(self, query: Query, k: int, scoring: Bm25f, exhaustive: bool = False) -> tuple[list[Hit], int]:
        """Return what `search` returns, and how many documents were scored."""
        scores, heap, base, scored = self.scores(query, scoring), wand.Heap(), 0, 0
        way = wand.exhaustive if exhaustive else wand.block_max
        for part, alive in zip(self.segments, self.alive, strict=True):
            scored += way(part, scores, alive & allowed(part, query), k, heap, base)
            base += len(alive)
        hits = []
        starts = np.cumsum([0, *map(len, self.alive)])
        for value, number in sorted(heap, reverse=True):
            segment = int(np.searchsorted(starts, -number, side="right")) - 1
            place = (segment, -number - int(starts[segment]))
            hits.append(Hit(self.segments[segment].keys[place[1]], value, place))
        return hits, scored

    def all_scores(self, query: Query, scoring: Bm25f | None = None) -> np.ndarray:
        """Return the score of each document that is not deleted, in the order of `keys`, whatever it is filtered by."""
        scores = self.scores(query, scoring or Bm25f())
        parts = zip(self.segments, self.alive, strict=True)
        return np.concatenate([np.zeros(0), *(wand.all_scores(part, scores)[alive] for part, alive in parts)])

    def keys(self) -> list[str]:
        """Return the keys of all documents that are not deleted, in the order in which they were added."""
        parts = zip(self.segments, self.alive, strict=True)
        return [part.keys[number] for part, alive in parts for number in np.flatnonzero(alive).tolist()]

    def attributes(self) -> list[dict[str, Any]]:
        """Return the attributes of all documents, in the order of `keys`."""
        parts = zip(self.segments, self.alive, strict=True)
        return [part.attributes[number] for part, alive in parts for number in np.flatnonzero(alive).tolist()]

    def hit(self, number: int, score: float) -> Hit:
        """Return a document by its place in `keys` as a hit."""
        for segment, alive in enumerate(self.alive):
            if number < alive.sum():
                place = (segment, int(np.flatnonzero(alive)[number]))
                return Hit(self.segments[segment].keys[place[1]], score, place)
            number -= int(alive.sum())
        raise IndexError(f"There are {len(self)} documents.")

    def allowed(self, query: Query) -> np.ndarray:
        """Return which documents, in the order of `keys`, a query lets pass, booleans."""
        parts = zip(self.segments, self.alive, strict=True)
        return np.concatenate([np.zeros(0, bool), *(allowed(part, query)[alive] for part, alive in parts)])

    def document(self, hit: Hit) -> Document:
        """Return what was added."""
        return self.segments[hit.place[0]].document(hit.place[1])

    def reasons(self, query: Query, hit: Hit, scoring: Bm25f | None = None) -> dict[Term, float]:
        """Return what each term of a query adds to the score of a hit, those that add nothing left out."""
        return self.all_reasons(query, [hit], scoring)[0]

    def all_reasons(self, query: Query, hits: Sequence[Hit], scoring: Bm25f | None = None) -> list[dict[Term, float]]:
        """Return what `reasons` returns of each of some hits; the postings of a term are read once for all."""
        reasons: list[dict[Term, float]] = [{} for _ in hits]
        for score in self.scores(query, scoring or Bm25f()):
            for place, part in enumerate(self.segments):
                own = [index for index, hit in enumerate(hits) if hit.place[0] == place]
                if not own or score.term.text not in part.numbers:
                    continue
                docs, counts = part.postings(score.term.text)
                sought = np.array([hits[index].place[1] for index in own])
                rows = np.minimum(np.searchsorted(docs, sought), len(docs) - 1)
                values = np.where(docs[rows] == sought, score.of(counts[rows], part.lengths[:, docs[rows]]), 0.0)
                for index, value in zip(own, values.tolist(), strict=True):
                    if value:
                        reasons[index][score.term] = value
        return reasons


def allowed(part: Segment, query: Query) -> np.ndarray:
    """Return which documents of a segment have the phrases, pass the filters and have nothing excluded: booleans."""
    mask = np.ones(len(part.keys), bool)
    for phrase in query.phrases:
        mask &= phrases.having(part, phrase)
    for phrase in query.excluded:
        mask &= ~phrases.having(part, phrase)
    if query.filters:
        mask &= np.array([passes(attributes, query.filters) for attributes in part.attributes], bool)
    return mask


def passes(attributes: Mapping[str, Any], filters: Mapping[str, Any]) -> bool:
    """Return whether a document has what the filters ask for. One without the attribute does not."""
    for name, asked in filters.items():
        value = attributes.get(name)
        if isinstance(asked, tuple):
            fits = value is not None and asked[0] <= value <= asked[1]
        else:
            fits = value in asked if isinstance(asked, set | frozenset | list) else value == asked
        if not fits:
            return False
    return True
