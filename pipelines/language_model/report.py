"""What a run shows of a decoder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from capstan.contract.evaluation import Evaluation, Section
from data_sets.plays import to_bytes
from models.tokens.kneser_ney import KneserNey
from models.transformer.measures import by_block, losses_and_hits
from pipelines.language_model import cards, voices

if TYPE_CHECKING:
    from pipelines.language_model.model import LanguageModel

ORDER = 7  # of the n-grams of the gate: longer ones are no better, see studies/compare
FEW, ORDER_OF_FEW = 60_000, 3  # a test text of fewer bytes comes with too few to learn from for a decoder to pass 7
BEGINNINGS = ("ROMEO:\n", "To be, or not to be", "First Citizen:\n")


def evaluate(model: LanguageModel, rows: pd.DataFrame) -> Evaluation:
    """Return the metrics, those by passage, and the sections of the report."""
    text = to_bytes(rows)
    costs, hits = losses_and_hits(model.decoder, text, model.shape.context)
    units = pd.DataFrame({"bits_per_byte": by_block(costs / np.log(2)), "accuracy": by_block(hits)})
    learned = np.load(model.artifacts["learned"])
    order = ORDER if len(text) >= FEW else ORDER_OF_FEW
    rivals = {order: -np.log(KneserNey(learned, order).chances(text)) for order in (2, order)}
    table = pd.DataFrame(
        [(name, cost.mean(), cost.mean() / np.log(2)) for name, cost in named(costs, rivals)],
        columns=["method", "nats per byte", "bits per byte"],
    )
    metrics = {"bits_per_byte": float(units["bits_per_byte"].mean()), "accuracy": float(units["accuracy"].mean())}
    continuations = pd.DataFrame({"beginning": BEGINNINGS, "text": model.continued(BEGINNINGS, 200)})
    sections = [Section("What a byte costs", table), Section("How texts go on", continuations)]
    if model.voices:
        sections.append(Section("Voices: bits per byte of their messages", voices.table(model, rows)))
    baselines = {f"{order}-grams": pd.DataFrame({"bits_per_byte": by_block(rivals[order] / np.log(2))})}
    return Evaluation(metrics, [*sections, *cards.sections(model, len(text), metrics)], units, baselines)


def named(costs: np.ndarray, rivals: dict[int, np.ndarray]) -> list[tuple[str, np.ndarray]]:
    """Return each method and what the bytes cost it. The mean of two methods is that of their probabilities."""
    grams = {f"{order}-grams, modified Kneser-Ney": cost for order, cost in rivals.items()}
    longest = max(rivals)
    mean = np.log(2) - np.logaddexp(-costs, -rivals[longest])
    return [("decoder", costs), *grams.items(), (f"mean of the decoder and {longest}-grams, not served", mean)]
