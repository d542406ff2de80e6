"""The model card and the dataset card of a run, at the end of its report.

Mitchell et al., "Model cards for model reporting" (2019); Gebru et al., "Datasheets for datasets" (2021).
"""

from collections.abc import Mapping

from capstan.contract.evaluation import Section

MODEL, DATASET = "Model card", "Dataset card"


def sections(model: Mapping[str, str], dataset: Mapping[str, str]) -> list[Section]:
    """Return both cards, a paragraph per part, such as "Limits" or "Licence"."""
    cards = {MODEL: model, DATASET: dataset}
    return [
        Section(title, "\n\n".join(f"{name}: {text}" for name, text in card.items())) for title, card in cards.items()
    ]


def listed(metrics: Mapping[str, float]) -> str:
    """Return metrics in words."""
    return ", ".join(f"{name.replace('_', ' ')} {value:.3f}" for name, value in metrics.items())
