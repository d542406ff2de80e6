"""Explanations in the manner of KServe's V1 protocol: `{"explanations": [{...}]}`."""

import numpy as np

from serving.model.inference import Inference


def encode(inference: Inference) -> dict:
    """Return the answer: one object a row, in their order; its inputs by the size of what they contribute."""
    names, explanation, explanations = inference.variant.columns, inference.explanation, []
    for row, report in enumerate(inference.reports):
        contributions = explanation.contributions[row]
        order = np.argsort(-np.abs(contributions), kind="stable")
        answer = {
            "probability": float(explanation.scores[row]),
            "model_version": inference.variant.version,
            "variant": inference.variant.alias,
            "base": float(explanation.base[row]),
            "contributions": {names[i]: float(contributions[i]) for i in order},
            "features": {names[i]: inference.columns[names[i]][row] for i in order},
            "missing_features": report.missing,
            "expired_features": report.expired,
            "future_features": report.future,
        }
        if report.defaults:
            answer["defaults"] = report.defaults
        explanations.append(answer)
    return {"explanations": explanations}
