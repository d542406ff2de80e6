"""The k best documents of a segment: all that have a term scored, or by block-max WAND, with the same result.

WAND goes through the documents in their order with a cursor per term, and passes over those whose terms together cannot
reach the k-th best score so far; block-max WAND bounds by the blocks that a document lies in, unread.
Source: Broder et al., "Efficient query evaluation using a two-level retrieval process" (CIKM 2003); Ding and Suel,
"Faster top-k document retrieval using block-max indexes" (SIGIR 2011), algorithm of section 4.

Reference: all documents scored, exactly.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Sequence

import numpy as np

from models.retrieval.scoring import TermScore
from models.retrieval.segment import Segment

END = 2**62
SLACK = 1 + 1e-9  # a bound is a sum in another order than the score: rounding must not make it the smaller one

# The k best so far as a heap of (score, -number): of equal scores, the document that came first is the better one.
Heap = list[tuple[float, int]]


class Cursor:
    """Goes through the documents of a term, in their order."""

    def __init__(self, segment: Segment, score: TermScore, order: int):
        self.segment, self.score, self.order = segment, score, order
        first, after = segment.blocks(score.term.text)
        self.last: list[int] = segment.sections["last"][first:after].tolist()
        self.bounds: list[float] = bounds(segment, score, first, after).tolist()
        self.most = max(self.bounds)
        self.shallow = 0  # the block of the pivot, perhaps unread
        self.block = self.end = -1
        self.advance(0)

    def bound(self, doc: int) -> float:
        """Return the highest score in the block that a document would lie in; 0 behind the last one."""
        block = self.shallow = bisect_left(self.last, doc, self.shallow)
        return self.bounds[block] if block < len(self.last) else 0.0

    def block_end(self) -> int:
        """Return the last document of the block of the latest `bound`."""
        return self.last[self.shallow] if self.shallow < len(self.last) else END

    def advance(self, doc: int) -> None:
        """Move to the first document from this one on."""
        if doc > self.end:
            block = bisect_left(self.last, doc, self.block + 1)
            if block == len(self.last):
                self.doc = END
                return
            docs, counts = self.segment.block(self.score.term.text, block)
            self.docs: list[int] = docs.tolist()
            self.values: list[float] = self.score.of(counts, self.segment.lengths[:, docs]).tolist()
            self.block, self.at, self.end = block, 0, self.last[block]
        self.at = bisect_left(self.docs, doc, self.at)
        self.doc = self.docs[self.at]


def bounds(segment: Segment, score: TermScore, first: int, after: int) -> np.ndarray:
    """Return the highest score of each block that could be, shape (blocks,)."""
    fields = segment.fields
    ends = segment.sections["impact_ends"][first * fields : after * fields + 1].astype(np.int64)
    pairs = segment.sections["impacts"][ends[0] : ends[-1]].astype(np.int64)
    owner = np.repeat(np.arange((after - first) * fields), np.diff(ends))
    highest = np.zeros((after - first) * fields)
    for field in range(fields):
        own = owner % fields == field
        np.maximum.at(highest, owner[own], score.field(field, pairs[own, 0], pairs[own, 1]))
    return score.saturated(highest.reshape(-1, fields).sum(axis=1))


def exhaustive(
    segment: Segment, scores: Sequence[TermScore], allowed: np.ndarray, k: int, heap: Heap, base: int
) -> int:
    """Put the best documents into the heap, each with a number from `base` on. Return how many were scored.

    allowed: booleans per document; the others are left out.
    """
    whole = np.where(allowed, all_scores(segment, scores), 0.0)
    found = np.flatnonzero(whole)
    values = whole[found]
    if len(found) > k:  # the k-th best value, and all that are equal to it
        kept = values >= np.partition(values, -k)[-k]
        found, values = found[kept], values[kept]
    for doc, value in zip(found.tolist(), values.tolist(), strict=True):
        offer(heap, k, value, base + doc)
    return int(np.count_nonzero(whole))


def all_scores(segment: Segment, scores: Sequence[TermScore]) -> np.ndarray:
    """Return the score of each document, deleted or not, added in the order of the query, shape (documents,)."""
    whole = np.zeros(len(segment.keys))
    for score in scores:
        if score.term.text in segment.numbers:
            docs, counts = segment.postings(score.term.text)
            whole[docs] += score.of(counts, segment.lengths[:, docs])
    return whole


def offer(heap: Heap, k: int, value: float, number: int) -> None:
    """Put a document into the heap, if it is among the k best and has a score."""
    if len(heap) < k and value > 0:
        heapq.heappush(heap, (value, -number))
    elif heap and value > heap[0][0]:
        heapq.heapreplace(heap, (value, -number))


def block_max(segment: Segment, scores: Sequence[TermScore], allowed: np.ndarray, k: int, heap: Heap, base: int) -> int:
    """Do what `exhaustive` does, with a bound for each block. Return how many documents were scored."""
    cursors = [
        Cursor(segment, score, order) for order, score in enumerate(scores) if score.term.text in segment.numbers
    ]
    scored = 0
    while True:
        cursors.sort(key=lambda cursor: cursor.doc)
        least = heap[0][0] if len(heap) == k else 0.0
        pivot = first_that_reaches(cursors, least)
        if pivot is None or cursors[pivot].doc == END:
            return scored
        doc = cursors[pivot].doc
        while pivot + 1 < len(cursors) and cursors[pivot + 1].doc == doc:
            pivot += 1
        ahead = cursors[: pivot + 1]
        if sum([cursor.bound(doc) for cursor in ahead]) * SLACK <= least:
            after = min(cursor.block_end() for cursor in ahead) + 1
            if pivot + 1 < len(cursors):
                after = min(after, cursors[pivot + 1].doc)
            for cursor in ahead:
                cursor.advance(after)
        elif not allowed[doc] or cursors[0].doc == doc:
            if allowed[doc]:
                scored += 1
                offer(heap, k, total(ahead), base + doc)
            for cursor in ahead:
                cursor.advance(doc + 1)
        else:
            for cursor in ahead:
                cursor.advance(doc)


def first_that_reaches(cursors: Sequence[Cursor], least: float) -> int | None:
    """Return the place of the first cursor whose term could score more with those before it, or None."""
    bound = 0.0
    for place, cursor in enumerate(cursors):
        bound += cursor.most
        if bound * SLACK > least:
            return place
    return None


def total(cursors: Sequence[Cursor]) -> float:
    """Return the score of the document that all cursors are at, added in the order of the query."""
    value = 0.0
    for cursor in sorted(cursors, key=lambda cursor: cursor.order):
        value += cursor.values[cursor.at]
    return value
