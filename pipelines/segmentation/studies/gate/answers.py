"""What the gate is tried on: random answers, which it must reject."""

from dataclasses import replace

from components.gate.answers import ToOthers
from pipelines.segmentation.model import SegmentModel


def random_answer(model: SegmentModel, seed: int) -> SegmentModel:
    """Give the segment of each customer to another."""
    return replace(model, division=ToOthers(model.division, seed, "predict"))
