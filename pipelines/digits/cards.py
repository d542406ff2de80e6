"""The model card and the dataset card, written from the run itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from capstan.contract.evaluation import Section
from models import cards
from pipelines.digits import others, pages

if TYPE_CHECKING:
    from pipelines.digits.model import DigitModel


def sections(model: DigitModel, rows: pd.DataFrame, metrics: dict[str, float]) -> list[Section]:
    """Return both cards. rows: the images that the metrics come from."""
    return cards.sections(model_card(model, rows, metrics), dataset_card(rows))


def model_card(model: DigitModel, rows: pd.DataFrame, metrics: dict[str, float]) -> dict[str, str]:
    """Return the parts of the model card."""
    return {
        "What it is": f"The network {model.name!r}, with a temperature of {model.temperature:.2f} and a guard that "
        "answers \"no digit\".",
        "For": "Reading one handwritten digit from a drawing or a photograph, and showing how such a network is built, "
        "attacked and shipped.",
        "Not for": "Cheques, forms, postcodes or marks without a person who checks: a wrong digit costs the one whose "
        "number it is. Not for where somebody gains by fooling it: see the metrics under attack.",
        "Photographs": f"simulated, of these kinds: {', '.join(pages.KINDS)}. Real photographs were not measured.",
        "No digit": f"learned from {', '.join(others.TRAINED_ON)} and parts of digits; tried on "
        f"{', '.join(others.TESTED_ON)}. Many letters are still read as digits.",
        "Measured": f"on {len(rows):,} images by people whose hands it has not seen: {cards.listed(metrics)}. The "
        "accuracy is that of the network. The endpoint also answers \"no digit\" to "
        f"{metrics['digits_refused']:.1%} of the digits.",
        "Who could be harmed": "People whose number is misread, and people who write digits in another way than "
        "those in the data: nobody knows how much worse theirs are read.",
        "Limits": "Digits as Americans wrote them around 1990: a seven with a bar or a one with a long flag is rare in "
        "the data, and digits of other scripts are not there.",
    }  # fmt: skip


def dataset_card(rows: pd.DataFrame) -> dict[str, str]:
    """Return the parts of the dataset card."""
    counts = np.bincount(rows["label"], minlength=10)
    return {
        "What it is": "MNIST, by Yann LeCun, Corinna Cortes and Christopher Burges, from forms that employees of the "
        "US Census Bureau and pupils of high schools wrote for NIST; here the part that tests the model.",
        "Rows": f"{len(rows):,} images of 28 x 28 pixels: "
        + ", ".join(f"{digit}: {count:,}" for digit, count in enumerate(counts)) + ".",
        "People": "The two parts are by different people. Who wrote which digit, and their age or hand, is not in the "
        "files, so that nobody can say for which people it reads worse.",
        "Licence": "CC BY-SA 3.0.",
    }  # fmt: skip
