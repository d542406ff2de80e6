"""A part of an index that is written once: postings, lengths of fields, what was stored of its documents."""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from models.retrieval import files, postings
from models.retrieval.analysis import Analyzer
from models.retrieval.postings import BLOCK, Occurrences, ordered


@dataclass(frozen=True)
class Document:
    """What is searched. key: its name; another document with it takes its place. fields: text by name of field.

    attributes: what filters ask for, numbers or texts.
    """

    key: str
    fields: Mapping[str, str]
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Content:
    """What a segment holds, before it is written. lengths: words of each field of each document, shape (fields, n)."""

    documents: list[Document]
    lengths: np.ndarray
    terms: list[str]  # sorted, each of which occurs
    rows: Occurrences
    words: Counter[str]  # as they are written, for the spelling


def collected(documents: Sequence[Document], fields: Sequence[str], analyzer: Analyzer) -> Content:
    """Return the content of new documents, numbered by their order."""
    lengths = np.zeros((len(fields), len(documents)), np.int64)
    words: Counter[str] = Counter()
    rows: list[tuple[int, int, int, int]] = []
    numbers: dict[str, int] = {}
    for number, document in enumerate(documents):
        for place, name in enumerate(fields):
            tokens = analyzer.tokens(document.fields.get(name, ""))
            lengths[place, number] = len(tokens)
            words.update([token.word for token in tokens])
            rows += [(numbers.setdefault(token.term, len(numbers)), number, place, token.position) for token in tokens]
    terms = sorted(numbers)
    sorted_place = np.argsort([numbers[term] for term in terms])  # the place of each term, by its first number
    term, doc, field_at, position = np.array(rows, np.int64).reshape(-1, 4).T
    return Content(list(documents), lengths, terms, ordered(sorted_place[term], doc, field_at, position), words)


def merged(
    segments: Sequence[Segment], alive: Sequence[np.ndarray], fields: Sequence[str], analyzer: Analyzer
) -> Content:
    """Return the content of segments in a row without what was deleted. alive: of each, booleans per document."""
    pairs = list(zip(segments, alive, strict=True))
    documents = [part.document(number) for part, live in pairs for number in np.flatnonzero(live).tolist()]
    names = sorted(set().union(*(part.terms for part in segments)))
    numbers = {term: number for number, term in enumerate(names)}
    start, columns = 0, []
    for part, live in pairs:
        rows = part.occurrences()
        kept = live[rows.doc]
        places = start + np.cumsum(live) - 1
        own = np.array([numbers[term] for term in part.terms], np.int64)
        columns.append([own[rows.term[kept]], places[rows.doc[kept]], rows.field[kept], rows.position[kept]])
        start += int(live.sum())
    term, doc, field_at, position = (np.concatenate(column) for column in zip(*columns, strict=True))
    used, term = np.unique(term, return_inverse=True)  # some terms were in deleted documents alone
    lengths = np.hstack([part.lengths[:, live] for part, live in pairs])
    words = sum((Counter(part.words) for part in segments), Counter[str]())
    for part, live in pairs:  # what was deleted leaves no word behind
        for number in np.flatnonzero(~live).tolist():
            document = part.document(number)
            for name in fields:
                words.subtract(token.word for token in analyzer.tokens(document.fields.get(name, "")))
    words = +words
    return Content(documents, lengths, [names[index] for index in used], ordered(term, doc, field_at, position), words)


