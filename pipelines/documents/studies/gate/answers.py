"""What the gate is tried on: random answers, which it must reject."""

from typing import Any

from components.gate.answers import ToOthers, with_part
from pipelines.documents.model import DocumentsModel


def random_answer(model: DocumentsModel, seed: int) -> Any:
    """Give the answers of one of the three parts to other texts: the groups, the tags or the summaries."""
    return [
        with_part(model, "groups", ToOthers(model.groups, seed, "probabilities")),
        ToOthers(model, seed, "tags"),
        ToOthers(model, seed, "summaries"),
    ][seed % 3]
