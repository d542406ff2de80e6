"""Explanations: what each input adds to a prediction, computed in their own threads."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from kserve.errors import InferenceError

from serving import threads
from serving.schema.answers import AnswerSchema
from serving.scoring.scorer import checked
from serving.scoring.variants import Variant

# Rows of a piece. The flagship needs 2 ms for a row: between pieces, other requests pass and this one can be given up.
PIECE = 32
THREADS = max(1, (os.cpu_count() or 2) // 2)  # half of the cores are for predictions


@dataclass(frozen=True)
class Explained:
    """Explanations of n rows: their predictions, base of shape (n,), contributions of shape (n, k).

    features: the values that the model used of inputs that it replaced, by name.
    """

    predictions: list[dict[str, Any]]
    field: str  # of the prediction
    unit: str
    base: np.ndarray
    contributions: np.ndarray
    features: dict[str, list[Any]]


async def explain(variant: Variant, answers: AnswerSchema, columns: Mapping[str, Sequence[Any]], n: int) -> Explained:
    """Return the explanations of n rows, over the inputs of the variant's model.

    Raises NotImplementedError when the model explains nothing, InferenceError when its numbers make no sense.
    """
    if not variant.explains:
        raise NotImplementedError(f"{variant.label} explains nothing: its model has no `explain_columns`.")
    pieces = []
    for start in range(0, n, PIECE):
        piece = {name: columns[name][start : start + PIECE] for name in columns}
        size = min(PIECE, n - start)
        work = partial(_explain, variant, answers, piece, size)
        pieces.append(await threads.run(threads.pool("explain", variant.name, THREADS), work))
    if len(pieces) == 1:
        return pieces[0]
    return Explained(
        [row for piece in pieces for row in piece.predictions],
        pieces[0].field,
        pieces[0].unit,
        np.concatenate([piece.base for piece in pieces]),
        np.concatenate([piece.contributions for piece in pieces]),
        {name: [value for piece in pieces for value in piece.features[name]] for name in pieces[0].features},
    )


def _explain(variant: Variant, answers: AnswerSchema, columns: dict[str, Sequence[Any]], n: int) -> Explained:
    predictions = checked(variant.model.predict_columns(columns), n, variant.label)
    explanation = variant.model.explain_columns(columns)
    base, contributions = (np.asarray(part, dtype=np.float64) for part in (explanation.base, explanation.contributions))
    if (base.shape, contributions.shape) != ((n,), (n, len(variant.columns))):
        raise InferenceError(
            f"{variant.label} explained {n} rows of {len(variant.columns)} inputs by a base of shape {base.shape} and "
            f"contributions of shape {contributions.shape}."
        )
    if not (np.isfinite(base).all() and np.isfinite(contributions).all()):
        raise InferenceError(f"{variant.label} gave contributions that are not finite.")
    features = {
        name: np.asarray(values, dtype=object).tolist() for name, values in (explanation.features or {}).items()
    }
    if not features.keys() <= set(variant.columns) or any(len(values) != n for values in features.values()):
        raise InferenceError(
            f"{variant.label} names {sorted(features)} for {n} rows, which are not values of its inputs."
        )
    if explanation.field not in answers.fields:
        raise InferenceError(f"{variant.label} explains {explanation.field!r}, which its Prediction lacks.")
    return Explained(answers.rows(predictions, n), explanation.field, explanation.unit, base, contributions, features)
