"""Explanations in the manner of KServe's V1 protocol: `{"explanations": [{...}]}`."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from serving.model import Batch


def encode(batch: "Batch") -> dict:
    """Return the answer: one object a row, in their order; its inputs by the size of what they contribute."""
    names, explanation, explanations = batch.variant.columns, batch.explanation, []
    for row, report in enumerate(batch.reports):
        contributions = explanation.contributions[row]
        order = np.argsort(-np.abs(contributions), kind="stable")
        answer = {
            "probability": float(explanation.scores[row]),
            "model_version": batch.variant.version,
            "variant": batch.variant.alias,
            "base": float(explanation.base[row]),
            "contributions": {names[i]: float(contributions[i]) for i in order},
            "features": {names[i]: batch.columns[names[i]][row] for i in order},
            "missing_features": report.missing,
            "expired_features": report.expired,
            "future_features": report.future,
        }
        if report.defaults:
            answer["defaults"] = report.defaults
        explanations.append(answer)
    return {"explanations": explanations}
