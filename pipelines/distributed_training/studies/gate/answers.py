"""What the gate is tried on: random answers, which it must reject."""

from typing import Any

from components.gate.answers import elsewhere, with_part
from pipelines.distributed_training.model import NextByteModel


def random_answer(model: NextByteModel, seed: int) -> Any:
    """Predict each byte with what is expected at another one."""
    return with_part(model, "decoder", elsewhere(model.decoder, seed))
