"""From abstracts to what is served: the index, and the vectors."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from models.retrieval.segment import Document
from models.retrieval.writer import Writer
from pipelines.search import facets
from pipelines.search.model import SearchModel
from pipelines.search.ranking import Settings

if TYPE_CHECKING:
    import pandas as pd


def fit(abstracts: pd.DataFrame, weights: Mapping[str, Path], settings: Settings) -> SearchModel:
    """Return the model of some abstracts. Each takes 0.1 s of processor time: MiniLM reads it."""
    folder = Path(tempfile.mkdtemp(prefix="search-"))
    with Writer(folder / "index", ("title", "text")) as writer:
        for row in abstracts.itertuples():
            writer.add(Document(row.key, {"title": row.title, "text": row.text}, facets.of(f"{row.title} {row.text}")))
        writer.commit(merge_all=True)
    model = SearchModel(settings)
    model.weight_files = dict(weights)
    whole = (abstracts["title"] + " " + abstracts["text"]).tolist()
    np.save(folder / "vectors.npy", model.encoder.embed(whole))
    model.artifacts = {"index": folder / "index", "vectors": folder / "vectors.npy"}
    return model
