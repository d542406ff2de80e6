"""From the three tables to what is served."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits

from capstan.errors import CapstanError
from data_sets import newsgroups
from models.encoder import token_vectors
from models.tagging.taggers import Alone, Read, Recurrent
from models.text import topic_tree
from models.text.extractive_summary import Ranker
from models.text.topic_tree import Tree
from pipelines.documents.model import DocumentsModel

if TYPE_CHECKING:
    import pandas as pd

FEWEST = 20  # rows of each table
FLAT = 10.0, 1.5  # strength and sharpness of the groups, by the study `tune`
NONE = np.empty((0, 0))  # vectors, of which the simple ones read none


def fit(tables: dict[str, pd.DataFrame], weights: Mapping[str, Path], seed: int) -> DocumentsModel:
    """Return the model, fitted on all rows. Raises CapstanError for too few."""
    with threadpool_limits(1):  # the products are short: threads would wait for each other
        simple = fit_simple(tables, weights)
        texts, names = topics(tables["messages"])
        tokens, tags = tagged(tables["sentences"])
        tagger = Recurrent(seed=seed).fit(Read(tokens, token_vectors.of(tokens, weights)), tags)
        lines, references, titles = papers(tables["papers"])
        rankers = {
            titled: Ranker(seed=seed).fit(lines, references, titles if titled else [""] * len(titles))
            for titled in (False, True)
        }
        topic = flat_tree().fit(texts, names)
        return DocumentsModel(topic, tagger, rankers, simple.known, simple.simple, simple.alone, simple.styled, weights)


def fit_simple(tables: dict[str, pd.DataFrame], weights: Mapping[str, Path]) -> DocumentsModel:
    """Return the simple methods alone: words, tokens by themselves, the first sentence. With what the gate compares."""
    for name, rows in tables.items():
        if len(rows) < FEWEST:
            raise CapstanError(f"{len(rows)} rows of {name} are too few to learn from. Give more.")
    texts, names = topics(tables["messages"])
    tokens, tags = tagged(tables["sentences"])
    known = frozenset(word for text in texts for word in topic_tree.runs(text))
    simple, alone = simple_tree().fit(texts, names), Alone().fit(Read(tokens, NONE), tags)
    return DocumentsModel(simple, alone, {}, known, simple, alone, fit_styled(tables["papers"]), weights)


def fit_styled(rows: pd.DataFrame) -> Ranker:
    """Return a ranker that learned from summaries of other abstracts: how summaries begin, and how long they are."""
    lines, references, titles = papers(rows)
    order = np.random.default_rng(0).permutation(len(references))
    others = np.empty_like(order)
    others[order] = np.roll(order, 1)
    return Ranker(trees=60, bags=1).fit(lines, [references[at] for at in others.tolist()], titles)


def simple_tree() -> Tree:
    """Return the baseline of groups: one fork, the strength of scikit-learn."""
    return Tree(1.0, 1.0, flat=True)


def flat_tree() -> Tree:
    """Return the groups that are served: one fork, with settings of its own."""
    return Tree(*FLAT, flat=True)


def topics(rows: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Return the texts of messages, without what their headers left, and their groups."""
    return [newsgroups.without_headers(text) for text in rows["text"]], rows["group"].tolist()


def tagged(rows: pd.DataFrame) -> tuple[list[list[str]], list[list[str]]]:
    """Return the tokens and the tags of sentences."""
    return [one.split(" ") for one in rows["tokens"]], [one.split(" ") for one in rows["tags"]]


def papers(rows: pd.DataFrame) -> tuple[list[list[str]], list[list[str]], list[str]]:
    """Return the sentences, the summaries and the titles of abstracts."""
    return lined(rows["sentences"]), lined(rows["summaries"]), rows["title"].tolist()


def lined(texts: pd.Series) -> list[list[str]]:
    """Return the lines of some texts."""
    return [text.split("\n") for text in texts]
