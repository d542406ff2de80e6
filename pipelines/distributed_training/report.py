"""What a run shows: the cost of a byte, compared with n-grams, and the loss of the workers, compared with one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch

from capstan.contract.evaluation import Evaluation, Section
from data_sets.plays import to_bytes
from models.metrics import paired
from models.tokens.kneser_ney import KneserNey
from models.transformer.decoder import opened
from models.transformer.measures import by_block, losses, losses_and_hits
from pipelines.distributed_training import cards

if TYPE_CHECKING:
    from pipelines.distributed_training.model import NextByteModel

ORDER = 4  # of the n-grams of the gate
FEW, ORDER_OF_FEW = 60_000, 2  # a test text of fewer bytes comes with too few to learn from for a decoder to pass 4


def evaluate(model: NextByteModel, rows: pd.DataFrame) -> Evaluation:
    """Return the metrics, those by passage of 1,000 bytes, and the sections of the report."""
    text = to_bytes(rows)
    costs, hits = losses_and_hits(model.decoder, text, model.shape.context)
    units = pd.DataFrame({"bits_per_byte": by_block(costs / np.log(2)), "accuracy": by_block(hits)})
    learned = np.load(model.artifacts["learned"])
    order = ORDER if len(text) >= FEW else ORDER_OF_FEW
    rivals = {order: -np.log(KneserNey(learned, order, modified=False).chances(text)) for order in {2, order}}
    named = {"decoder": costs, **{f"{order}-grams, Kneser-Ney": cost for order, cost in rivals.items()}}
    table = pd.DataFrame({"method": list(named), "bits per byte": [cost.mean() / np.log(2) for cost in named.values()]})
    lost = against_one(model, text)
    metrics = {
        "bits_per_byte": float(units["bits_per_byte"].mean()),
        "accuracy": float(units["accuracy"].mean()),
        "bits_lost": lost["high"],
    }
    sections = [
        Section("What a byte costs", table),
        Section("Bits per byte that the workers lost against one, after the same steps", pd.DataFrame([lost])),
        *cards.sections(model, len(text), metrics),
    ]
    baselines = {f"{order}-grams": pd.DataFrame({"bits_per_byte": by_block(rivals[order] / np.log(2))})}
    return Evaluation(metrics, sections, units, baselines)


def against_one(model: NextByteModel, text: np.ndarray) -> Mapping[str, float]:
    """Return how many bits per byte the workers' weights cost more than those of one worker after the same steps.

    Paired by passage, with its 95 % interval. Zero where there was one worker.
    """
    if "proof" not in model.artifacts:
        return {"difference": 0.0, "low": 0.0, "high": 0.0, "p": 1.0}
    both = torch.load(model.artifacts["proof"], weights_only=True)
    ours, alone = (
        by_block(losses(opened(model.shape, both[name]), text, model.shape.context) / np.log(2))
        for name in ("workers", "alone")
    )
    return paired.bootstrap(ours, alone)
