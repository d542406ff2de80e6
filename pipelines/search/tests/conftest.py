"""Abstracts and claims of SciFact, as documents and queries."""

import gzip
import json

import pytest

from models.retrieval.segment import Document
from tests.support.data import DATA_DIR

FEWER = 300


@pytest.fixture(scope="session")
def documents() -> list[Document]:
    with gzip.open(DATA_DIR / "scifact" / "corpus.jsonl.gz", "rt") as file:
        rows = [json.loads(next(file)) for _ in range(FEWER)]
    return [
        Document(row["_id"], {"title": row["title"], "text": row["text"]}, {"words": len(row["text"].split())})
        for row in rows
    ]


@pytest.fixture(scope="session")
def claims() -> list[str]:
    with (DATA_DIR / "scifact" / "queries.jsonl").open() as file:
        return [json.loads(line)["text"] for line in file]
