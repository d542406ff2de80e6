"""`python -m pipelines.search.beside`: the index on SciFact, and `bm25s` on the same terms where it is installed.

Writes `beside.json` beside this file: seconds to index, bytes, milliseconds of processor time for the ten best
abstracts of each of the 300 claims to test on, how many are scored, and the largest difference of a score. One thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from capstan.settings import settings
from data_sets import scifact
from models.retrieval import porter
from models.retrieval.analysis import Analyzer
from models.retrieval.directory import Index
from models.retrieval.scoring import Bm25f
from models.study import Line, Study, markdown, options
from pipelines.search import rankings
from pipelines.search.rankings import CHOSEN, Rankings

FOLDER = Path(__file__).parent
K = 10
WAND, ALL, THEIRS = "block-max WAND", "all that have a term", "bm25s"


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """Return a result and the seconds of processor time, of the faster of two times."""
    spent = []
    for _ in range(2):
        began = time.process_time()
        made = work()
        spent.append(time.process_time() - began)
    return made, min(spent)


def searched(index: Index, test: Rankings, scoring: Bm25f, exhaustive: bool) -> list[int]:
    """Return how many abstracts were scored for each claim."""
    return [index.counted_search(query, K, scoring, exhaustive)[1] for query in test.queries]


def own(data: scifact.SciFact, test: Rankings) -> Iterator[Line]:
    """Yield a line per way to find the best."""
    porter.stem.cache_clear()
    began = time.process_time()
    index = rankings.indexed(data, "whole")
    build = {"index_seconds": round(time.process_time() - began, 2)}
    sections = index.segments[0].sections
    size = sum(sections[name].nbytes for name in ("blocks", "positions", "impacts"))
    scoring = Bm25f(CHOSEN.k1, (CHOSEN.b,))
    for name, exhaustive in ((WAND, False), (ALL, True)):
        found, spent = timed(partial(searched, index, test, scoring, exhaustive))
        line = {"way": name, "milliseconds": round(1_000 * spent / len(found), 3), "scored": float(np.mean(found))}
        yield line | build | {"postings_bytes": size, "largest_difference": None}


def theirs(data: scifact.SciFact, test: Rankings) -> Iterator[Line]:
    """Yield the line of bm25s, in 64 bits."""
    import bm25s

    analyzer = Analyzer()
    porter.stem.cache_clear()  # both begin without a stem
    began = time.process_time()
    index = bm25s.BM25(k1=CHOSEN.k1, b=CHOSEN.b, method="lucene", dtype="float64")
    index.index([analyzer.terms(text) for text in data.whole()], show_progress=False)
    build = {"index_seconds": round(time.process_time() - began, 2)}
    claims = [[term for term in analyzer.terms(text) if term in index.vocab_dict] for text in test.claims.texts]
    _, spent = timed(lambda: [index.retrieve([claim], k=K, show_progress=False, n_threads=0) for claim in claims])
    whole = test.words
    away = max(np.abs(index.get_scores(claim) - row).max() for claim, row in zip(claims, whole, strict=True))
    line = {"way": THEIRS, "milliseconds": round(1_000 * spent / len(claims), 3), "scored": None}
    yield (
        line
        | build
        | {"postings_bytes": index.scores["data"].nbytes + index.scores["indices"].nbytes}
        | {"largest_difference": float(away)}
    )


def tables(results: pd.DataFrame) -> str:
    """Return the table of the README."""
    columns: dict[str, Callable[[pd.DataFrame], str]] = {
        "ms a claim": lambda rows: f"{rows['milliseconds'].iloc[0]:.2f}",
        "abstracts scored": lambda rows: "-" if rows["scored"].isna().all() else f"{rows['scored'].iloc[0]:,.0f}",
        "s to index": lambda rows: f"{rows['index_seconds'].iloc[0]:.1f}",
        "MB of postings": lambda rows: f"{rows['postings_bytes'].iloc[0] / 1e6:.2f}",
        "largest difference of a score": lambda rows: (
            "-" if rows["largest_difference"].isna().all() else f"{rows['largest_difference'].iloc[0]:.1e}"
        ),
    }
    return markdown(results, {"way": "way"}, columns)


def main() -> None:
    """Measure, write and print."""
    given = options(__doc__, FOLDER).parse_args()
    study = Study(given.out / "beside.json", ["way"])
    data = scifact.load(settings().data_dir)
    test = Rankings(data, "test")
    study.add(*own(data, test))
    if find_spec("bm25s"):
        study.add(*theirs(data, test))
    print(tables(study.table()))


if __name__ == "__main__":
    main()
