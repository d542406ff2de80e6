"""Abstracts and claims of SciFact, as documents and queries."""

import gzip
import json

from models.retrieval.segment import Document
from tests.support.data import DATA_DIR

FEWER = 300


def documents() -> list[Document]:
    """Return the first abstracts."""
    with gzip.open(DATA_DIR / "scifact" / "corpus.jsonl.gz", "rt") as file:
        rows = [json.loads(next(file)) for _ in range(FEWER)]
    return [
        Document(row["_id"], {"title": row["title"], "text": row["text"]}, {"words": len(row["text"].split())})
        for row in rows
    ]


def claims() -> list[str]:
    """Return all claims."""
    with (DATA_DIR / "scifact" / "queries.jsonl").open() as file:
        return [json.loads(line)["text"] for line in file]
