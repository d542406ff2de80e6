"""What the gate is tried on: random answers, which it must reject, and honest twins, which it must accept."""

from dataclasses import replace

from components.gate.answers import ToOthers, bootstrapped
from pipelines.segmentation.model import SegmentModel


def random_answer(model: SegmentModel, seed: int) -> SegmentModel:
    """Give the segment of each customer to another."""
    return replace(model, division=ToOthers(model.division, seed, "predict"))


twin = bootstrapped("segmentation", "customers", share=0.9)
