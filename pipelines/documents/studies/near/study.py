"""How many messages of the newsgroups have near copies, by MinHash and by all pairs?

Messages without the lines that say who is quoted, as sets of runs of five words. `models/text/min_hash.py` looks for
pairs by MinHash (32 bands of 4 hashes); a product of sparse matrices gives the Jaccard index of all pairs.
"""

from __future__ import annotations

from functools import cache, partial

import numpy as np
from scipy.sparse import csr_array

from capstan.settings import settings
from capstan.study import Line, Measure, Study, Table
from capstan.study.protocol import Show
from data_sets import newsgroups
from models.text import min_hash

ALIKE = (0.4, 0.6, 0.8)
BLOCK = 1_000  # messages that are compared with all others at a time

Pairs = dict[tuple[int, int], float]


def all_pairs(sets: list[np.ndarray], alike: float) -> Pairs:
    """Return the Jaccard index of each pair of sets that has at least `alike`, by a product of sparse matrices."""
    values, columns = np.unique(np.concatenate(sets), return_inverse=True)
    ends = np.cumsum([0, *map(len, sets)])
    has = csr_array((np.ones(len(columns), np.int32), columns, ends), shape=(len(sets), len(values)))
    sizes, turned = np.diff(ends), has.T.tocsr()
    pairs: Pairs = {}
    for start in range(0, len(sets), BLOCK):
        shared = (has[start : start + BLOCK] @ turned).tocoo()
        left, right = shared.row + start, shared.col
        index = shared.data / (sizes[left] + sizes[right] - shared.data)
        keep = (left < right) & (index >= alike)
        kept = zip(left[keep].tolist(), right[keep].tolist(), strict=True)
        pairs.update(zip(kept, index[keep].tolist(), strict=True))
    return pairs


def line(sets: list[np.ndarray], tested: np.ndarray, exact: Pairs, alike: float) -> dict[str, float]:
    """Return how many messages of a part have a near copy, and of the pairs how many agree in a band."""
    signed = min_hash.signatures(sets)
    met = {
        pair for pair in map(tuple, min_hash.candidates(signed).tolist()) if len(sets[pair[0]]) and len(sets[pair[1]])
    }
    true = {pair for pair, index in exact.items() if index >= alike}
    estimated = {pair for pair in met if (signed[pair[0]] == signed[pair[1]]).mean() >= alike}
    across = {pair for pair in true if tested[pair[0]] != tested[pair[1]]}
    within = true - across
    return {
        "pairs": len(true), "candidates": len(met),
        "recall": len(true & met) / max(len(true), 1), "precision": len(true & met) / max(len(met), 1),
        "estimated_recall": len(true & estimated) / max(len(true), 1),
        "estimated_precision": len(true & estimated) / max(len(estimated), 1),
        "test_with_copy_in_train": len({row for pair in across for row in pair if tested[row]}),
        "test_with_copy_in_test": len({row for pair in within for row in pair if tested[row]}),
        "train_with_copy_in_train": len({row for pair in within for row in pair if not tested[row]}),
        "test": int(tested.sum()), "train": int((~tested).sum()),
    }  # fmt: skip


@cache
def messages(most: int | None) -> tuple[list[np.ndarray], np.ndarray, Pairs]:
    """Return the set of each message, whether it tests, and the pairs that are alike. most: messages, for a trial."""
    rows = newsgroups.messages(newsgroups.file(settings().data_dir)).iloc[:most]
    sets = [min_hash.shingles(newsgroups.without_headers(text)) for text in rows["text"]]
    return sets, (rows["part"] == "test").to_numpy(), all_pairs(sets, min(ALIKE))


def copies(alike: float, most: int | None = None) -> Line:
    """Return how many messages have a near copy with a Jaccard index of at least `alike`."""
    sets, tested, exact = messages(most)
    return line(sets, tested, exact, alike)


def mean(name: str, form: str = ".0f") -> Show:
    """Return what shows a field."""
    return lambda rows: format(rows[name].mean(), form)


def table(columns: dict[str, Show]) -> Table:
    """Return a table with a row per limit."""
    return Table({"Jaccard index, at least": "alike"}, columns, "copies")


share = partial(mean, form=".3f")
STUDY = Study(
    measures=[Measure(copies, [{"alike": alike} for alike in ALIKE], seeds=0)],
    tables=[
        table({
            "pairs": mean("pairs"), "tested, with a copy to train on": mean("test_with_copy_in_train"),
            "tested, with a copy that is tested": mean("test_with_copy_in_test"),
            "to train on, with a copy to train on": mean("train_with_copy_in_train"),
        }),
        table({
            "pairs that agree in a band": mean("candidates"),
            "recall": share("recall"), "precision": share("precision"),
            "recall by the share of hashes": share("estimated_recall"),
            "precision by it": share("estimated_precision"),
        }),
    ],
    files=lambda data_dir: {newsgroups.FILE: newsgroups.file(data_dir)},
)  # fmt: skip