def encoded(content: Content) -> bytes:
    """Return the bytes of a segment's file."""
    documents = content.documents
    stored = [
        zlib.compress(json.dumps([document.key, dict(document.fields), dict(document.attributes)]).encode())
        for document in documents
    ]
    lists = postings.encode(content.rows, len(content.terms), content.lengths)
    blocks = -(-lists.frequencies // BLOCK)
    return files.pack(
        {
            "keys": [document.key for document in documents],
            "attributes": [dict(document.attributes) for document in documents],
            "lengths": content.lengths.astype(np.uint32),
            "words": dict(content.words),
            "terms": content.terms,
            "frequencies": lists.frequencies.astype(np.uint32),
            "block_starts": np.append(0, np.cumsum(blocks)).astype(np.uint32),
            "last": lists.last.astype(np.uint32),
            "blocks": lists.blocks,
            "block_ends": lists.block_ends.astype(np.uint64),
            "positions": lists.positions,
            "position_ends": lists.position_ends.astype(np.uint64),
            "impacts": lists.impacts.astype(np.uint32),
            "impact_ends": lists.impact_ends.astype(np.uint64),
            "stored": b"".join(stored),
            "stored_ends": np.cumsum([0, *map(len, stored)]).astype(np.uint64),
        }
    )


class Segment:
    """A segment of the disk. Arrays are read when they are used. Raises `files.DamagedError` where it is not whole."""

    def __init__(self, path: Path):
        self.sections = files.unpack(path)
        self.keys: list[str] = self.sections["keys"]
        self.terms: list[str] = self.sections["terms"]
        self.lengths = self.sections["lengths"].astype(np.int64)
        self.words: dict[str, int] = self.sections["words"]
        self.attributes: list[dict[str, Any]] = self.sections["attributes"]
        self.frequencies = self.sections["frequencies"].astype(np.int64)
        self.fields = len(self.lengths)

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Return the number of each term."""
        return {term: number for number, term in enumerate(self.terms)}

    @cached_property
    def documents(self) -> dict[str, int]:
        """Return the number of each document by its key."""
        return {key: number for number, key in enumerate(self.keys)}

    def frequency(self, term: str) -> int:
        """Return how many documents have a term that is there, the deleted ones among them."""
        return int(self.frequencies[self.numbers[term]])

    def blocks(self, term: str) -> tuple[int, int]:
        """Return the first block of a term that is there, and the one after its last."""
        number = self.numbers[term]
        first, after = self.sections["block_starts"][number : number + 2].tolist()
        return first, after

    def postings(self, term: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the documents that have a term, and how often in each field: shapes (n,) and (n, fields)."""
        sizes = postings.block_sizes(self.frequencies[self.numbers[term]][None])
        gaps, counts = postings.decode(self._part("block", *self.blocks(term)), sizes, self.fields)
        return np.cumsum(gaps + 1) - 1, counts

    def block(self, term: str, block: int) -> tuple[np.ndarray, np.ndarray]:
        """Return what `postings` returns of one block, counted from 0."""
        first, _ = self.blocks(term)
        size = min(BLOCK, self.frequency(term) - BLOCK * block)
        before = int(self.sections["last"][first + block - 1]) if block else -1
        gaps, counts = postings.decode(
            self._part("block", first + block, first + block + 1), np.array([size]), self.fields
        )
        return np.cumsum(gaps + 1) + before, counts

    def positions(self, term: str) -> tuple[np.ndarray, np.ndarray]:
        """Return doc * fields + field and position of each occurrence of a term, shapes (n,)."""
        docs, counts = self.postings(term)
        owners = np.repeat((docs[:, None] * self.fields + np.arange(self.fields)).ravel(), counts.ravel())
        return owners, postings.positions(self._part("position", *self.blocks(term)), owners)

    def occurrences(self) -> Occurrences:
        """Return all words of all documents."""
        gaps, counts = postings.decode(self.sections["blocks"], postings.block_sizes(self.frequencies), self.fields)
        term = np.repeat(np.arange(len(self.terms)), self.frequencies)
        doc = postings.sums(gaps + ~postings.changes(term), postings.changes(term))
        each = counts.ravel()
        group = np.repeat(np.arange(len(each)), each)
        place = group // self.fields
        position = postings.positions(self.sections["positions"], group)
        return Occurrences(term[place], doc[place], group % self.fields, position)

    def document(self, number: int) -> Document:
        """Return what was stored."""
        key, fields, attributes = json.loads(zlib.decompress(self._part("stored", number, number + 1).data))
        return Document(key, fields, attributes)

    def _part(self, name: str, start: int, stop: int) -> np.ndarray:
        ends = self.sections[f"{name}_ends"]
        whole: np.ndarray = self.sections[name if name in self.sections else f"{name}s"]
        return whole[int(ends[start]) : int(ends[stop])]
