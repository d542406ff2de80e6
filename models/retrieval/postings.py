"""The postings of all terms: the documents that have a term, how often in each field, and where.

Those of a term come in blocks of 128 documents. A block has first the gaps between its documents, then the counts, a
row per document, as bytes (`codec.py`); positions are apart, as gaps inside a field. What bounds the score of a block
is kept next to it, so that whole blocks are passed over unread (`wand.py`): for each field, the pairs of count and
length of field that no other pair beats, with a higher count in a shorter field. They hold whatever k1, b, weights and
mean lengths are.
Source: Ding and Suel, "Faster top-k document retrieval using block-max indexes" (SIGIR 2011); pairs in place of one
maximum as in Lucene's competitive impacts (LUCENE-4198).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.retrieval import codec

BLOCK = 128
ROOM = 2**32  # numbers of one group, where two numbers are compared as one


@dataclass(frozen=True)
class Occurrences:
    """Each word of some documents, sorted by term, document, field and position. All have the shape (n,)."""

    term: np.ndarray
    doc: np.ndarray
    field: np.ndarray
    position: np.ndarray


def ordered(term: np.ndarray, doc: np.ndarray, field: np.ndarray, position: np.ndarray) -> Occurrences:
    """Return occurrences that were in any order."""
    order = np.lexsort((position, field, doc, term))
    return Occurrences(term[order], doc[order], field[order], position[order])


def changes(*keys: np.ndarray) -> np.ndarray:
    """Return where a group of equal keys begins, booleans, shape (n,)."""
    begins = np.zeros(len(keys[0]), bool)
    begins[:1] = True
    for key in keys:
        begins[1:] |= key[1:] != key[:-1]
    return begins


def steps(values: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Return how far each value is from the one before it; the first one of a group as it is."""
    return np.where(first, values, values - np.concatenate([[0], values[:-1]]))


def sums(steps: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Return the values that `steps` came from."""
    total = np.cumsum(steps)
    begins = np.flatnonzero(first)
    return np.asarray(total - np.repeat(total[begins] - steps[begins], np.diff(np.append(begins, len(steps)))))


def block_sizes(frequencies: np.ndarray) -> np.ndarray:
    """Return the number of documents of each block, term by term. frequencies: documents with each term."""
    blocks = -(-frequencies // BLOCK)
    sizes = np.full(blocks.sum(), BLOCK)
    sizes[np.cumsum(blocks) - 1] = frequencies - BLOCK * (blocks - 1)
    return sizes


def places(sizes: np.ndarray, fields: int) -> tuple[np.ndarray, np.ndarray]:
    """Return where the gap and the counts of each document are among the numbers: shapes (n,) and (n, fields)."""
    starts = np.repeat(np.cumsum(sizes) - sizes, sizes)
    within = np.arange(len(starts)) - starts
    gaps = starts * (1 + fields) + within
    counts = (starts * (1 + fields) + np.repeat(sizes, sizes) + within * fields)[:, None] + np.arange(fields)
    return gaps, counts


@dataclass(frozen=True)
class Encoded:
    """frequencies: of each term. last: document of each block. Ends are those of each block, of bytes or of pairs."""

    frequencies: np.ndarray
    last: np.ndarray
    blocks: bytes
    block_ends: np.ndarray
    positions: bytes
    position_ends: np.ndarray
    impacts: np.ndarray
    impact_ends: np.ndarray


def encode(rows: Occurrences, terms: int, lengths: np.ndarray) -> Encoded:
    """Return the postings of `terms` terms, each of which occurs. lengths: of fields, shape (fields, documents)."""
    fields = len(lengths)
    begins = changes(rows.term, rows.doc)
    posting = np.cumsum(begins) - 1
    term, doc = rows.term[begins], rows.doc[begins]
    counts = np.bincount(posting * fields + rows.field, minlength=len(doc) * fields).reshape(-1, fields)
    frequencies = np.bincount(term, minlength=terms)
    sizes = block_sizes(frequencies)
    gap_at, count_at = places(sizes, fields)
    numbers = np.zeros(len(doc) * (1 + fields), np.int64)
    numbers[gap_at] = steps(doc, changes(term)) - ~changes(term)  # a gap of 1 is the least, and is written as 0
    numbers[count_at] = counts
    ends = np.cumsum(sizes)
    moves = steps(rows.position, changes(rows.term, rows.doc, rows.field))
    pairs, pair_ends = impacts(np.repeat(np.arange(len(sizes)), sizes), doc, counts, lengths)
    return Encoded(
        frequencies,
        doc[ends - 1],
        codec.encode(numbers),
        np.append(0, np.cumsum(codec.lengths(numbers))[ends * (1 + fields) - 1]),
        codec.encode(moves),
        np.append(0, np.cumsum(codec.lengths(moves))[np.cumsum(counts.sum(axis=1))[ends - 1] - 1]),
        pairs,
        pair_ends,
    )


def decode(data: np.ndarray, sizes: np.ndarray, fields: int) -> tuple[np.ndarray, np.ndarray]:
    """Return gaps and counts of the documents of some blocks, shapes (n,) and (n, fields)."""
    numbers = codec.decode(data)
    if len(sizes) == 1:
        return numbers[: sizes[0]], numbers[sizes[0] :].reshape(-1, fields)
    gap_at, count_at = places(sizes, fields)
    return numbers[gap_at], numbers[count_at]


def positions(data: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Return positions. groups: of each, a number that is the same for those of one term, document and field."""
    return sums(codec.decode(data), changes(groups))


def impacts(
    block: np.ndarray, doc: np.ndarray, counts: np.ndarray, lengths: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs of count and length that no other beats, shape (m, 2), and where those of a block and field end.

    block, doc: of each posting, shape (n,).
    """
    fields = len(lengths)
    group = (block[:, None] * fields + np.arange(fields)).ravel()
    count, length = counts.ravel(), lengths[:, doc].T.ravel()
    order = np.lexsort((-count, length, group))  # in a group the shortest first, and of these the highest count
    best = np.maximum.accumulate((group * ROOM + count)[order])
    kept = order[(np.diff(best, prepend=-1) > 0) & (count[order] > 0)]
    ends = np.cumsum(np.bincount(group[kept], minlength=(block[-1] + 1) * fields if len(block) else 0))
    return np.stack([count[kept], length[kept]], axis=1), np.append(0, ends)
