"""`python -m pipelines.documents.near`: how many messages have near copies, by MinHash and by all pairs.

It writes `near.json` into the folder that it is given, and prints the tables.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from capstan.settings import settings
from models.study import Study, markdown, options
from models.text import min_hash
from pipelines.documents import data

FOLDER = Path(__file__).parent
ALIKE = (0.4, 0.6, 0.8)
BLOCK = 1_000  # messages that are compared with all others at a time


def all_pairs(sets: list[np.ndarray], alike: float) -> dict[tuple[int, int], float]:
    """Return the Jaccard index of each pair of sets that has at least `alike`, by a product of sparse matrices."""
    values, columns = np.unique(np.concatenate(sets), return_inverse=True)
    ends = np.cumsum([0, *map(len, sets)])
    has = csr_array((np.ones(len(columns), np.int32), columns, ends), shape=(len(sets), len(values)))
    sizes, turned = np.diff(ends), has.T.tocsr()
    made: dict[tuple[int, int], float] = {}
    for start in range(0, len(sets), BLOCK):
        shared = (has[start : start + BLOCK] @ turned).tocoo()
        one, other = shared.row + start, shared.col
        index = shared.data / (sizes[one] + sizes[other] - shared.data)
        keep = (one < other) & (index >= alike)
        made.update(zip(zip(one[keep].tolist(), other[keep].tolist(), strict=True), index[keep].tolist(), strict=True))
    return made


def line(
    sets: list[np.ndarray], tested: np.ndarray, exact: dict[tuple[int, int], float], alike: float
) -> dict[str, float]:
    """Return how many messages of a part have a near copy, and of the pairs how many agree in a band."""
    signed = min_hash.signatures(sets)
    met = {
        pair for pair in map(tuple, min_hash.candidates(signed).tolist()) if len(sets[pair[0]]) and len(sets[pair[1]])
    }
    true = {pair for pair, index in exact.items() if index >= alike}
    said = {pair for pair in met if (signed[pair[0]] == signed[pair[1]]).mean() >= alike}
    across = {pair for pair in true if tested[pair[0]] != tested[pair[1]]}
    within = true - across
    return {
        "pairs": len(true), "candidates": len(met),
        "recall": len(true & met) / max(len(true), 1), "precision": len(true & met) / max(len(met), 1),
        "estimated_recall": len(true & said) / max(len(true), 1),
        "estimated_precision": len(true & said) / max(len(said), 1),
        "test_with_copy_in_train": len({row for pair in across for row in pair if tested[row]}),
        "test_with_copy_in_test": len({row for pair in within for row in pair if tested[row]}),
        "train_with_copy_in_train": len({row for pair in within for row in pair if not tested[row]}),
        "test": int(tested.sum()), "train": int((~tested).sum()),
    }  # fmt: skip


def tables(results: pd.DataFrame) -> str:
    """Return the tables of STUDIES.md."""

    def of(name: str, form: str = ".0f") -> Callable[[pd.DataFrame], str]:
        return lambda rows: format(rows[name].mean(), form)

    copies = markdown(results, {"Jaccard index, at least": "alike"}, {
        "pairs": of("pairs"), "tested, with a copy to train on": of("test_with_copy_in_train"),
        "tested, with a copy that is tested": of("test_with_copy_in_test"),
        "to train on, with a copy to train on": of("train_with_copy_in_train"),
    })  # fmt: skip
    found = markdown(results, {"Jaccard index, at least": "alike"}, {
        "pairs that agree in a band": of("candidates"),
        "recall": of("recall", ".3f"), "precision": of("precision", ".3f"),
        "recall by the share of hashes": of("estimated_recall", ".3f"),
        "precision by it": of("estimated_precision", ".3f"),
    })  # fmt: skip
    return f"{copies}\n\n{found}"


def main() -> None:
    """Measure near copies in the messages."""
    given = options(__doc__, FOLDER).parse_args()
    study = Study(given.out / "near.json", ["alike"])
    rows = data.messages(data.find(settings().data_dir, data.MESSAGES))
    start = time.process_time()
    sets = [min_hash.shingles(data.without_headers(text)) for text in rows["text"]]
    print(f"shingles: {time.process_time() - start:.1f} s")
    start = time.process_time()
    min_hash.near(sets, min(ALIKE))
    print(f"MinHash: {time.process_time() - start:.1f} s")
    start = time.process_time()
    exact = all_pairs(sets, min(ALIKE))
    print(f"all pairs: {time.process_time() - start:.1f} s")
    for alike in ALIKE:
        if not study.has(alike=alike):
            study.add({"alike": alike} | line(sets, (rows["part"] == "test").to_numpy(), exact, alike))
    print(tables(study.table()))


if __name__ == "__main__":
    main()
