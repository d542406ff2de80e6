"""Explanations, computed beside the event loop: what each input adds to a prediction."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from kserve.errors import InferenceError

if TYPE_CHECKING:
    from serving.scoring.variants import Variant

# The flagship needs 2 ms a row, so a request of many rows goes in pieces: small ones pass it, and it can be given up.
PIECE = 32
# Threads of their own, so that explanations never hold up a feature look-up; half of the cores are for predictions.
_threads = ThreadPoolExecutor(max(1, (os.cpu_count() or 2) // 2), "explain")


@dataclass(frozen=True)
class Explanation:
    """Scores, shape (n,); base, shape (n,), and contributions, shape (n, k), in log-odds."""

    scores: np.ndarray
    base: np.ndarray
    contributions: np.ndarray


async def explain(name: str, variant: "Variant", columns: dict[str, list], rows: int) -> Explanation:
    """Return the explanation of n rows, over the columns of the variant.

    Raises NotImplementedError when the model explains nothing, InferenceError when its numbers make no sense.
    """
    if not variant.explains:
        raise NotImplementedError(
            f"Version {variant.version} of {name!r} explains nothing: its model has no `explain_columns`."
        )
    loop, pieces = asyncio.get_running_loop(), []
    for start in range(0, rows, PIECE):
        piece = {column: values[start : start + PIECE] for column, values in columns.items()}
        pieces.append(await loop.run_in_executor(_threads, _explain, variant, piece))
    explanation = Explanation(*(np.concatenate(part) for part in zip(*pieces, strict=True)))
    parts = (explanation.scores, explanation.base, explanation.contributions)
    shapes = [(rows,), (rows,), (rows, len(variant.columns))]
    if [part.shape for part in parts] != shapes or not all(np.isfinite(part).all() for part in parts):
        raise InferenceError(f"Version {variant.version} of {name!r} gave no finite contribution an input and row.")
    return explanation


def _explain(variant: "Variant", columns: dict[str, list]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return variant.predict(columns), *variant.explain(columns)
