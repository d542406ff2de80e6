"""Abstracts and claims of SciFact, as documents and queries."""

import pytest

from models.retrieval.segment import Document
from tests.support import abstracts


@pytest.fixture(scope="session")
def documents() -> list[Document]:
    return abstracts.documents()


@pytest.fixture(scope="session")
def claims() -> list[str]:
    return abstracts.claims()
