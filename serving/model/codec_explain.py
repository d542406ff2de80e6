"""Explanations in the manner of KServe's V1 protocol: `{"explanations": [{...}]}`."""

from typing import Any

import numpy as np

from serving.model.inference import Inference
from serving.scoring.explanations import Explained


def encode(inference: Inference, explained: Explained) -> dict[str, Any]:
    """Return one object for each row, in their order; its inputs by the size of what they contribute."""
    names, answers = inference.variant.columns, []
    values = {name: explained.features.get(name, inference.columns[name]) for name in names}
    for row, report in enumerate(inference.reports):
        contributions = explained.contributions[row]
        order = np.argsort(-np.abs(contributions), kind="stable")
        answer = {
            **explained.predictions[row],
            "model_version": inference.variant.version,
            "variant": inference.variant.role,
            "explained": explained.field,
            "unit": explained.unit,
            "base": float(explained.base[row]),
            "contributions": {names[i]: float(contributions[i]) for i in order},
            "features": {names[i]: values[names[i]][row] for i in order},
            "missing_features": report.missing,
            "expired_features": report.expired,
            "future_features": report.future,
        }
        if report.defaults:
            answer["defaults"] = report.defaults
        answers.append(answer)
    return {"explanations": answers}
