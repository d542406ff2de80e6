"""What the gate is tried on: random answers, which it must reject, and honest twins, which it must accept."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from components.gate.answers import ToOthers
from pipelines.search import training
from pipelines.search.model import SearchModel
from pipelines.search.ranking import CHOSEN

SHIFT = 0.05  # of the share of meanings, at most


def random_answer(model: SearchModel, seed: int) -> ToOthers:
    """Give each ranking to another claim."""
    return ToOthers(model, seed, "ranked")


def twin(past: dict[str, pd.DataFrame], seed: int, parameters: Mapping[str, Any]) -> SearchModel:
    """Return a model whose share of meanings is one that other training claims might have chosen."""
    share = CHOSEN.share + np.random.default_rng(seed).uniform(-SHIFT, SHIFT)
    return training.fit(past["abstracts"], parameters["weights"], replace(CHOSEN, share=share))
