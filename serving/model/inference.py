"""The rows of one request on their way through a model."""

from dataclasses import dataclass, field

import numpy as np
from kserve import InferRequest
from pydantic import BaseModel

from serving.scoring.explanations import Explanation
from serving.scoring.features import Report
from serving.scoring.variants import Variant


@dataclass
class Inference:
    """What is asked, and what has become of it: `columns` have n values, the lists n items."""

    variant: Variant
    requests: list[BaseModel]
    return_features: bool
    infer_request: InferRequest | None  # None: the V1 protocol

    columns: dict[str, list] = field(default_factory=dict)
    reports: list[Report] = field(default_factory=list)
    scores: np.ndarray | None = None
    prediction_ids: list[str] | None = None
    explanation: Explanation | None = None
