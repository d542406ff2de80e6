"""The snippets, which of them belong together, and where the files come from.

Source: Hutto and Gilbert, "VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social Media Text" (2014),
MIT, https://github.com/cjhutto/vaderSentiment: 20 people rated each snippet from -4 to 4; the mean is its valence.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from capstan.contract.weights import Weights
from capstan.errors import CapstanError
from capstan.inputs import downloads

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

FILE = "sentiment.parquet"
HOME = "https://github.com/cjhutto/vaderSentiment"
COLUMNS = ("source", "id", "valence", "text")
SOURCES = ("movie", "tweet", "amazon", "nyt")
OF_DOCUMENTS = ("amazon", "nyt")  # the first part of `id` is a review or an article
# The valences of 7,520 words and faces, each the mean of ten people. The package is VADER itself; MIT.
LEXICON = Weights(
    file="vader_lexicon.txt",
    sha256="1ec9c6e9ee19aade328f8beb393a6afa71a5bb3acf7d3cc22d4ef568df374bf5",
    licence="MIT",
    url=f"{HOME}/raw/master/vaderSentiment/vader_lexicon.txt",
    package="vaderSentiment",
    path="vader_lexicon.txt",
)


def find(data_dir: Path | None) -> Path:
    """Return the path of the file, of the data folder or the cache. Raises CapstanError where neither has it."""
    if path := downloads.find(FILE, data_dir):
        return path
    raise CapstanError(
        f"{FILE} is missing. Make it of the ground truth of {HOME} (hutto_ICWSM_2014, four files): a parquet file with "
        f"the columns {', '.join(COLUMNS)}, and put it into CAPSTAN_DATA_DIR."
    )


def snippets(path: Path) -> pd.DataFrame:
    """Return one row per snippet: `row`, its place in the file, `source`, `text`, `valence`, -4 to 4, and `unit`.

    Rows of one unit are never on two sides of a split: see `units`. Raises CapstanError for another file.
    """
    import pandas as pd

    raw = pd.read_parquet(path).reset_index(drop=True)
    if missing := sorted(set(COLUMNS) - set(raw.columns)):
        raise CapstanError(f"{path} lacks the columns {', '.join(missing)}. Replace or remove it.")
    texts = raw["text"].map(html.unescape)  # a tweet has "&lt;3" where its author wrote "<3"
    table = raw[["source", "valence"]].assign(row=range(len(raw)), text=texts)
    return table.assign(unit=units(raw["source"].tolist(), raw["id"].astype(str).tolist(), texts.tolist()))


def units(sources: Sequence[str], ids: Sequence[str], texts: Sequence[str]) -> np.ndarray:
    """Return the number of the unit of each snippet, shape (n,): what such snippets connect.

    Two are of one unit where they are of one review or article, where they are near copies within a source, or where
    they are the same without case, blanks and punctuation.
    """
    import numpy as np
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    from models.text import near_copies

    near = np.empty(len(texts), int)
    for source in set(sources):
        places = np.flatnonzero(np.array(sources) == source)
        near[places] = near_copies.groups([texts[place] for place in places.tolist()])
    keys = [
        (
            f"{source} {document.split('_')[0] if source in OF_DOCUMENTS else document}",
            f"{source} near {number}",
            f"same {near_copies.shape(text) or text}",
        )
        for source, document, text, number in zip(sources, ids, texts, near.tolist(), strict=True)
    ]
    named = np.unique(np.array(keys), return_inverse=True)[1].reshape(len(keys), 3)
    rows = np.repeat(np.arange(len(keys)), 3)
    size = len(keys) + int(named.max()) + 1
    graph = coo_array((np.ones(len(rows), bool), (rows, len(keys) + named.ravel())), shape=(size, size))
    labels: np.ndarray = connected_components(graph, directed=False)[1][: len(keys)]
    return np.unique(labels, return_inverse=True)[1]
