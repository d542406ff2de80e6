"""SciFact: claims, abstracts, what is cited, and which sentences support or contradict a claim.

Source: Wadden et al., "Fact or Fiction: Verifying Scientific Claims" (2020), claims CC BY 4.0, abstracts ODC-By 1.0.
The file has abstracts as one text: our own sentences have the numbers of theirs in all but 5 of 1,295 reasons.
"""

from __future__ import annotations

import gzip
import json
import math
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np

from models.encoder.verifier import VERDICTS, stems
from models.text.sentences import sentences as split

K, B = 0.9, 0.4  # of BM25, as BEIR sets them


class Abstract(NamedTuple):
    """An abstract: its title, and its sentences."""

    title: str
    sentences: list[str]


class Claim(NamedTuple):
    """A claim, the abstracts that it cites, and for each that decides it the verdict and the sentences."""

    number: int
    text: str
    part: str
    cited: list[int]
    decided: dict[int, tuple[str, list[int]]]


def abstracts(folder: Path) -> dict[int, Abstract]:
    """Return the abstracts by number."""
    made = {}
    with gzip.open(folder / "corpus.jsonl.gz", "rt", encoding="utf-8") as file:
        for one in map(json.loads, file):
            text = one["text"]
            sentences = [text[place.start : place.end] for place in split(text)]
            made[int(one["_id"])] = Abstract(one["title"], sentences or [one["title"]])
    return made


def claims(folder: Path) -> list[Claim]:
    """Return the claims, of the parts "train" (809) and "test" (300, which their publishers call dev)."""
    import pandas as pd

    evidence = pd.read_parquet(folder / "evidence.parquet")
    decided: dict[int, dict[int, tuple[str, list[int]]]] = {}
    for row in evidence.itertuples():
        verdict = VERDICTS[0] if row.evidence_label == "SUPPORT" else VERDICTS[1]
        own = decided.setdefault(int(row.id), {}).setdefault(int(row.evidence_doc_id), (verdict, []))
        own[1].extend(int(one) for one in row.evidence_sentences)
    with (folder / "queries.jsonl").open(encoding="utf-8") as file:
        texts = {int(one["_id"]): str(one["text"]) for one in map(json.loads, file)}
    made = []
    for part in ("train", "test"):
        judged = pd.read_csv(folder / "qrels" / f"{part}.tsv", sep="\t")
        for number, rows in judged.groupby("query-id"):
            cited = [int(one) for one in rows["corpus-id"]]
            made.append(Claim(int(number), texts[int(number)], part, cited, decided.get(int(number), {})))
    return made


class Retrieval:
    """BM25 over titles and abstracts, Robertson and Zaragoza (2009)."""

    def __init__(self, papers: dict[int, Abstract]):
        self.numbers = np.array(list(papers))
        counts = [Counter(stems(f"{one.title} {' '.join(one.sentences)}")) for one in papers.values()]
        sizes = np.array([one.total() for one in counts])
        self.norms = K * (1 - B + B * sizes / sizes.mean())
        held: dict[str, list[tuple[int, int]]] = {}
        for row, one in enumerate(counts):
            for word, count in one.items():
                held.setdefault(word, []).append((row, count))
        self.postings = {word: np.array(each).T for word, each in held.items()}

    def best(self, text: str, count: int) -> list[int]:
        """Return the numbers of the abstracts that fit a text best, the best first."""
        scores = np.zeros(len(self.numbers))
        for word in set(stems(text)):
            if word in self.postings:
                rows, counts = self.postings[word]
                rarity = math.log(1 + (len(scores) - len(rows) + 0.5) / (len(rows) + 0.5))
                scores[rows] += rarity * counts * (K + 1) / (counts + self.norms[rows])
        return [int(one) for one in self.numbers[np.argsort(-scores, kind="stable")[:count]]]
