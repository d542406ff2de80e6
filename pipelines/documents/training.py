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
from models.text.topic_svc import TopicSVC
from models.text.topic_tree import Tree
from pipelines.documents.model import DocumentsModel

if TYPE_CHECKING:
    import pandas as pd

FEWEST = 20  # rows of each table
FLAT = 10.0, 1.5  # strength and sharpness of the baseline of groups, by the study `tune`
NO_VECTORS = np.empty((0, 0))  # the baseline of names reads none


def fit(tables: dict[str, pd.DataFrame], weights: Mapping[str, Path], seed: int) -> DocumentsModel:
    """Return the model, fitted on all rows. Raises CapstanError for too few."""
    with threadpool_limits(1):  # the products are short: threads would wait for each other
        baselines = fit_baselines(tables, weights)
        texts, names = topics(tables["messages"])
        tokens, tags = tagged(tables["sentences"])
        tagger = Recurrent(seed=seed).fit(Read(tokens, token_vectors.of(tokens, weights)), tags)
        lines, references, titles = papers(tables["papers"])
        with_title, without_title = (
            Ranker(seed=seed).fit(lines, references, known) for known in (titles, [""] * len(titles))
        )
        return DocumentsModel(
            TopicSVC().fit(texts, names),
            tagger,
            baselines.vocabulary,
            baselines.baseline_topics,
            baselines.baseline_tagger,
            baselines.style_ranker,
            weights,
            ranker_with_title=with_title,
            ranker_without_title=without_title,
        )


def fit_baselines(tables: dict[str, pd.DataFrame], weights: Mapping[str, Path]) -> DocumentsModel:
    """Return a model of the baselines: tuned logistic regression, tokens by themselves, the first sentence.

    Raises CapstanError for too few rows.
    """
    for name, rows in tables.items():
        if len(rows) < FEWEST:
            raise CapstanError(f"{len(rows)} rows of {name} are too few to learn from. Give more.")
    texts, names = topics(tables["messages"])
    tokens, tags = tagged(tables["sentences"])
    vocabulary = frozenset(word for text in texts for word in topic_tree.runs(text))
    classifier, tagger = baseline_classifier().fit(texts, names), Alone().fit(Read(tokens, NO_VECTORS), tags)
    style = fit_style(tables["papers"])
    return DocumentsModel(classifier, tagger, vocabulary, classifier, tagger, style, weights)


def fit_style(rows: pd.DataFrame) -> Ranker:
    """Return a ranker that learned from summaries of other abstracts: how summaries begin, and how long they are."""
    lines, references, titles = papers(rows)
    order = np.random.default_rng(0).permutation(len(references))
    others = np.empty_like(order)
    others[order] = np.roll(order, 1)
    return Ranker(trees=60, bags=1).fit(lines, [references[place] for place in others.tolist()], titles)


def baseline_classifier() -> Tree:
    """Return the baseline of groups, which was served before: logistic regression on words, with its own settings."""
    return Tree(*FLAT, flat=True)


def topics(rows: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Return the texts of messages, without what their headers left, and their groups."""
    return [newsgroups.without_headers(text) for text in rows["text"]], rows["group"].tolist()


def tagged(rows: pd.DataFrame) -> tuple[list[list[str]], list[list[str]]]:
    """Return the tokens and the tags of sentences."""
    tokens, tags = ([line.split(" ") for line in rows[name]] for name in ("tokens", "tags"))
    return tokens, tags


def papers(rows: pd.DataFrame) -> tuple[list[list[str]], list[list[str]], list[str]]:
    """Return the sentences, the summaries and the titles of abstracts."""
    return lined(rows["sentences"]), lined(rows["summaries"]), rows["title"].tolist()


def lined(texts: pd.Series) -> list[list[str]]:
    """Return the lines of some texts."""
    return [text.split("\n") for text in texts]
